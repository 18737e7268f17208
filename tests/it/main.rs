//! Integration tests: the real server on a free port, the real database, real HTTP and WebSockets.

#[path = "../support/mod.rs"]
mod support;

mod permissions;
mod posting;
