//! One function for each thing a person can do that changes something.
//!
//! A service takes parsed input, writes through the writer, and leaves what others must be told to after the commit.
//! Reads don't come here.

pub mod accounts;
pub mod administration;
pub mod background;
pub mod bans;
pub mod boosts;
pub mod commands;
pub mod messages;
pub mod passwords;
pub mod people;
pub mod pictures;
pub mod reading;
pub mod rooms;
pub mod roster;
pub mod sessions;
pub mod transfers;
mod workers;

use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;

/// The operating system's generator. Without it no secret can be made, so its failure ends the request.
fn dice() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}
