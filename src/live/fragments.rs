//! A message as pages list it and as it is pushed.
//!
//! Invariant: nothing here knows who is looking: no "mine", no local time, no absolute URL.

use crate::domain::{Message, SafeHtml, utc_day};
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
    is_target: bool,
}

impl HtmlSafe for MessageFragment<'_> {}

impl<'m> MessageFragment<'m> {
    /// A message as it is listed after `previous`: grouped with it, or first of its day (in UTC; the page knows the reader's).
    pub fn after(previous: Option<&Message>, message: &'m Message) -> Self {
        let day = utc_day(message.created_at_ms);
        let of_day = previous.filter(|previous| utc_day(previous.created_at_ms) == day);
        let is_soon = |previous: &Message| message.created_at_ms - previous.created_at_ms < GROUP_MS;
        let follows = of_day.is_some_and(|previous| previous.creator.id == message.creator.id && is_soon(previous));
        Self { message, follows, day: of_day.is_none().then_some(day), is_first_unread: false, is_target: false }
    }

    /// A message by itself. Where it stands among its neighbours is the page's to find out.
    pub fn alone(message: &'m Message) -> Self {
        Self { message, follows: false, day: None, is_first_unread: false, is_target: false }
    }

    /// The same for a page made for one reader: with a line before it, from which on they have read nothing; as what a link led to.
    pub fn marked(self, is_first_unread: bool, is_target: bool) -> Self {
        Self { is_first_unread, is_target, ..self }
    }
}
