//! Types and rules, no I/O: what the words of this product mean.
//!
//! Text is parsed here once (`text`, `messages::Draft`), so that the rest of the house deals in
//! values that need no further check. Clock and dice are arguments.

pub mod attachments;
pub mod audit;
pub mod bans;
pub mod boosts;
pub mod clock;
pub mod devices;
pub mod ids;
pub mod mentions;
pub mod messages;
pub mod people;
pub mod rich_text;
pub mod rooms;
pub mod secrets;
pub mod sounds;
pub mod text;
mod words;
