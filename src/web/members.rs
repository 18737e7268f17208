//! The people of a room.

use super::answer::{self, Wants};
use super::auth::RoomMember;
use super::look::Look;
use crate::db::{accounts, memberships};
use crate::domain::people::User;
use crate::domain::rooms::Room;
use crate::error::AppError;
use crate::live::json::UserJson;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

const X_TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");

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

/// `GET /rooms/{room_id}/members`: who is in the room, by name; `X-Total-Count` says how many they are.
pub async fn index(request: HttpRequest, member: RoomMember) -> Result<HttpResponse, AppError> {
    let (room, people, count, account) = member
        .read(|snapshot, room| {
            let people = memberships::page(snapshot, room.id)?;
            let count = memberships::count(snapshot, room.id)?;
            Ok((room, people, count, accounts::account(snapshot)?))
        })
        .await?;
    let mut response = match Wants::of(&request) {
        Wants::Json => {
            let array: Vec<UserJson> = people.iter().map(UserJson::public).collect();
            answer::json(&request, StatusCode::OK, &array)?
        }
        Wants::Fragment => answer::page(&request, &MembersFragment { people })?,
        Wants::Page => {
            let page = MembersPage { look: Look::of(account.as_ref(), Some(member.user())), room, people, count };
            answer::page(&request, &page)?
        }
    };
    response.headers_mut().insert(X_TOTAL_COUNT, HeaderValue::from(count));
    Ok(response)
}
