//! What messages carry beside their text: files, and previews of links, for those who may read the message.
//!
//! Invariants: nothing that came as a file can act as a page of ours: only pictures, films and sound are shown, by the type of their
//! content, and whatever it is gets a policy under which nothing runs.

use super::messages::told;
use super::prelude::*;
use actix_files::NamedFile;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, Charset, ContentDisposition, DispositionParam, DispositionType,
    ExtendedValue,
};
use mime_guess::Mime;
use std::path::Path;

/// What a file may load and do: nothing, and not in our name (CSP 3, sandbox).
const FILE_POLICY: &str =
    "sandbox; default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'";
/// Bytes in a picture that is sent whole where a small one can't be made.
const UNCHANGED_MAX: u64 = 1024 * 1024;

/// The file of the message that the path names.
async fn attachment(member: &RoomMember) -> Result<Attachment> {
    member.message().await?.attachment.clone().ok_or(AppError::NotFound)
}

/// `GET /rooms/{room_id}/messages/{message_id}/file/{name}`: the file of a message, whole or a range of it; with `?download`, to be
/// stored. Its name in the path is for people.
pub async fn file(member: RoomMember) -> Answer {
    let file = attachment(&member).await?;
    let (kind, path) = (file.served_type(), member.app.files.path(&file.key));
    let is_stored = kind == NOTHING_KNOWN || member.query("download").is_some();
    serve(&member, &path, kind, &file.name, is_stored)
}

/// `GET /rooms/{room_id}/messages/{message_id}/thumbnail`: the small picture of a message's file, WebP.
pub async fn thumbnail(member: RoomMember) -> Answer {
    let (file, files) = (attachment(&member).await?, &member.app.files);
    match files.thumbnail(&file).await? {
        Some(path) => serve(&member, &path, "image/webp", &format!("{}.webp", file.name), false),
        None if PICTURES.contains(&file.content_type.as_str()) && file.size_bytes <= UNCHANGED_MAX => {
            serve(&member, &files.path(&file.key), file.served_type(), &file.name, false)
        }
        // A film without one is only played, and no page has anything to complain of.
        None if file.is_played("video/") => Ok(no_content()),
        None => Err(AppError::NotFound),
    }
}

/// Sends a file from the storage, which may be kept: what is behind its URL never changes.
fn serve(member: &RoomMember, path: &Path, kind: &str, name: &str, is_stored: bool) -> Answer {
    let file = NamedFile::open(path).map_err(|_| AppError::NotFound)?;
    let kind: Mime = kind.parse().map_err(|_| AppError::NotFound)?;
    let disposition = if is_stored { DispositionType::Attachment } else { DispositionType::Inline };
    // Once for everybody, once as it is (RFC 6266, appendix D).
    let plain = name.chars().map(|c| if c.is_ascii() && !matches!(c, '"' | '\\' | '%') { c } else { '_' }).collect();
    let exact = ExtendedValue { charset: Charset::Ext("UTF-8".into()), language_tag: None, value: name.into() };
    let parameters = vec![DispositionParam::Filename(plain), DispositionParam::FilenameExt(exact)];
    let disposition = ContentDisposition { disposition, parameters };
    let response = file.set_content_type(kind).set_content_disposition(disposition).into_response(&member.request);
    let response = with_header(response, CONTENT_SECURITY_POLICY, FILE_POLICY);
    Ok(with_header(response, CACHE_CONTROL, "private, max-age=86400, immutable"))
}

/// `GET /rooms/{room_id}/messages/{message_id}/preview/image`: the picture of a preview. Its URL has a version, so it may be kept.
pub async fn preview_image(member: RoomMember) -> Answer {
    let id = member.path_id("message_id")?;
    let read = member.read(move |snapshot, room| Ok(db::previews::image(snapshot, room.id, id)?));
    Ok(kept(&member, "image/webp", read.await?))
}

/// `DELETE /rooms/{room_id}/messages/{message_id}/preview`: removes a preview; none comes again.
pub async fn remove_preview(editor: MessageEditor) -> Answer {
    editor.demand_same_viewer()?;
    let message = services::previews::remove(&editor.app, editor.id(), editor.room.id, editor.message.id).await?;
    if editor.wants_json() { Ok(no_content()) } else { told(&editor, &message.url(), Change::Previewed(message)) }
}
