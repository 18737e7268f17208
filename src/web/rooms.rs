//! Rooms: the page people spend the day on, and the list of rooms for programs.

use super::App;
use super::answer::{self, Wants, done, see_other};
use super::auth::{CurrentUser, RoomMember, RoomRemover, actor, path_id};
use super::client::Client;
use super::entry::LAST_ROOM_COOKIE;
use super::look::Look;
use super::sidebar::Sidebar;
use crate::db::messages::{self, PAGE_LEN};
use crate::db::{accounts, memberships, rooms, users};
use crate::domain::ids::{MessageId, Revision, UserId};
use crate::domain::messages::{Message, Place, Window};
use crate::domain::people::User;
use crate::domain::rooms::Room;
use crate::error::AppError;
use crate::live::fragments::MessageFragment;
use crate::live::json;
use crate::services::rooms::remove;
use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use std::sync::Arc;

/// A window of messages as the list shows it.
pub(super) struct MessageList<'w> {
    pub(super) messages: Vec<MessageFragment<'w>>,
    pub(super) revision: Revision,
    /// Set when there is more before it.
    pub(super) oldest_id: Option<MessageId>,
    /// Set when there is more after it.
    pub(super) newest_id: Option<MessageId>,
    pub(super) is_newest: bool,
    /// The message a link pointed at, or nothing.
    pub(super) target_id: String,
}

impl<'w> MessageList<'w> {
    /// The list of a window at a place; `first_unread` is its reader's, if it is there.
    pub(super) fn new(window: &'w Window, place: Place, first_unread: Option<MessageId>) -> Self {
        let mut previous = None;
        let fragment = |message: &'w Arc<_>| {
            let fragment = MessageFragment::after(previous, message);
            previous = Some(message.as_ref());
            if first_unread == Some(message.id) { fragment.first_unread() } else { fragment }
        };
        let target_id = match place {
            Place::Around(id) => id.to_string(),
            _ => String::new(),
        };
        Self {
            messages: window.messages.iter().map(fragment).collect(),
            revision: window.revision,
            oldest_id: window.messages.first().filter(|_| window.has_older).map(|message| message.id),
            newest_id: window.messages.last().filter(|_| window.has_newer).map(|message| message.id),
            is_newest: !window.has_newer,
            target_id,
        }
    }
}

#[derive(Template)]
#[template(path = "rooms/show.html")]
struct RoomPage<'w> {
    look: Look,
    viewer: &'w User,
    room: Room,
    members_count: i64,
    list: MessageList<'w>,
    sidebar: Sidebar,
    current_room_id: i64,
    people_revision: i64,
    composer: Composer,
    /// The message a link pointed at.
    target: Option<&'w Message>,
}

impl RoomPage<'_> {
    fn may_edit(&self, message: &Message) -> bool {
        message.is_editable_by(self.viewer)
    }
}

/// The field that messages are written in: what it holds, and what is wrong with it.
#[derive(Default)]
pub(super) struct Composer {
    pub(super) text: String,
    /// The id of an attempt that was refused, to try again under.
    pub(super) client_message_id: Option<String>,
    pub(super) error: Option<String>,
}

/// The room page with the messages at `place`.
pub(super) async fn room_page(
    request: &HttpRequest, app: &web::Data<App>, member: &RoomMember, place: Place, composer: Composer,
) -> Result<HttpResponse, AppError> {
    let client = Client::of(request.head(), &app.config);
    let (viewer_id, app) = (member.user().id, app.clone());
    let (room, window, sidebar, members_count, account, people_revision) = member
        .read(move |snapshot, room| {
            let mut window = messages::page(snapshot, room.id, place, PAGE_LEN)?;
            if window.messages.is_empty() && place != Place::Newest {
                // Nothing lies beyond: the room at its newest is the next best.
                window = messages::page(snapshot, room.id, Place::Newest, PAGE_LEN)?;
            }
            let sidebar = Sidebar::read(snapshot, &app, viewer_id, &client)?;
            let members_count = memberships::count(snapshot, room.id)?;
            let people_revision = users::people_revision(snapshot)?;
            let account = accounts::account(snapshot)?;
            Ok((room, window, sidebar, members_count, account, people_revision))
        })
        .await?;
    let (room_id, current_room_id) = (room.id, room.id.0);
    // With nothing read before it, all is new, which a line would not make clearer.
    let last_read = sidebar.last_read(room_id).filter(|id| window.messages.iter().any(|message| message.id <= *id));
    let is_unread =
        |message: &&Arc<Message>| last_read.is_some_and(|id| message.id > id) && message.creator.id != member.user().id;
    let first_unread = window.messages.iter().find(is_unread).map(|message| message.id);
    let target = window.messages.iter().find(|message| place == Place::Around(message.id));
    let page = RoomPage {
        look: Look::of(account.as_ref(), Some(member.user())),
        viewer: member.user(),
        room,
        members_count,
        list: MessageList::new(&window, place, first_unread),
        sidebar,
        current_room_id,
        people_revision,
        composer,
        target: target.map(Arc::as_ref),
    };
    let mut response = answer::page(request, &page)?;
    remember(request, &mut response, &room_id.to_string());
    Ok(response)
}

/// Remembers the room as the last visited one.
fn remember(request: &HttpRequest, response: &mut HttpResponse, room_id: &str) {
    if request.cookie(LAST_ROOM_COOKIE).is_some_and(|cookie| cookie.value() == room_id) {
        return;
    }
    let cookie = Cookie::build(LAST_ROOM_COOKIE, room_id)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(Duration::days(400))
        .finish();
    // A cookie that can't be set costs only the memory of the last room.
    let _ = response.add_cookie(&cookie);
}

/// `GET /rooms`: the rooms one is in. Browsers are sent to the front door, which leads to one of them.
pub async fn index(
    request: HttpRequest, app: web::Data<App>, CurrentUser(viewer): CurrentUser,
) -> Result<HttpResponse, AppError> {
    if Wants::of(&request) != Wants::Json {
        return Ok(see_other("/"));
    }
    json_list(&request, &app, viewer.user.id).await
}

/// The rooms somebody is in, as JSON.
pub(super) async fn json_list(request: &HttpRequest, app: &App, viewer: UserId) -> Result<HttpResponse, AppError> {
    let moves = app.reading.of(viewer);
    let entries = app.db.read(move |snapshot| Ok(rooms::page_for_member(snapshot, viewer, &moves)?)).await?;
    answer::json(request, StatusCode::OK, &entries.iter().map(json::room).collect::<Vec<_>>())
}

/// `GET /rooms/{room_id}`: the room at its newest end.
pub async fn show(request: HttpRequest, app: web::Data<App>, member: RoomMember) -> Result<HttpResponse, AppError> {
    if Wants::of(&request) != Wants::Json {
        return room_page(&request, &app, &member, Place::Newest, Composer::default()).await;
    }
    super::room_settings::made_answer(&request, &app, member.user().id, member.room.id, StatusCode::OK).await
}

/// `GET /rooms/{room_id}/@{message_id}`: the room around a message; as JSON, the messages there.
pub async fn around(request: HttpRequest, app: web::Data<App>, member: RoomMember) -> Result<HttpResponse, AppError> {
    let id = path_id(&request, "message_id")?;
    if Wants::of(&request) == Wants::Json {
        return super::messages::json_page(&request, &member, Place::Around(id), PAGE_LEN).await;
    }
    room_page(&request, &app, &member, Place::Around(id), Composer::default()).await
}

/// `DELETE /rooms/{room_id}`, and by its kind: deletes a room with everything in it.
pub async fn destroy(
    request: HttpRequest, app: web::Data<App>, RoomRemover(member): RoomRemover,
) -> Result<HttpResponse, AppError> {
    let remover = actor(&request, &app, member.viewer.clone());
    remove(&app, remover, member.room.id).await?;
    Ok(done(&request, "/"))
}
