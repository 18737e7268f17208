//! The ids of things, one type each, so that a room's id can't be passed for a person's.
//!
//! Ids are positive integers. Text that isn't one does not name anything: whoever asked gets "not found".

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                // One spelling for each: no sign, no zeros in front.
                let is_plain = text.starts_with(|c: char| matches!(c, '1'..='9'));
                text.parse().ok().filter(|_| is_plain).map(Self).ok_or(())
            }
        }
    )*};
}

numbers! {
    /// A person or a bot.
    UserId,
    /// A signed-in browser or script.
    SessionId,
    /// A room of any kind.
    RoomId,
    /// A boost; a larger id was added later.
    BoostId,
    /// A message; a larger id was posted later, in every room.
    MessageId,
    /// The number of a change. Each change of a message takes the next one in its own transaction, so
    /// the order of revisions is the order of commits, and none is ever used twice.
    Revision,
}

unit_tests!("../../tests/unit/domain/ids.rs");
