//! The sidebar: the rooms somebody is in, the invite link for administrators, and themselves.

use super::App;
use super::answer::{self, Wants};
use super::auth::CurrentUser;
use super::client::Client;
use crate::db::{Snapshot, accounts, rooms, users};
use crate::domain::ids::{RoomId, UserId};
use crate::domain::people::User;
use crate::domain::rooms::Room;
use crate::error::AppError;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// What the sidebar shows to one person.
pub(super) struct Sidebar {
    pub(super) rooms: Vec<Room>,
    pub(super) viewer: User,
    pub(super) invite_url: Option<String>,
    /// Changes when anything else here does.
    pub(super) version: String,
}

impl Sidebar {
    /// Reads it for `viewer`.
    ///
    /// # Errors
    /// What the database says.
    pub(super) fn read(snapshot: &Snapshot<'_>, viewer: UserId, client: &Client) -> Result<Self, AppError> {
        let viewer = users::find(snapshot, viewer)?;
        let rooms = rooms::sidebar(snapshot, viewer.id)?;
        let account = accounts::account(snapshot)?.filter(|_| viewer.is_administrator());
        let join_path = account.map(|account| format!("/join/{}", account.join_code));
        let version = version(&rooms, &viewer, join_path.as_deref());
        let invite_url = join_path.map(|path| client.url(&path));
        Ok(Self { rooms, viewer, invite_url, version })
    }
}

fn version(rooms: &[Room], viewer: &User, join_path: Option<&str>) -> String {
    let mut digest = Sha256::new();
    for room in rooms {
        digest.update(format!("{}\0{:?}\0{}\0", room.id, room.kind, room.name));
    }
    digest.update(format!("{}\0{:?}\0{join_path:?}", viewer.name, viewer.role));
    hex::encode(&digest.finalize()[..8])
}

#[derive(Template)]
#[template(path = "rooms/_sidebar.html")]
struct SidebarFragment {
    sidebar: Sidebar,
    current_room_id: i64,
}

/// Which room the page shows.
#[derive(Deserialize)]
pub struct SidebarQuery {
    room_id: Option<String>,
}

/// `GET /users/me/sidebar`: the sidebar, with the room that the page shows marked; as JSON, the rooms.
pub async fn show(
    request: HttpRequest,
    app: web::Data<App>,
    CurrentUser(viewer): CurrentUser,
    query: web::Query<SidebarQuery>,
) -> Result<HttpResponse, AppError> {
    if Wants::of(&request) == Wants::Json {
        return super::rooms::json_list(&request, &app, viewer.user.id).await;
    }
    let client = Client::of(request.head(), &app.config);
    let sidebar = app.db.read(move |snapshot| Sidebar::read(snapshot, viewer.user.id, &client)).await?;
    let room = query.room_id.as_ref().and_then(|id| id.parse::<RoomId>().ok());
    answer::page(&request, &SidebarFragment { sidebar, current_room_id: room.map_or(0, |room| room.0) })
}
