//! The people of a room.

use super::prelude::*;
use crate::db::memberships::{self, MEMBERS_MAX};
use crate::services::rooms::leave;

#[derive(Template)]
#[template(path = "members/index.html")]
struct MembersPage {
    look: Look,
    room: Room,
    people: Vec<User>,
    count: i64,
}

#[derive(Template)]
#[template(path = "members/_list.html")]
struct MembersFragment {
    people: Vec<User>,
}

/// `DELETE /rooms/{room_id}/members/me`: leaves a closed room.
pub async fn destroy(member: RoomMember) -> Answer {
    leave(&member.app, member.id(), member.room.id).await?;
    member.done("/")
}

/// `GET /rooms/{room_id}/members`: who is in the room, by name; with `query`, a part of a name or initials, those whom it fits, whoever
/// spoke last first; `limit` of them at most. `X-Total-Count` says how many they are.
pub async fn index(member: RoomMember) -> Answer {
    let (query, limit) = (member.query("query"), member.query("limit").and_then(|limit| limit.parse().ok()));
    let limit = limit.unwrap_or(MEMBERS_MAX).min(MEMBERS_MAX);
    let read = member.read(move |snapshot, room| {
        let (people, count) = match &query {
            Some(query) => memberships::page_named(snapshot, room.id, query, limit)?,
            None => (memberships::page(snapshot, room.id)?, memberships::count(snapshot, room.id)?),
        };
        Ok((room, people, count))
    });
    let (room, people, count) = read.await?;
    let response = match member.wants() {
        Wants::Json => member.json(&people.iter().map(UserJson::public).collect::<Vec<_>>()),
        Wants::Fragment => member.page(&MembersFragment { people }),
        Wants::Page => member.page(&MembersPage { look: member.look(), room, people, count }),
    };
    Ok(with_header(response?, X_TOTAL_COUNT, count))
}
