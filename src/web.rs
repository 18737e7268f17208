//! The web: extractors that are rights, guards, answers and errors, the socket, and the handlers by noun.
//!
//! A handler parses, calls one service or query, answers. Who may call it stands in its arguments: a right, which is also the
//! request it came by ([`visit::Visit`]).

pub mod access_log;
pub mod account;
pub mod answer;
pub mod appearance;
pub mod assets;
pub mod attachments;
pub mod audit_log;
pub mod auth;
pub mod avatars;
pub mod boosts;
pub mod client;
pub mod directs;
pub mod edits;
pub mod entry;
pub mod errors;
pub mod first_run;
pub mod forms;
pub mod guard;
pub mod health;
pub mod involvements;
pub mod joins;
pub mod limits;
pub mod look;
pub mod members;
pub mod messages;
pub mod origin;
mod prelude;
pub mod previews;
pub mod profile;
pub mod qr_code;
pub mod reads;
pub mod room_settings;
pub mod rooms;
pub mod roster;
pub mod sessions;
pub mod sidebar;
pub mod socket;
pub mod transfers;
pub mod users;
pub mod visit;

use crate::config::Config;
use crate::services::Core;
use limits::{Attempts, Posts};
use std::ops::Deref;
use std::sync::Arc;

/// What handlers work with: one for the whole process. What services work with is in reach as if it were its own.
pub struct App {
    /// The settings.
    pub config: Config,
    /// What services work with.
    pub core: Arc<Core>,
    /// Attempts to sign in or join, by address of the peer and by e-mail address.
    pub attempts: Attempts,
    /// Posts by person.
    pub posts: Posts,
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
