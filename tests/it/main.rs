//! Integration tests: the real server on a free port, the real database, real HTTP and WebSockets.
#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may fail")]

#[path = "../support/mod.rs"]
mod support;

mod account;
mod bans;
mod boosts;
mod cast;
mod command_line;
mod editing;
mod errors;
mod files;
mod guards;
mod history;
mod hub;
mod kept_pages;
mod mentions;
mod methods;
mod pages;
mod people;
mod permissions;
mod posting;
mod previews;
mod process;
mod rooms;
mod roster;
mod search;
mod sessions;
mod socket;
mod sounds;
mod transfers;
mod unread;
mod writer;
