//! Messages: pages of them, posting, removing.

use super::answer::{self, Wants, no_content, see_other};
use super::auth::{MessageEditor, RoomMember, path_id};
use super::forms::Submission;
use super::rooms::{Composer, MessageList, room_page};
use super::{App, errors};
use crate::db::messages::{self, PAGE_LEN, PAGE_MAX};
use crate::domain::ids::{MessageId, Revision, RoomId, UserId};
use crate::domain::messages::{Body, Change, ClientMessageId, Draft, Place, Window};
use crate::domain::rooms::Room;
use crate::error::{AppError, Invalid};
use crate::live::frames::{Event, Format, Frame};
use crate::live::json::MessageJson;
use crate::services::messages::{Posted, post, remove, repeated};
use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, HeaderName, HeaderValue, LINK, LOCATION};
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use askama::Template;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

const X_REVISION: HeaderName = HeaderName::from_static("x-revision");
/// Whom a page was made for, so that it does not act as somebody else.
const CAMPFIRE_VIEWER: HeaderName = HeaderName::from_static("campfire-viewer");

/// A message, as submitted.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct MessageForm {
    body: Option<String>,
    content: Option<String>,
    client_message_id: Option<String>,
    revision: Value,
}

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

    /// What it says.
    pub(super) fn parse_body(&self) -> Result<Body, Invalid> {
        Body::parse(&self.text())
    }

    /// What was typed.
    pub(super) fn text(&self) -> String {
        self.body.as_ref().or(self.content.as_ref()).cloned().unwrap_or_default()
    }

    /// The revision that was edited, if the form says.
    pub(super) fn parse_revision(&self) -> Result<Option<Revision>, Invalid> {
        let number = match &self.revision {
            Value::Null => return Ok(None),
            Value::String(text) if text.is_empty() => return Ok(None),
            Value::String(text) => text.parse().ok(),
            other => other.as_i64(),
        };
        let invalid = || Invalid::new("revision", "revision must be the number of the revision that was edited.");
        number.map(|number| Some(Revision(number))).ok_or_else(invalid)
    }
}

/// Which messages, as asked for.
#[derive(Deserialize)]
pub struct PageQuery {
    before: Option<String>,
    after: Option<String>,
    around: Option<String>,
    limit: Option<String>,
}

impl PageQuery {
    fn place(&self) -> Result<Place, AppError> {
        let id = |text: &String| text.parse::<MessageId>().map_err(|_| AppError::NotFound);
        match (&self.before, &self.after, &self.around) {
            (Some(before), None, None) => Ok(Place::Before(id(before)?)),
            (None, Some(after), None) => Ok(Place::After(id(after)?)),
            (None, None, Some(around)) => Ok(Place::Around(id(around)?)),
            (None, None, None) => Ok(Place::Newest),
            _ => Err(Invalid::new("before", "Ask for one of before, after and around.").into()),
        }
    }

    fn limit(&self) -> Result<u32, AppError> {
        match &self.limit {
            None => Ok(PAGE_LEN),
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=PAGE_MAX).contains(limit))
                .ok_or_else(|| Invalid::new("limit", "limit must be a number from 1 to 100.").into()),
        }
    }
}

#[derive(Template)]
#[template(path = "messages/_page.html")]
struct PageFragment<'w> {
    room_id: RoomId,
    list: MessageList<'w>,
    is_older: bool,
}

#[derive(Template)]
#[template(path = "messages/_list.html")]
struct ListFragment<'w> {
    room: Room,
    list: MessageList<'w>,
}

/// `GET /rooms/{room_id}/messages`: a page of messages, oldest first. As a fragment: with `before` or `after`, the messages and the
/// way on from there; else the whole list. As JSON: an array, with `X-Revision`, the cursor to open a socket with. As a page: the
/// room there.
pub async fn index(
    request: HttpRequest, app: web::Data<App>, member: RoomMember, query: web::Query<PageQuery>,
) -> Result<HttpResponse, AppError> {
    let (place, limit) = (query.place()?, query.limit()?);
    let wants = Wants::of(&request);
    if wants == Wants::Page {
        return room_page(&request, &app, &member, place, Composer::default()).await;
    }
    if wants == Wants::Json {
        return json_page(&request, &member, place, limit).await;
    }
    let (room, window) = read_page(&member, place, limit).await?;
    let list = MessageList::new(&window, place, None);
    match place {
        Place::Newest | Place::Around(_) => answer::page(&request, &ListFragment { room, list }),
        Place::Before(_) => answer::page(&request, &PageFragment { room_id: room.id, list, is_older: true }),
        Place::After(_) => answer::page(&request, &PageFragment { room_id: room.id, list, is_older: false }),
    }
}

async fn read_page(member: &RoomMember, place: Place, limit: u32) -> Result<(Room, Window), AppError> {
    member
        .read(move |snapshot, room| {
            let window = messages::page(snapshot, room.id, place, limit)?;
            Ok((room, window))
        })
        .await
}

/// A page of messages as JSON: an array, the cursor in `X-Revision`, the way on in `Link` (RFC 8288).
pub(super) async fn json_page(
    request: &HttpRequest, member: &RoomMember, place: Place, limit: u32,
) -> Result<HttpResponse, AppError> {
    let (room, window) = read_page(member, place, limit).await?;
    let array: Vec<_> = window.messages.iter().map(|message| MessageJson::from(message.as_ref())).collect();
    let mut response = answer::json(request, StatusCode::OK, &array)?;
    response.headers_mut().insert(X_REVISION, HeaderValue::from(window.revision.0));
    let next = match place {
        Place::After(_) => window.messages.last().filter(|_| window.has_newer).map(|m| ("after", m.id)),
        _ => window.messages.first().filter(|_| window.has_older).map(|m| ("before", m.id)),
    };
    if let Some((direction, id)) = next {
        let link = format!("</rooms/{}/messages?{direction}={id}&limit={limit}>; rel=\"next\"", room.id);
        if let Ok(value) = HeaderValue::from_str(&link) {
            response.headers_mut().insert(LINK, value);
        }
    }
    Ok(response)
}

/// `GET /rooms/{room_id}/messages/{message_id}`: one message; browsers are sent to its place in the room.
pub async fn show(request: HttpRequest, member: RoomMember) -> Result<HttpResponse, AppError> {
    let id = path_id::<MessageId>(&request, "message_id")?;
    let message = member.read(move |snapshot, room| Ok(messages::present(snapshot, room.id, id)?)).await?;
    match Wants::of(&request) {
        Wants::Json => answer::json(&request, StatusCode::OK, &MessageJson::from(message.as_ref())),
        Wants::Fragment => fragment(&request, StatusCode::OK, Change::Created(message)),
        Wants::Page => Ok(see_other(&message.url())),
    }
}

/// `POST /rooms/{room_id}/messages`: posts a message. 201 the first time; 200 with the message as it is now when its
/// `client_message_id` was posted before; plain forms are sent back to the room, or get it with what was typed and what is
/// wrong with it.
pub async fn create(
    request: HttpRequest, app: web::Data<App>, member: RoomMember, submission: Submission,
) -> Result<HttpResponse, AppError> {
    demand_same_viewer(&request, &member)?;
    let mut form: MessageForm = submission.form().await?;
    if form.client_message_id.as_deref().is_none_or(|id| id.trim().is_empty()) {
        // Given here, so that a plain form that has to be sent again is sent under the same id.
        form.client_message_id = Some(Uuid::new_v4().to_string());
    }
    let posted = match submit(&app, member.user().id, member.room.id, &form).await {
        Ok(posted) => posted,
        Err(error) if Wants::of(&request) == Wants::Page => {
            return form_again(&request, &app, &member, form, error).await;
        }
        Err(error) => return Err(error),
    };
    let status = if posted.is_new { StatusCode::CREATED } else { StatusCode::OK };
    match Wants::of(&request) {
        Wants::Json => {
            let mut response = answer::json(&request, status, &MessageJson::from(posted.message.as_ref()))?;
            let location = format!("/rooms/{}/messages/{}", posted.message.room_id, posted.message.id);
            if let Ok(value) = HeaderValue::from_str(&location) {
                response.headers_mut().insert(LOCATION, value);
            }
            Ok(response)
        }
        Wants::Fragment => fragment(&request, status, Change::Created(posted.message)),
        Wants::Page => Ok(see_other(&format!("/rooms/{}", member.room.id))),
    }
}

/// Answers a plain form that was refused: the room, with what was typed kept and what is wrong beside it.
async fn form_again(
    request: &HttpRequest, app: &web::Data<App>, member: &RoomMember, form: MessageForm, error: AppError,
) -> Result<HttpResponse, AppError> {
    let text = form.text();
    let client_message_id = form.client_message_id.filter(|id| ClientMessageId::parse(id).is_ok());
    let composer = Composer { text, client_message_id, error: Some(errors::sentence(&error)) };
    let Ok(mut response) = room_page(request, app, member, Place::Newest, composer).await else {
        return Err(error);
    };
    *response.status_mut() = error.status_code();
    response.headers_mut().remove(ETAG);
    errors::set_retry_after(&mut response, &error);
    Ok(response)
}

/// Posts what was submitted, by form, JSON or socket. Whether it is a repeat is decided before whether it is valid, and a repeat
/// costs nothing of the sender's rate.
///
/// # Errors
/// `Invalid`, `TooMany`, and as [`post`] and [`repeated`] say.
pub(super) async fn submit(app: &App, author: UserId, room: RoomId, form: &MessageForm) -> Result<Posted, AppError> {
    let client_message_id = form.parse_id()?;
    let draft = form.parse_body().map_err(AppError::from).and_then(|body| {
        app.posts.take(author, (app.clock)())?;
        Ok(Draft { client_message_id, body })
    });
    match draft {
        Ok(draft) => {
            let posted = post(app, author, room, draft).await?;
            if !posted.is_new {
                app.posts.give_back(author);
            }
            Ok(posted)
        }
        Err(refusal) => repeated(app, author, room, client_message_id).await?.ok_or(refusal),
    }
}

/// `DELETE /rooms/{room_id}/messages/{message_id}`: removes a message.
pub async fn destroy(
    request: HttpRequest, app: web::Data<App>, editor: MessageEditor,
) -> Result<HttpResponse, AppError> {
    let room = editor.member.room.id;
    let change = remove(&app, editor.member.user().id, room, editor.message.id).await?;
    match Wants::of(&request) {
        Wants::Json => Ok(no_content()),
        Wants::Fragment => fragment(&request, StatusCode::OK, change),
        Wants::Page => Ok(see_other(&format!("/rooms/{room}"))),
    }
}

/// Makes sure that a page of somebody who has signed out since does not act as whoever signed in after them.
///
/// # Errors
/// `SignedOut` when the page was made for somebody else.
pub(super) fn demand_same_viewer(request: &HttpRequest, member: &RoomMember) -> Result<(), AppError> {
    let page_viewer = request.headers().get(CAMPFIRE_VIEWER).and_then(|id| id.to_str().ok());
    let is_same = page_viewer.is_none_or(|id| id == member.user().id.to_string());
    if is_same { Ok(()) } else { Err(AppError::SignedOut) }
}

/// Answers with the very fragment that the room's sockets get.
pub(super) fn fragment(request: &HttpRequest, status: StatusCode, change: Change) -> Result<HttpResponse, AppError> {
    let html = Frame::new(Event::Change(change)).text(Format::Html).unwrap_or_default();
    Ok(answer::send(request, status, "text/html; charset=utf-8", html.as_bytes().to_vec()))
}
