//! Rooms: the front door, the page people spend the day on, and the list of rooms for programs.

use super::answer::cookie;
use super::messages::json_page;
use super::prelude::*;
use super::room_settings::made_answer;
use super::sessions::to_sign_in;
use super::sidebar::Sidebar;
use crate::live::fragments::MessageFragment;

/// Remembers the last visited room.
pub const LAST_ROOM_COOKIE: &str = "last_room";

template! { "rooms/none.html" => NoRoomsPage {
    look: Look, sidebar: Sidebar, revision: Revision, people_revision: i64, current_room_id: i64
} }

/// `GET /`: 303 to the last visited room, else the oldest; a welcome page for those in none; for visitors, 303 to where to come in.
pub async fn enter(visitor: MaybeUser) -> Answer {
    let Some(viewer) = &visitor.viewer else {
        return match visitor.account().await? {
            _ if visitor.wants() != Wants::Page => Err(AppError::SignedOut),
            Some(_) => Ok(to_sign_in("/")),
            None => Ok(see_other("/first_run")),
        };
    };
    let (user, last_room) = (viewer.user.id, visitor.cookie(LAST_ROOM_COOKIE));
    let wished = last_room.and_then(|cookie| cookie.value().parse().ok());
    match visitor.app.db.read(move |snapshot| Ok(db::rooms::landing(snapshot, user, wished)?)).await? {
        Some(room) => Ok(see_other(&format!("/rooms/{room}"))),
        None => welcome(&visitor, user).await,
    }
}

/// The page of somebody who is in no room: their sidebar, and what they can do.
async fn welcome(visit: &Visit, viewer: UserId) -> Answer {
    let (client, app) = (visit.client(), visit.app.clone());
    let read = visit.app.db.read(move |snapshot| {
        let sidebar = Sidebar::read(snapshot, &app, viewer, &client)?;
        let account = db::accounts::account(snapshot)?;
        Ok(NoRoomsPage {
            look: Look::of(account.as_ref(), Some(&sidebar.viewer)),
            sidebar,
            revision: db::messages::revision(snapshot)?,
            people_revision: db::users::people_revision(snapshot)?,
            current_room_id: 0,
        })
    });
    visit.page(&read.await?)
}

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
    pub(super) fn new(window: &'w Window, place: Option<Place>, first_unread: Option<MessageId>) -> Self {
        let mut previous = None;
        let fragment = |message: &'w Arc<_>| {
            let fragment = MessageFragment::after(previous, message);
            previous = Some(message.as_ref());
            fragment.marked(first_unread == Some(message.id), place == Some(Place::Around(message.id)))
        };
        let target_id = match place {
            Some(Place::Around(id)) => id.to_string(),
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

template! { "rooms/show.html" => RoomPage<'w> {
    look: Look, viewer: &'w User, room: Room, members_count: i64, list: MessageList<'w>, sidebar: Sidebar,
    current_room_id: i64, unread_count: i64, people_revision: i64, composer: Composer,
    // Bytes in a file at most, and the message a link pointed at.
    upload_max: usize, target: Option<&'w Message>
} }

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

/// The messages of a room at a place, with the first that its reader has not read, if it is among them. Where no place is asked for, the
/// room opens: at its newest end; or, where more is unread than a page shows, at the first unread message.
pub(super) fn listed(
    snapshot: &Snapshot<'_>, app: &App, room: &Room, viewer: UserId, (place, limit): (Option<Place>, u32),
) -> Result<(Window, Option<MessageId>)> {
    let read = room.read_through(&app.reading.of(viewer));
    let mut window = db::messages::page(snapshot, room.id, place.unwrap_or(Place::Newest), limit)?;
    if let (None, Some(oldest), Some(last)) = (place, window.messages.first(), window.messages.last())
        // Whoever has read nothing yet, or has just spoken, is at home at the newest end.
        && (read > MessageId(0) && read < oldest.id && last.creator.id != viewer)
        && let Some(first) = db::messages::first_unread(snapshot, room.id, viewer, read)?.filter(|first| *first < oldest.id)
    {
        window = db::messages::page(snapshot, room.id, Place::From(first), limit)?;
    }
    // With nothing read before it, all is new, which a line would not make clearer.
    let is_after_read = window.messages.iter().any(|message| message.id <= read);
    let mut unread = window.messages.iter().filter(|message| message.id > read && message.creator.id != viewer);
    let first_unread = unread.next().filter(|_| is_after_read).map(|message| message.id);
    Ok((window, first_unread))
}

/// The room page with the messages at `place`, or as it opens.
pub(super) async fn room_page(member: &RoomMember, place: Option<Place>, composer: Composer) -> Answer {
    let (client, viewer_id, app) = (member.client(), member.id(), member.app.clone());
    let read = member.read(move |snapshot, room| {
        let mut list = listed(snapshot, &app, &room, viewer_id, (place, db::messages::PAGE_LEN))?;
        if list.0.messages.is_empty() && place.is_some() {
            // Nothing lies beyond: the room at its newest is the next best.
            list = listed(snapshot, &app, &room, viewer_id, (Some(Place::Newest), db::messages::PAGE_LEN))?;
        }
        let sidebar = Sidebar::read(snapshot, &app, viewer_id, &client)?;
        let members_count = db::memberships::count(snapshot, room.id)?;
        Ok((room, list, sidebar, members_count, db::users::people_revision(snapshot)?))
    });
    let (room, (window, first_unread), sidebar, members_count, people_revision) = read.await?;
    let target = window.messages.iter().find(|message| place == Some(Place::Around(message.id)));
    let unread_count = sidebar.unread.iter().find(|(id, _)| *id == room.id).map_or(0, |(_, unread)| unread.count);
    member.made_of(sidebar.made_of(Some(room.id)));
    let page = RoomPage {
        look: member.look(),
        viewer: member.user(),
        current_room_id: room.id.0,
        room,
        members_count,
        list: MessageList::new(&window, place, first_unread),
        unread_count,
        sidebar,
        people_revision,
        composer,
        upload_max: member.app.config.upload_max,
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
    let entries = user.app.db.read(move |snapshot| Ok(db::rooms::page_for_member(snapshot, id, &moves)?)).await?;
    user.json(&entries.iter().map(json::room).collect::<Vec<_>>())
}

/// `GET /rooms/{room_id}`: the room as it opens; with `?newest`, at its newest end.
pub async fn show(member: RoomMember) -> Answer {
    if member.wants_json() {
        return made_answer(&member, member.room.id, StatusCode::OK).await;
    }
    let place = member.query("newest").map(|_| Place::Newest);
    room_page(&member, place, Composer::default()).await
}

/// `GET /rooms/{room_id}/@{message_id}`: the room around a message; as JSON, the messages there.
pub async fn around(member: RoomMember) -> Answer {
    let place = Place::Around(member.path_id("message_id")?);
    if member.wants_json() {
        return json_page(&member, place, db::messages::PAGE_LEN).await;
    }
    room_page(&member, Some(place), Composer::default()).await
}

/// `DELETE /rooms/{room_id}`, and by its kind: deletes a room with everything in it.
pub async fn destroy(remover: RoomRemover) -> Answer {
    let app = &remover.app;
    services::rooms::remove(app, remover.actor(), remover.room.id).await?;
    remover.done("/")
}
