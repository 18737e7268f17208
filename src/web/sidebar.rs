//! The sidebar: one's pings, the people one has none with, one's rooms, and oneself.

use super::client::Client;
use super::pages::MadeOf;
use super::prelude::*;
use super::rooms::json_list;
use crate::db::freshness::Part;
use foldhash::HashSet;
use sha2::{Digest, Sha256};

/// Faces of one ping.
const FACES_MAX: usize = 4;
/// Pings shown; an older one comes to the front with its next message, and is found by starting it.
const PINGS_MAX: usize = 100;
/// People shown in pings and beside them, when there are so many.
const PEOPLE_MAX: usize = 20;

/// The people who are here.
type Online = HashSet<UserId>;

/// A ping as the sidebar shows it.
pub(super) struct Ping {
    pub(super) entry: RoomEntry,
    /// Of one other person, their first name; of several, their initials.
    pub(super) label: String,
    /// The other person, when there is one only, and whether they are online.
    pub(super) person_id: Option<UserId>,
    pub(super) is_online: bool,
}

impl Ping {
    fn of(entry: RoomEntry, online: &Online) -> Self {
        let (label, person_id) = match entry.people.as_slice() {
            [person] => (first_name(&person.name).to_owned(), Some(person.id)),
            several => (several.iter().map(|person| initials(&person.name)).collect::<Vec<_>>().join(" "), None),
        };
        Self { label, is_online: person_id.is_some_and(|person| online.contains(&person)), person_id, entry }
    }

    /// The first faces.
    pub(super) fn faces(&self) -> &[Author] {
        &self.entry.people[..self.entry.people.len().min(FACES_MAX)]
    }
}

fn first_name(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or(name)
}

/// Somebody one has no ping with.
pub(super) struct Stranger {
    pub(super) person: Author,
    pub(super) first_name: String,
    pub(super) is_online: bool,
}

/// What the sidebar shows to one person.
pub(super) struct Sidebar {
    pub(super) pings: Vec<Ping>,
    pub(super) strangers: Vec<Stranger>,
    pub(super) rooms: Vec<RoomEntry>,
    /// What is unread in each room and ping, the older pings that are not shown among them.
    pub(super) unread: Vec<(RoomId, Unread)>,
    pub(super) viewer: User,
    pub(super) may_make_rooms: bool,
    pub(super) invite_url: Option<String>,
    /// Nobody else is here yet: then inviting comes first.
    pub(super) is_alone: bool,
    /// Changes when anything else here does, but for who is online.
    pub(super) version: String,
}

impl Sidebar {
    /// Reads it for `viewer`.
    pub(super) fn read(snapshot: &Snapshot<'_>, app: &App, viewer: UserId, client: &Client) -> Result<Self> {
        let viewer = db::users::find(snapshot, viewer)?;
        let mut entries = db::rooms::page_for_member(snapshot, viewer.id, &app.reading.of(viewer.id))?;
        entries.retain(|entry| entry.room.involvement != Involvement::Invisible);
        let unread = entries.iter().map(|entry| (entry.room.id, entry.unread)).collect();
        let (pings, rooms): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.room.is_direct());
        let online = &*app.hub.online();
        let pings: Vec<Ping> = pings.into_iter().take(PINGS_MAX).map(|ping| Ping::of(ping, online)).collect();
        let strangers = strangers(snapshot, online, &viewer, &pings)?;
        let is_alone = pings.is_empty() && strangers.is_empty();
        let account = db::accounts::account(snapshot)?;
        let is_restricted = account.as_ref().is_some_and(|account| account.restricts_room_creation);
        let may_make_rooms = viewer.is_administrator() || !is_restricted;
        let invited_to = account.filter(|_| viewer.is_administrator());
        let invite_url = invited_to.map(|account| client.url(&format!("/join/{}", account.join_code)));
        let version = String::new();
        let mut sidebar =
            Self { pings, strangers, rooms, unread, viewer, may_make_rooms, invite_url, is_alone, version };
        sidebar.version = sidebar.digest();
        Ok(sidebar)
    }

    fn digest(&self) -> String {
        let mut digest = Sha256::new();
        let mut add = |text: String| digest.update(text + "\0");
        for RoomEntry { room, unread, people } in self.pings.iter().map(|ping| &ping.entry).chain(&self.rooms) {
            add(format!("{} {:?} {} {unread:?}", room.id, room.kind, room.name));
            people.iter().for_each(|person| add(person.avatar_url()));
        }
        for stranger in &self.strangers {
            add(format!("{} {}", stranger.person.name, stranger.person.avatar_url()));
        }
        let viewer = &self.viewer;
        add(format!("{} {:?} {}", viewer.name, viewer.role, viewer.as_author().avatar_url()));
        add(format!("{} {:?}", self.may_make_rooms, self.invite_url));
        hex::encode(&digest.finalize()[..8])
    }

    /// What a page with it is made of, besides `more`.
    pub(super) fn made_of(&self, more: Option<RoomId>) -> MadeOf {
        let rooms = self.unread.iter().map(|(room, _)| *room).chain(more).map(Part::Room);
        MadeOf { parts: rooms.chain([Part::Person(self.viewer.id)]).collect(), people: self.people().collect() }
    }

    /// The people whose being online is shown, and whether they are.
    pub(super) fn people(&self) -> impl Iterator<Item = (UserId, bool)> {
        let pinged = self.pings.iter().filter_map(|ping| Some((ping.person_id?, ping.is_online)));
        pinged.chain(self.strangers.iter().map(|stranger| (stranger.person.id, stranger.is_online)))
    }
}

/// People one has no ping with, those who came first first, until about [`PEOPLE_MAX`] people are shown.
fn strangers(snapshot: &Snapshot<'_>, online: &Online, viewer: &User, pings: &[Ping]) -> Result<Vec<Stranger>> {
    let mut known: HashSet<UserId> = pings.iter().flat_map(|ping| &ping.entry.people).map(|person| person.id).collect();
    let wanted = PEOPLE_MAX.saturating_sub(known.len());
    if wanted == 0 {
        return Ok(Vec::new());
    }
    known.insert(viewer.id);
    let first = db::users::first(snapshot, u32::try_from(wanted + known.len()).unwrap_or(u32::MAX))?;
    let strangers = first.into_iter().filter(|user| !known.contains(&user.id)).take(wanted);
    let stranger = |user: User| Stranger {
        first_name: first_name(&user.name).to_owned(),
        is_online: online.contains(&user.id),
        person: user.as_author(),
    };
    Ok(strangers.map(stranger).collect())
}

// The sidebar, and for a page that shows a room, how many people are in that.
template! { "rooms/_surroundings.html" => SurroundingsFragment {
    sidebar: Sidebar, current_room_id: i64, members_count: Option<i64>
} }

/// `GET /users/me/sidebar`: the sidebar, with the room that the page shows marked; as JSON, the rooms.
pub async fn show(user: CurrentUser) -> Answer {
    if user.wants_json() {
        return json_list(&user).await;
    }
    let (client, app, viewer) = (user.client(), user.app.clone(), user.id());
    let room = user.query("room_id").and_then(|id| id.parse::<RoomId>().ok());
    let read = user.app.db.read(move |snapshot| {
        let members_count = match room {
            Some(room) if db::rooms::for_member(snapshot, room, viewer)?.is_some() => {
                Some(db::memberships::count(snapshot, room)?)
            }
            _ => None,
        };
        Ok((Sidebar::read(snapshot, &app, viewer, &client)?, members_count))
    });
    let (sidebar, members_count) = read.await?;
    let current_room_id = room.map_or(0, |room| room.0);
    user.made_of(sidebar.made_of(room));
    user.page(&SurroundingsFragment { sidebar, current_room_id, members_count })
}
