//! Rooms: the page people spend the day on, and the list of rooms for programs.

use super::answer::cookie;
use super::entry::LAST_ROOM_COOKIE;
use super::messages::json_page;
use super::prelude::*;
use super::room_settings::made_answer;
use super::sidebar::Sidebar;
use crate::db::messages::{self, PAGE_LEN};
use crate::db::{memberships, rooms, users};
use crate::domain::ids::{MessageId, Revision};
use crate::domain::messages::{Message, Place, Window};
use crate::live::fragments::MessageFragment;
use crate::live::json;
use crate::services::rooms::remove;
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
pub(super) async fn room_page(member: &RoomMember, place: Place, composer: Composer) -> Answer {
    let (client, viewer_id, app) = (member.client(), member.id(), member.app.clone());
    let read = member.read(move |snapshot, room| {
        let mut window = messages::page(snapshot, room.id, place, PAGE_LEN)?;
        if window.messages.is_empty() && place != Place::Newest {
            // Nothing lies beyond: the room at its newest is the next best.
            window = messages::page(snapshot, room.id, Place::Newest, PAGE_LEN)?;
        }
        let sidebar = Sidebar::read(snapshot, &app, viewer_id, &client)?;
        let members_count = memberships::count(snapshot, room.id)?;
        Ok((room, window, sidebar, members_count, users::people_revision(snapshot)?))
    });
    let (room, window, sidebar, members_count, people_revision) = read.await?;
    // With nothing read before it, all is new, which a line would not make clearer.
    let last_read = sidebar.last_read(room.id).filter(|id| window.messages.iter().any(|message| message.id <= *id));
    let is_unread =
        |message: &&Arc<Message>| last_read.is_some_and(|id| message.id > id) && message.creator.id != viewer_id;
    let first_unread = window.messages.iter().find(is_unread).map(|message| message.id);
    let target = window.messages.iter().find(|message| place == Place::Around(message.id));
    let page = RoomPage {
        look: member.look(),
        viewer: member.user(),
        current_room_id: room.id.0,
        room,
        members_count,
        list: MessageList::new(&window, place, first_unread),
        sidebar,
        people_revision,
        composer,
        target: target.map(Arc::as_ref),
    };
    let mut response = member.page(&page)?;
    remember(member, &mut response);
    Ok(response)
}

/// Remembers the room as the last visited one.
fn remember(member: &RoomMember, response: &mut HttpResponse) {
    let room_id = member.room.id.to_string();
    if member.cookie(LAST_ROOM_COOKIE).is_none_or(|cookie| cookie.value() != room_id) {
        // A cookie that can't be set costs only the memory of the last room.
        let _ = response.add_cookie(&cookie(LAST_ROOM_COOKIE, &room_id).finish());
    }
}

/// `GET /rooms`: the rooms one is in. Browsers are sent to the front door, which leads to one of them.
pub async fn index(user: CurrentUser) -> Answer {
    if user.wants_json() { json_list(&user).await } else { Ok(see_other("/")) }
}

/// The rooms somebody is in, as JSON.
pub(super) async fn json_list(user: &CurrentUser) -> Answer {
    let (id, moves) = (user.id(), user.app.reading.of(user.id()));
    let entries = user.app.db.read(move |snapshot| Ok(rooms::page_for_member(snapshot, id, &moves)?)).await?;
    user.json(&entries.iter().map(json::room).collect::<Vec<_>>())
}

/// `GET /rooms/{room_id}`: the room at its newest end.
pub async fn show(member: RoomMember) -> Answer {
    if member.wants_json() {
        return made_answer(&member, member.room.id, StatusCode::OK).await;
    }
    room_page(&member, Place::Newest, Composer::default()).await
}

/// `GET /rooms/{room_id}/@{message_id}`: the room around a message; as JSON, the messages there.
pub async fn around(member: RoomMember) -> Answer {
    let place = Place::Around(member.path_id("message_id")?);
    if member.wants_json() {
        return json_page(&member, place, PAGE_LEN).await;
    }
    room_page(&member, place, Composer::default()).await
}

/// `DELETE /rooms/{room_id}`, and by its kind: deletes a room with everything in it.
pub async fn destroy(remover: RoomRemover) -> Answer {
    let app = &remover.app;
    remove(app, remover.actor(), remover.room.id).await?;
    remover.done("/")
}
