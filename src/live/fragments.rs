//! Every template that may be pushed: parts of pages that look the same to every reader.
//!
//! Invariant: nothing here knows who is looking: no "mine", no local time, no absolute URL.

use crate::domain::ids::RoomId;
use crate::domain::messages::{Message, Tombstone};
use crate::domain::people::Author;
use crate::domain::rich_text::SafeHtml;
use askama::Template;
use askama::filters::HtmlSafe;

impl HtmlSafe for SafeHtml {}

/// Messages of one author within this time stand as one group, under one name and picture.
const GROUP_MS: i64 = 5 * 60 * 1000;

/// A message in a list.
#[derive(Template)]
#[template(path = "messages/_message.html")]
pub struct MessageFragment<'m> {
    message: &'m Message,
    follows: bool,
    day: Option<String>,
    is_first_unread: bool,
}

impl HtmlSafe for MessageFragment<'_> {}

impl<'m> MessageFragment<'m> {
    /// A message as it is listed after `previous`: grouped with it, or first of its day (in UTC; the page puts
    /// that in the reader's time).
    pub fn after(previous: Option<&Message>, message: &'m Message) -> Self {
        let day = crate::domain::clock::utc_day(message.created_at_ms);
        let same_day = previous.is_some_and(|previous| crate::domain::clock::utc_day(previous.created_at_ms) == day);
        let follows = same_day
            && previous.is_some_and(|previous| {
                previous.creator.id == message.creator.id && message.created_at_ms - previous.created_at_ms < GROUP_MS
            });
        Self { message, follows, day: (!same_day).then_some(day), is_first_unread: false }
    }

    /// The same with a line before it, from which on its reader has read nothing: for a page made for one reader.
    pub fn first_unread(self) -> Self {
        Self { is_first_unread: true, ..self }
    }
}

/// A new message, to be put in its place.
#[derive(Template)]
#[template(path = "messages/_created.html")]
pub struct CreatedFragment<'m> {
    message: &'m Message,
    fragment: MessageFragment<'m>,
}

impl<'m> CreatedFragment<'m> {
    /// The fragment for `message`. Where it stands among its neighbours is the page's to find out.
    pub fn new(message: &'m Message) -> Self {
        Self { message, fragment: MessageFragment { message, follows: false, day: None, is_first_unread: false } }
    }
}

/// The parts of a message that change.
#[derive(Template)]
#[template(path = "messages/_updated.html")]
pub struct UpdatedFragment<'m> {
    /// The message as it is now.
    pub message: &'m Message,
}

/// The boosts of a message.
#[derive(Template)]
#[template(path = "messages/_boosted.html")]
pub struct BoostsFragment<'m> {
    /// The message as it is now.
    pub message: &'m Message,
}

/// A message that is gone.
#[derive(Template)]
#[template(path = "messages/_removed.html")]
pub struct RemovedFragment<'m> {
    /// What is left of it.
    pub tombstone: &'m Tombstone,
}

/// Who is in the room now.
#[derive(Template)]
#[template(path = "rooms/_present.html")]
pub struct PresentFragment<'p> {
    /// The first of them.
    pub people: &'p [Author],
    /// How many they are.
    pub count: usize,
}

/// Somebody began to write.
#[derive(Template)]
#[template(path = "rooms/_typing.html")]
pub struct TypingFragment<'p> {
    /// Who.
    pub person: &'p Author,
}

/// Somebody stopped writing.
#[derive(Template)]
#[template(path = "rooms/_not_typing.html")]
pub struct NotTypingFragment<'p> {
    /// Who.
    pub person: &'p Author,
}

/// What one person has not read of a room.
#[derive(Template)]
#[template(path = "rooms/_unread.html")]
pub struct UnreadFragment {
    /// Which room.
    pub room_id: RoomId,
    /// How much.
    pub count: i64,
}

/// The room's name, where its page shows it.
#[derive(Template)]
#[template(path = "rooms/_renamed.html")]
pub struct RenamedFragment<'n> {
    /// The name.
    pub name: &'n str,
}
