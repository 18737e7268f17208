//! Types and rules, no I/O: what the words of this product mean.
//!
//! Text is parsed here once, into values that need no further check. Clock and dice are arguments.

/// Enums whose every variant is told as a word: the same one in the database, in forms and in JSON.
macro_rules! words {
    ($($(#[$doc:meta])* pub enum $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
        pub enum $type {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $type {
            /// Every one.
            pub const ALL: [Self; [$($word),*].len()] = [$(Self::$variant),*];

            /// Its word.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// The one with this word.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.word() == word)
            }
        }
    )*};
}

pub(crate) use words;

pub(crate) mod addresses;
pub(crate) mod attachments;
pub(crate) mod audit;
pub(crate) mod boosts;
pub(crate) mod clock;
pub(crate) mod devices;
pub(crate) mod ids;
pub(crate) mod mentions;
pub(crate) mod messages;
pub(crate) mod people;
pub(crate) mod previews;
pub(crate) mod rich_text;
pub(crate) mod rooms;
pub(crate) mod search;
pub(crate) mod secrets;
pub(crate) mod sounds;
pub(crate) mod text;

// Each type is in the module of its noun, and others name it without that.
pub(crate) use self::{attachments::*, audit::*, boosts::*, clock::*, ids::*, mentions::*, messages::*};
pub(crate) use self::{people::*, previews::*, rich_text::*, rooms::*, secrets::*, text::*};
pub use boosts::CONTENTS_MAX;
pub use messages::VERSIONS_MAX;
pub use rich_text::{Rendered, render};
