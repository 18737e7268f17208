//! Editing messages: the form, saving, and what they said before.

use super::App;
use super::answer::{self, Wants, see_other};
use super::auth::MessageEditor;
use super::forms::Submission;
use super::look::Look;
use super::messages::{MessageForm, demand_same_viewer, fragment};
use crate::db::{accounts, versions};
use crate::domain::ids::Revision;
use crate::domain::messages::{Change, Message, Version};
use crate::error::AppError;
use crate::live::json::{MessageJson, VersionJson};
use crate::services::messages::{Edited, edit as save};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use askama::filters::HtmlSafe;

/// Why an edit is not saved.
const OVERTAKEN: &str = "Somebody has changed this message since you opened it. Nothing was saved.";

/// The form to edit a message with, in place of its body or on a page.
#[derive(Template)]
#[template(path = "messages/_edit.html")]
struct EditForm<'m> {
    message: &'m Message,
    text: String,
    /// What is edited: an edit by somebody else after it is not overwritten.
    revision: Revision,
    error: Option<String>,
    is_overtaken: bool,
}

impl HtmlSafe for EditForm<'_> {}

#[derive(Template)]
#[template(path = "messages/edit.html")]
struct EditPage<'m> {
    look: Look,
    form: EditForm<'m>,
}

#[derive(Template)]
#[template(path = "messages/versions.html")]
struct VersionsPage<'m> {
    look: Look,
    message: &'m Message,
    versions: Vec<Version>,
}

impl<'m> EditForm<'m> {
    fn new(message: &'m Message) -> Self {
        let (text, revision) = (message.body.source.clone(), message.revision);
        Self { message, text, revision, error: None, is_overtaken: false }
    }

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
    match Wants::of(&request) {
        Wants::Json => answer::json(&request, StatusCode::OK, &MessageJson::from(message.as_ref())),
        _ => EditForm::new(&message).answer(&request, &app, &editor, StatusCode::OK).await,
    }
}

/// `PUT /rooms/{room_id}/messages/{message_id}`: gives a message another body. With `revision`, an edit that somebody made since is
/// not overwritten: 409, and forms come back with what it says now beside what was typed. It costs as much of the rate as a post.
pub async fn update(
    request: HttpRequest, app: web::Data<App>, editor: MessageEditor, submission: Submission,
) -> Result<HttpResponse, AppError> {
    demand_same_viewer(&request, &editor.member)?;
    let form: MessageForm = submission.form().await?;
    let (wants, seen) = (Wants::of(&request), form.parse_revision()?);
    let body = match form.parse_body() {
        Ok(body) => body,
        Err(invalid) if wants != Wants::Json => {
            let (text, revision, error) =
                (form.text(), seen.unwrap_or(editor.message.revision), Some(invalid.message.into()));
            let message = editor.message.clone();
            let again = EditForm { message: &message, text, revision, error, is_overtaken: false };
            return again.answer(&request, &app, &editor, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
        Err(invalid) => return Err(invalid.into()),
    };
    let (user, room) = (editor.member.user().id, editor.member.room.id);
    app.posts.take(user, (app.clock)())?;
    match (save(&app.db, &app.hub, user, room, editor.message.id, (body, seen)).await?, wants) {
        (Edited::Saved(message), Wants::Json) => {
            answer::json(&request, StatusCode::OK, &MessageJson::from(message.as_ref()))
        }
        (Edited::Saved(message), Wants::Fragment) => fragment(&request, StatusCode::OK, Change::Updated(message)),
        (Edited::Saved(message), Wants::Page) => Ok(see_other(&message.url())),
        (Edited::Overtaken(_), Wants::Json) => Err(AppError::Conflict(OVERTAKEN)),
        (Edited::Overtaken(message), _) => {
            let (text, error) = (form.text(), Some(OVERTAKEN.to_owned()));
            let again = EditForm { text, error, is_overtaken: true, ..EditForm::new(&message) };
            again.answer(&request, &app, &editor, StatusCode::CONFLICT).await
        }
    }
}

/// `GET /rooms/{room_id}/messages/{message_id}/versions`: what a message said before, newest first; for those who may edit it.
pub async fn versions(request: HttpRequest, editor: MessageEditor) -> Result<HttpResponse, AppError> {
    let id = editor.message.id;
    let read = editor.member.read(move |snapshot, _| Ok((versions::page(snapshot, id)?, accounts::account(snapshot)?)));
    let (versions, account) = read.await?;
    if Wants::of(&request) == Wants::Json {
        let array: Vec<_> = versions.iter().map(VersionJson::from).collect();
        return answer::json(&request, StatusCode::OK, &array);
    }
    let look = Look::of(account.as_ref(), Some(editor.member.user()));
    answer::page(&request, &VersionsPage { look, message: &editor.message, versions })
}
