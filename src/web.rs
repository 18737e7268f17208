//! The web: extractors that are rights, guards, answers and errors, the socket, and the handlers by noun.
//!
//! A handler parses, calls one service or query, answers. Who may call it stands in its arguments.

pub mod access_log;
pub mod account;
pub mod answer;
pub mod appearance;
pub mod assets;
pub mod audit_log;
pub mod auth;
pub mod avatars;
pub mod bans;
pub mod boosts;
pub mod client;
pub mod devices;
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

use crate::config::Config;
use crate::db::Db;
use crate::domain::clock::Clock;
use crate::live::hub::Hub;
use crate::services::background::Background;
use crate::services::bans::BannedAddresses;
use crate::services::passwords::Passwords;
use crate::services::pictures::Pictures;
use crate::services::reading::Reading;
use limits::{Attempts, Posts};
use std::sync::Arc;

/// What handlers work with: one for the whole process.
pub struct App {
    /// The settings.
    pub config: Config,
    /// The database.
    pub db: Db,
    /// The hub.
    pub hub: Hub,
    /// Hashing of passwords.
    pub passwords: Arc<Passwords>,
    /// Making of small pictures.
    pub pictures: Pictures,
    /// Attempts to sign in or join, by address of the peer and by e-mail address.
    pub attempts: Attempts,
    /// Posts by person.
    pub posts: Posts,
    /// What people have read.
    pub reading: Reading,
    /// Addresses that are kept out.
    pub banned: BannedAddresses,
    /// Work done in batches.
    pub background: Background,
    /// Tells the time.
    pub clock: Clock,
}

impl App {
    /// Sessions last used before this moment have ended.
    pub fn sessions_end_ms(&self) -> i64 {
        (self.clock)() - self.config.session_ms()
    }
}
