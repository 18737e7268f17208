//! What is live: who is connected, and what is pushed to them.
//!
//! [`hub::Hub`] holds the sockets by room and hands each a shared [`frames::Frame`]. Only sockets subscribe;
//! server code publishes and never listens. The database is not known here.

mod following;
pub mod fragments;
pub mod frames;
pub mod hub;
pub mod json;
mod presence;
mod room_topic;
pub(crate) mod topics;
