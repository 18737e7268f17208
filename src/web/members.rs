//! The people of a room.

use super::answer::{X_TOTAL_COUNT, with_header};
use super::prelude::*;
use crate::db::memberships;
use crate::live::json::UserJson;
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

/// Whom to look for.
#[derive(Deserialize)]
pub struct MembersQuery {
    /// A part of a name; empty: everyone.
    #[serde(default)]
    query: String,
}

/// `DELETE /rooms/{room_id}/members/me`: leaves a closed room.
pub async fn destroy(member: RoomMember) -> Answer {
    leave(&member.app, member.id(), member.room.id).await?;
    member.done("/")
}

/// `GET /rooms/{room_id}/members`: who is in the room, by name; `X-Total-Count` says how many they are.
pub async fn index(member: RoomMember, query: Query<MembersQuery>) -> Answer {
    let query = query.into_inner().query;
    let read = member.read(move |snapshot, room| {
        let people = memberships::page(snapshot, room.id, &query)?;
        let count = memberships::count_named(snapshot, room.id, &query)?;
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
