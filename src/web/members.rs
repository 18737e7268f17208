//! The people of a room.

use super::App;
use super::answer::{self, Wants, X_TOTAL_COUNT, done};
use super::auth::RoomMember;
use super::look::Look;
use crate::db::{accounts, memberships};
use crate::domain::people::User;
use crate::domain::rooms::Room;
use crate::error::AppError;
use crate::live::json::UserJson;
use crate::services::rooms::leave;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderValue;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

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
pub async fn destroy(request: HttpRequest, app: web::Data<App>, member: RoomMember) -> Result<HttpResponse, AppError> {
    leave(&app, member.user().id, member.room.id).await?;
    Ok(done(&request, "/"))
}

/// `GET /rooms/{room_id}/members`: who is in the room, by name; `X-Total-Count` says how many they are.
pub async fn index(
    request: HttpRequest, member: RoomMember, query: web::Query<MembersQuery>,
) -> Result<HttpResponse, AppError> {
    let query = query.into_inner().query;
    let (room, people, count, account) = member
        .read(move |snapshot, room| {
            let people = memberships::page(snapshot, room.id, &query)?;
            let count = memberships::count_named(snapshot, room.id, &query)?;
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
