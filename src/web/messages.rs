//! Messages: pages of them, posting, removing.

use super::answer::HTML;
use super::pages::MadeOf;
use super::prelude::*;
use super::rooms::{Composer, MessageList, listed, room_page};
use crate::db::freshness::Part;
use crate::live::frames::{Event, Format, Frame};
use crate::services::files::Stored;
use crate::services::messages::{compose, post, remove, repeated};
use actix_web::http::header::HeaderName;
use uuid::Uuid;

const X_REVISION: HeaderName = HeaderName::from_static("x-revision");

form! { MessageForm {
    body: Option<String>, content: Option<String>, client_message_id: Option<String>, revision: Typed
} }

impl MessageForm {
    /// A message from a program's socket.
    pub fn new(content: String, client_message_id: Option<String>) -> Self {
        Self { content: Some(content), client_message_id, ..Self::default() }
    }

    /// The sender's id; a new one when there is none.
    fn parse_id(&self) -> Result<ClientMessageId, Invalid> {
        match self.client_message_id.as_deref().map(str::trim) {
            None | Some("") => Ok(ClientMessageId(Uuid::new_v4())),
            Some(text) => ClientMessageId::parse(text),
        }
    }

    /// What it says; beside a file that may be nothing.
    pub(super) fn parse_body(&self, file: Option<&Attachment>) -> Result<MessageSource, Invalid> {
        if file.is_some() { MessageSource::parse_beside_file(&self.text()) } else { MessageSource::parse(&self.text()) }
    }

    /// What was typed.
    pub(super) fn text(&self) -> String {
        self.body.as_ref().or(self.content.as_ref()).cloned().unwrap_or_default()
    }

    /// The revision that was edited, if the form says.
    pub(super) fn parse_revision(&self) -> Result<Option<Revision>, Invalid> {
        let invalid = |_| Invalid::new("revision", "revision must be the number of the revision that was edited.");
        Ok(self.revision.parse().map_err(invalid)?.map(Revision))
    }
}

/// Which messages are asked for.
fn place(visit: &Visit) -> Result<Place> {
    let id = |name| visit.query(name).map(|id| id.parse::<MessageId>().map_err(|_| AppError::NotFound)).transpose();
    match (id("before")?, id("after")?, id("around")?) {
        (Some(before), None, None) => Ok(Place::Before(before)),
        (None, Some(after), None) => Ok(Place::After(after)),
        (None, None, Some(around)) => Ok(Place::Around(around)),
        (None, None, None) => Ok(Place::Newest),
        _ => Err(Invalid::new("before", "Ask for one of before, after and around.").into()),
    }
}

/// How many messages are asked for.
fn limit(visit: &Visit) -> Result<u32, Invalid> {
    let Some(limit) = visit.query("limit") else { return Ok(db::messages::PAGE_LEN) };
    let limit = limit.parse().ok().filter(|limit| (1..=db::messages::PAGE_MAX).contains(limit));
    limit.ok_or_else(|| Invalid::new("limit", "limit must be a number from 1 to 100."))
}

template! { "messages/_page.html" => PageFragment<'w> { room_id: RoomId, list: MessageList<'w>, is_older: bool } }
template! { "messages/_list.html" => ListFragment<'w> { room: Room, list: MessageList<'w> } }

/// `GET /rooms/{room_id}/messages`: a page of messages, oldest first. As a fragment: with `before` or `after`, the messages and the
/// way on; else the whole list. As JSON: an array, with `X-Revision`, the cursor to open a socket with. As a page: the room there.
pub async fn index(member: RoomMember) -> Answer {
    let (place, limit) = (place(&member)?, limit(&member)?);
    match member.wants() {
        Wants::Page => return room_page(&member, Some(place), Composer::default()).await,
        Wants::Json => return json_page(&member, place, limit).await,
        Wants::Fragment => {}
    }
    let (app, viewer) = (member.app.clone(), member.id());
    let wanted = (Some(place).filter(|place| *place != Place::Newest), limit);
    let read = member.read(move |snapshot, room| Ok((listed(snapshot, &app, &room, viewer, wanted)?, room)));
    let ((window, first_unread), room) = read.await?;
    let list = MessageList::new(&window, Some(place), first_unread);
    member.made_of(MadeOf { parts: vec![Part::Room(room.id), Part::Person(viewer)], people: Vec::new() });
    match place {
        Place::Newest | Place::Around(_) | Place::From(_) => member.page(&ListFragment { room, list }),
        Place::Before(_) => member.page(&PageFragment { room_id: room.id, list, is_older: true }),
        Place::After(_) => member.page(&PageFragment { room_id: room.id, list, is_older: false }),
    }
}

/// A page of messages as JSON: an array, the cursor in `X-Revision`, the way on in `Link` (RFC 8288).
pub(super) async fn json_page(member: &RoomMember, place: Place, limit: u32) -> Answer {
    let read = member.read(move |snapshot, room| Ok((db::messages::page(snapshot, room.id, place, limit)?, room)));
    let (window, room) = read.await?;
    let response = with_header(member.json(&window.messages)?, X_REVISION, window.revision.0);
    let next = match place {
        Place::After(_) => window.messages.last().filter(|_| window.has_newer).map(|m| ("after", m.id)),
        _ => window.messages.first().filter(|_| window.has_older).map(|m| ("before", m.id)),
    };
    let next = next.map(|(direction, id)| format!("/rooms/{}/messages?{direction}={id}&limit={limit}", room.id));
    Ok(with_next(response, next))
}

/// `GET /rooms/{room_id}/messages/{message_id}`: one message; browsers are sent to its place in the room.
pub async fn show(member: RoomMember) -> Answer {
    let message = member.message().await?;
    if member.wants_json() { member.json(&message) } else { told(&member, &message.url(), Change::Created(message)) }
}

/// `POST /rooms/{room_id}/messages`: posts a message. 201 the first time; 200 with the message as it is now when its
/// `client_message_id` was posted before; plain forms lead to the room, or get it with what was typed and what is wrong.
pub async fn create(member: RoomMember, submission: Submission) -> Answer {
    member.demand_same_viewer()?;
    let (mut form, file): (MessageForm, _) = submission.form_with_stored_file("attachment", &member.app.files).await?;
    if form.client_message_id.as_deref().is_none_or(|id| id.trim().is_empty()) {
        // Given here, so that a plain form that has to be sent again is sent under the same id.
        form.client_message_id = Some(Uuid::new_v4().to_string());
    }
    let (message, is_new) = match submit(&member.app, member.id(), member.room.id, &form, file).await {
        Ok(posted) => posted,
        Err(error) if member.wants() == Wants::Page => return form_again(&member, form, error).await,
        Err(error) => return Err(error),
    };
    match member.wants() {
        Wants::Json => member.json_at(&message.path(), created(is_new), &message),
        Wants::Fragment => fragment(&member, created(is_new), Change::Created(message)),
        Wants::Page => Ok(see_other(&format!("/rooms/{}", member.room.id))),
    }
}

/// Answers a plain form that was refused: the room, with what was typed kept and what is wrong beside it.
async fn form_again(member: &RoomMember, form: MessageForm, error: AppError) -> Answer {
    let text = form.text();
    let client_message_id = form.client_message_id.filter(|id| ClientMessageId::parse(id).is_ok());
    let composer = Composer { text, client_message_id, error: Some(sentence(&error)) };
    room_page(member, Some(Place::Newest), composer).await.map(|page| refused(page, &error)).map_err(|_| error)
}

/// Posts what was submitted, by form, JSON or socket, with the file that came with it or why it did not. Whether it is a repeat is
/// decided before whether it is valid, and a repeat costs nothing of the sender's rate.
/// # Errors
/// `Invalid`, `TooMany`, and as [`post`] and [`repeated`] say.
pub(super) async fn submit(
    app: &App, author: UserId, room: RoomId, form: &MessageForm, file: Result<Option<Stored>>,
) -> Result<(Arc<Message>, bool)> {
    let client_message_id = form.parse_id()?;
    let parsed = file.and_then(|file| {
        let attachment = file.as_ref().map(|file| file.attachment.clone());
        let source = form.parse_body(attachment.as_ref())?;
        app.posts.take(author, (app.clock)())?;
        Ok((source, attachment, file))
    });
    match parsed {
        Ok((source, attachment, file)) => {
            let body = compose(app, room, author, None, (source, attachment.as_ref())).await?;
            let posted = post(app, author, room, Draft { client_message_id, body, attachment }, file).await?;
            if !posted.1 {
                app.posts.give_back(author);
            }
            Ok(posted)
        }
        Err(refusal) => Ok((repeated(app, author, room, client_message_id).await?.ok_or(refusal)?, false)),
    }
}

/// `DELETE /rooms/{room_id}/messages/{message_id}`: removes a message.
pub async fn destroy(editor: MessageEditor) -> Answer {
    let (app, room) = (&editor.app, editor.room.id);
    let change = remove(app, editor.id(), room, editor.message.id).await?;
    if editor.wants_json() { Ok(no_content()) } else { told(&editor, &format!("/rooms/{room}"), change) }
}

/// Tells a page of a change: by the very fragment that the room's sockets get, or by the way to where it is seen.
pub(super) fn told(visit: &Visit, location: &str, change: Change) -> Answer {
    if visit.wants() == Wants::Page { Ok(see_other(location)) } else { fragment(visit, StatusCode::OK, change) }
}

fn fragment(visit: &Visit, status: StatusCode, change: Change) -> Answer {
    let html = Frame::new(Event::Change(change)).text(Format::Html).unwrap_or_default();
    Ok(answer::send(visit, status, HTML, html.as_bytes().to_vec()))
}
