//! Types and rules, no I/O: what the words of this product mean.
//!
//! Text is parsed here once (`text`, `messages::Draft`), so that the rest of the house deals in
//! values that need no further check. Clock and dice are arguments.

pub(crate) mod addresses;
pub(crate) mod attachments;
pub(crate) mod audit;
pub(crate) mod bans;
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
pub(crate) mod secrets;
pub(crate) mod sounds;
pub(crate) mod text;
pub(crate) mod words;

// Each type is in the module of its noun, and others name it without that.
pub(crate) use self::{attachments::*, audit::*, boosts::*, clock::*, ids::*, mentions::*, messages::*};
pub(crate) use self::{people::*, previews::*, rich_text::*, rooms::*, secrets::*, text::*};
pub use boosts::CONTENTS_MAX;
pub use messages::VERSIONS_MAX;
pub use rich_text::{Rendered, render};
