//! What changes a message: editing, with what it said before, and boosts.

use super::messages::{MessageForm, told};
use super::prelude::*;
use crate::services::messages::{compose, edit as save};

/// Why an edit is not saved.
const OVERTAKEN: &str = "Somebody has changed this message since you opened it. Nothing was saved.";

// The form to edit a message with, in place of its body or on a page.
template! { "messages/_edit.html" => EditForm {
    message: Arc<Message>, text: String, error: Option<String>, is_overtaken: bool,
    // What is edited: an edit by somebody else after it is not overwritten.
    revision: Revision
} }

impl HtmlSafe for EditForm {}

template! { "messages/edit.html" => EditPage { look: Look, form: EditForm } }
template! { "messages/versions.html" => VersionsPage { look: Look, message: Arc<Message>, versions: Vec<Version> } }

impl EditForm {
    /// Answers with the form, alone or on a page.
    fn answer(self, editor: &MessageEditor, status: StatusCode) -> Answer {
        if editor.wants() == Wants::Fragment {
            return answer::page(editor, status, &self);
        }
        answer::page(editor, status, &EditPage { look: editor.look(), form: self })
    }
}

/// `GET /rooms/{room_id}/messages/{message_id}/edit`: the form to edit a message with; as JSON, the message.
pub async fn edit(editor: MessageEditor) -> Answer {
    let message = editor.message.clone();
    if editor.wants_json() {
        return editor.json(&message);
    }
    let (text, revision) = (message.body.source.clone(), message.revision);
    EditForm { message, text, revision, error: None, is_overtaken: false }.answer(&editor, StatusCode::OK)
}

/// `PUT /rooms/{room_id}/messages/{message_id}`: gives a message another body. With `revision`, an edit that somebody made since is
/// not overwritten: 409, and forms come back with what it says now beside what was typed. It costs as much of the rate as a post.
pub async fn update(editor: MessageEditor, submission: Submission) -> Answer {
    editor.demand_same_viewer()?;
    let form: MessageForm = submission.form().await?;
    let (app, room, seen) = (&editor.app, editor.room.id, form.parse_revision()?);
    let (message, error) = match form.parse_body(editor.message.attachment.as_ref()) {
        Err(invalid) => (editor.message.clone(), AppError::from(invalid)),
        Ok(source) => {
            editor.spend_post()?;
            let (creator, edited) = (editor.message.creator.id, Some(editor.message.id));
            let body = compose(app, room, creator, edited, (source, editor.message.attachment.as_ref())).await?;
            match save(app, editor.id(), room, editor.message.id, (body, seen)).await? {
                (message, true) if editor.wants_json() => return editor.json(&message),
                (message, true) => return told(&editor, &message.url(), Change::Updated(message)),
                (message, false) => (message, AppError::Conflict(OVERTAKEN)),
            }
        }
    };
    if editor.wants_json() {
        return Err(error);
    }
    let is_overtaken = matches!(error, AppError::Conflict(_));
    let revision = seen.filter(|_| !is_overtaken).unwrap_or(message.revision);
    let again = EditForm { message, text: form.text(), revision, error: Some(sentence(&error)), is_overtaken };
    again.answer(&editor, error.status_code())
}

/// `GET /rooms/{room_id}/messages/{message_id}/versions`: what a message said before, newest first; for those who may edit it.
pub async fn versions(editor: MessageEditor) -> Answer {
    let id = editor.message.id;
    let versions = editor.read(move |snapshot, _| Ok(db::messages::versions(snapshot, id)?)).await?;
    if editor.wants_json() {
        let object =
            |it: &Version| json!({"content": it.source, "html": it.html.as_str(), "created_at": iso(it.written_at_ms)});
        return editor.json(&versions.iter().map(object).collect::<Vec<_>>());
    }
    editor.page(&VersionsPage { look: editor.look(), message: editor.message.clone(), versions })
}

form! { BoostForm {
    content: String,
    // There when one's own boost of this is to be withdrawn: buttons are the same for everybody and don't know whose they are.
    toggle: Option<String>
} }

/// `GET /rooms/{room_id}/messages/{message_id}/boosts`: a message's boosts, in their order; browsers are sent to it.
pub async fn boosts(member: RoomMember) -> Answer {
    let message = member.message().await?;
    if !member.wants_json() {
        return told(&member, &message.url(), Change::Boosted(message));
    }
    member.json(&message.boosts)
}

/// `POST /rooms/{room_id}/messages/{message_id}/boosts`: adds a boost. 201 the first time, 200 with the first when it was there; with
/// `toggle`, it is withdrawn then. It costs as much of the rate as a post; a repeat costs nothing.
pub async fn boost(member: RoomMember, submission: Submission) -> Answer {
    member.demand_same_viewer()?;
    let place = (member.room.id, member.path_id("message_id")?);
    let form: BoostForm = submission.form().await?;
    let content = BoostContent::parse(&form.content)?;
    member.spend_post()?;
    let (app, booster) = (&member.app, member.id());
    let (message, is_new, id) = services::messages::boost(app, booster, place, content, form.toggle.is_some()).await?;
    if !is_new {
        app.posts.give_back(booster);
    }
    if !member.wants_json() {
        return told(&member, &message.url(), Change::Boosted(message));
    }
    let Some(mine) = message.boosts.iter().find(|boost| Some(boost.id) == id) else { return Ok(no_content()) };
    member.json_at(&format!("{}/boosts", message.path()), created(is_new), mine)
}

/// `DELETE /rooms/{room_id}/messages/{message_id}/boosts/{boost_id}`: withdraws one's own (else 404), at the price of a post.
pub async fn withdraw_boost(member: RoomMember) -> Answer {
    member.demand_same_viewer()?;
    let (place, boost) = ((member.room.id, member.path_id("message_id")?), member.path_id("boost_id")?);
    member.spend_post()?;
    let message = services::messages::withdraw(&member.app, member.id(), place, boost).await?;
    if member.wants_json() { Ok(no_content()) } else { told(&member, &message.url(), Change::Boosted(message)) }
}
