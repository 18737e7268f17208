//! The web: extractors that are rights, guards, answers and errors, the socket, and the handlers by noun.
//!
//! A handler parses, calls one service or query, answers. Who may call it stands in its arguments: a right, which is also the
//! request it came by (`visit::Visit`).

pub(crate) mod account;
pub(crate) mod answer;
pub mod assets;
pub(crate) mod attachments;
pub(crate) mod auth;
pub(crate) mod client;
pub(crate) mod edits;
pub(crate) mod errors;
pub(crate) mod forms;
pub(crate) mod guard;
pub(crate) mod joins;
pub(crate) mod limits;
pub(crate) mod memberships;
pub(crate) mod messages;
pub(crate) mod pages;
mod prelude;
pub(crate) mod profile;
pub(crate) mod qr_code;
pub(crate) mod room_settings;
pub(crate) mod rooms;
pub(crate) mod roster;
pub(crate) mod searches;
pub(crate) mod sessions;
pub(crate) mod sidebar;
pub(crate) mod socket;
pub(crate) mod users;
pub(crate) mod visit;

use crate::config::Config;
use crate::services::Core;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use limits::{Attempts, Posts};
use pages::Pages;
use prelude::*;
use std::ops::Deref;

/// What handlers work with: one for the whole process. What services work with is in reach as if it were its own.
pub(crate) struct App {
    pub config: Config,
    pub core: Arc<Core>,
    /// Attempts to sign in or join, by address of the peer and by e-mail address.
    pub attempts: Attempts,
    /// Posts by person.
    pub posts: Posts,
    /// Searches by person.
    pub searches: Posts,
    pub pages: Pages,
}

impl Deref for App {
    type Target = Core;

    fn deref(&self) -> &Core {
        &self.core
    }
}

impl App {
    /// Sessions last used before this moment have ended.
    pub fn sessions_end_ms(&self) -> i64 {
        (self.clock)() - self.config.session_ms()
    }
}

/// `GET /health` and `GET /up`: 200 when the database can be read and takes writes, else 503.
pub(crate) async fn health(app: Data<App>) -> Answer {
    let can_read = app.db.read(|snapshot| Ok(db::messages::revision(snapshot)?)).await.is_ok();
    let is_up = can_read && app.db.is_healthy();
    let (code, status) = if is_up { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "down") };
    let timestamp = iso((app.clock)());
    let body = json!({"status": status, "version": env!("CARGO_PKG_VERSION"), "timestamp": timestamp});
    Ok(HttpResponse::build(code).insert_header((CACHE_CONTROL, "no-store")).json(body))
}
