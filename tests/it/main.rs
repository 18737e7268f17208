//! Integration tests: the real server on a free port, the real database, real HTTP and WebSockets.

#[path = "../support/mod.rs"]
mod support;

mod history;
mod hub;
mod permissions;
mod posting;
mod process;
mod writer;
