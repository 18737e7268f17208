//! What somebody is in a room: the bell, what they have read, who else is there, and leaving.

use super::prelude::*;
use super::sessions::safe_return;

// The choice, as submitted, and the page of ours to go back to.
form! { InvolvementForm { involvement: String, return_to: Option<String> } }

template! { "involvements/_bell.html" => BellFragment { room: Room } }
template! { "involvements/show.html" => InvolvementPage { look: Look, room: Room } }

/// `GET /rooms/{room_id}/involvement`: the bell as it is set.
pub async fn bell(member: RoomMember) -> Answer {
    let room = member.room.clone();
    match member.wants() {
        Wants::Json => member.json(&json!({"involvement": room.involvement})),
        Wants::Fragment => member.page(&BellFragment { room }),
        Wants::Page => member.page(&InvolvementPage { look: member.look(), room }),
    }
}

/// `PUT /rooms/{room_id}/involvement`: sets the bell. Plain forms are sent back to where they were.
pub async fn set_bell(member: RoomMember, submission: Submission) -> Answer {
    let form: InvolvementForm = submission.form().await?;
    let (app, involvement) = (&member.app, Involvement::parse(&form.involvement)?);
    services::rooms::set_involvement(app, member.id(), member.room.id, involvement).await?;
    match member.wants() {
        Wants::Json => member.json(&json!({"involvement": involvement})),
        Wants::Fragment => member.page(&BellFragment { room: Room { involvement, ..member.room.clone() } }),
        Wants::Page => match &form.return_to {
            Some(path) => Ok(see_other(safe_return(path))),
            None => Ok(see_other(&format!("/rooms/{}", member.room.id))),
        },
    }
}

// Up to, or from, which message.
form! { ReadForm { message_id: Typed } }

impl ReadForm {
    /// What is no id names no message.
    fn parse(&self) -> Result<Option<MessageId>> {
        self.message_id.parse().map_err(|_| AppError::NotFound)
    }
}

/// `PUT /rooms/{room_id}/read`: everything up to a message (none: all there is) is read. The cursor only moves forward.
pub async fn mark_read(member: RoomMember, submission: Submission) -> Answer {
    let form: ReadForm = submission.form().await?;
    let (app, up_to) = (&member.app, form.parse()?);
    let unread_count = services::reading::read(app, member.id(), member.room.id, up_to).await?;
    counted(&member, unread_count)
}

/// `DELETE /rooms/{room_id}/read`: everything from a message on is unread.
pub async fn mark_unread(member: RoomMember, submission: Submission) -> Answer {
    let form: ReadForm = submission.form().await?;
    let missing = || Invalid::new("message_id", "Say from which message on it is unread.");
    let (app, from) = (&member.app, form.parse()?.ok_or_else(missing)?);
    let unread_count = services::reading::mark_unread(app, member.id(), member.room.id, from).await?;
    counted(&member, unread_count)
}

fn counted(member: &RoomMember, unread_count: i64) -> Answer {
    match member.wants() {
        Wants::Json => member.json(&json!({"unread_count": unread_count})),
        // The page hears of it by its socket.
        Wants::Fragment => Ok(no_content()),
        Wants::Page => Ok(see_other(&format!("/rooms/{}", member.room.id))),
    }
}

template! { "members/index.html" => MembersPage { look: Look, room: Room, people: Vec<User>, count: i64 } }
template! { "members/_list.html" => MembersFragment { people: Vec<User> } }

/// `DELETE /rooms/{room_id}/members/me`: leaves a closed room.
pub async fn leave(member: RoomMember) -> Answer {
    services::rooms::leave(&member.app, member.id(), member.room.id).await?;
    member.done("/")
}

/// `GET /rooms/{room_id}/members`: who is in the room, by name; with `query`, a part of a name or initials, those whom it fits, whoever
/// spoke last first; `limit` of them at most. `X-Total-Count` says how many they are.
pub async fn index(member: RoomMember) -> Answer {
    let (query, limit) = (member.query("query"), member.query("limit").and_then(|limit| limit.parse().ok()));
    let limit = limit.unwrap_or(db::memberships::MEMBERS_MAX).min(db::memberships::MEMBERS_MAX);
    let read = member.read(move |snapshot, room| {
        let (people, count) = match &query {
            Some(query) => db::memberships::page_named(snapshot, room.id, query, limit)?,
            None => (db::memberships::page(snapshot, room.id)?, db::memberships::count(snapshot, room.id)?),
        };
        Ok((room, people, count))
    });
    let (room, people, count) = read.await?;
    let response = match member.wants() {
        Wants::Json => member.json(&people.iter().map(json::person).collect::<Vec<_>>()),
        Wants::Fragment => member.page(&MembersFragment { people }),
        Wants::Page => member.page(&MembersPage { look: member.look(), room, people, count }),
    };
    Ok(with_header(response?, X_TOTAL_COUNT, count))
}
