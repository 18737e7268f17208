//! Editing messages: the form, saving, and what they said before.

use super::App;
use super::answer::{self, Wants, see_other};
use super::auth::MessageEditor;
use super::errors::sentence;
use super::forms::Submission;
use super::look::Look;
use super::messages::{MessageForm, demand_same_viewer, fragment};
use crate::db::{accounts, versions};
use crate::domain::clock::iso;
use crate::domain::ids::Revision;
use crate::domain::messages::{Change, Message, Version};
use crate::error::AppError;
use crate::live::json::MessageJson;
use crate::services::messages::{Edited, edit as save};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use askama::Template;
use askama::filters::HtmlSafe;
use serde_json::json;
use std::sync::Arc;

/// Why an edit is not saved.
const OVERTAKEN: &str = "Somebody has changed this message since you opened it. Nothing was saved.";

/// The form to edit a message with, in place of its body or on a page.
#[derive(Template)]
#[template(path = "messages/_edit.html")]
struct EditForm {
    message: Arc<Message>,
    text: String,
    /// What is edited: an edit by somebody else after it is not overwritten.
    revision: Revision,
    error: Option<String>,
    is_overtaken: bool,
}

impl HtmlSafe for EditForm {}

#[derive(Template)]
#[template(path = "messages/edit.html")]
struct EditPage {
    look: Look,
    form: EditForm,
}

#[derive(Template)]
#[template(path = "messages/versions.html")]
struct VersionsPage {
    look: Look,
    message: Arc<Message>,
    versions: Vec<Version>,
}

impl EditForm {
    /// Answers with the form, alone or on a page.
    async fn answer(
        self, request: &HttpRequest, app: &App, editor: &MessageEditor, status: StatusCode,
    ) -> Result<HttpResponse, AppError> {
        if Wants::of(request) == Wants::Fragment {
            return answer::page_with_status(request, status, &self);
        }
        let account = app.db.read(|snapshot| Ok(accounts::account(snapshot)?)).await?;
        let look = Look::of(account.as_ref(), Some(editor.member.user()));
        answer::page_with_status(request, status, &EditPage { look, form: self })
    }
}

/// `GET /rooms/{room_id}/messages/{message_id}/edit`: the form to edit a message with; as JSON, the message.
pub async fn edit(request: HttpRequest, app: web::Data<App>, editor: MessageEditor) -> Result<HttpResponse, AppError> {
    let message = editor.message.clone();
    if Wants::of(&request) == Wants::Json {
        return answer::json(&request, StatusCode::OK, &MessageJson::from(message.as_ref()));
    }
    let (text, revision) = (message.body.source.clone(), message.revision);
    let form = EditForm { message, text, revision, error: None, is_overtaken: false };
    form.answer(&request, &app, &editor, StatusCode::OK).await
}

/// `PUT /rooms/{room_id}/messages/{message_id}`: gives a message another body. With `revision`, an edit that somebody made since is
/// not overwritten: 409, and forms come back with what it says now beside what was typed. It costs as much of the rate as a post.
pub async fn update(
    request: HttpRequest, app: web::Data<App>, editor: MessageEditor, submission: Submission,
) -> Result<HttpResponse, AppError> {
    demand_same_viewer(&request, &editor.member)?;
    let form: MessageForm = submission.form().await?;
    let (user, room, seen) = (editor.member.user().id, editor.member.room.id, form.parse_revision()?);
    let (message, error) = match form.parse_body() {
        Err(invalid) => (editor.message.clone(), AppError::from(invalid)),
        Ok(body) => {
            app.posts.take(user, (app.clock)())?;
            match save(&app, user, room, editor.message.id, (body, seen)).await? {
                Edited::Saved(message) => return saved(&request, message),
                Edited::Overtaken(message) => (message, AppError::Conflict(OVERTAKEN)),
            }
        }
    };
    if Wants::of(&request) == Wants::Json {
        return Err(error);
    }
    let is_overtaken = matches!(error, AppError::Conflict(_));
    let revision = seen.filter(|_| !is_overtaken).unwrap_or(message.revision);
    let again = EditForm { message, text: form.text(), revision, error: Some(sentence(&error)), is_overtaken };
    again.answer(&request, &app, &editor, error.status_code()).await
}

fn saved(request: &HttpRequest, message: Arc<Message>) -> Result<HttpResponse, AppError> {
    match Wants::of(request) {
        Wants::Json => answer::json(request, StatusCode::OK, &MessageJson::from(message.as_ref())),
        Wants::Fragment => fragment(request, StatusCode::OK, Change::Updated(message)),
        Wants::Page => Ok(see_other(&message.url())),
    }
}

/// `GET /rooms/{room_id}/messages/{message_id}/versions`: what a message said before, newest first; for those who may edit it.
pub async fn versions(request: HttpRequest, editor: MessageEditor) -> Result<HttpResponse, AppError> {
    let id = editor.message.id;
    let read = editor.member.read(move |snapshot, _| Ok((versions::page(snapshot, id)?, accounts::account(snapshot)?)));
    let (versions, account) = read.await?;
    if Wants::of(&request) == Wants::Json {
        let object =
            |it: &Version| json!({"content": it.source, "html": it.html.as_str(), "created_at": iso(it.written_at_ms)});
        return answer::json(&request, StatusCode::OK, &versions.iter().map(object).collect::<Vec<_>>());
    }
    let look = Look::of(account.as_ref(), Some(editor.member.user()));
    answer::page(&request, &VersionsPage { look, message: editor.message, versions })
}
