//! Search: the page, more of its results, and what was looked for lately.

use super::pages::MadeOf;
use super::prelude::*;
use crate::db::freshness::Part;
use crate::db::search::{COUNT_MAX, Found, Order};
use crate::domain::rich_text::marked;
use crate::domain::search::SearchQuery;
use crate::live::fragments::MessageFragment;
use std::collections::HashMap;
use std::mem;

/// Where the newest results begin.
const FIRST: Order = Order::Newest(MessageId(i64::MAX));
/// Results on a page.
const PAGE_LEN: usize = 40;
/// Searches of one person at once: a sentence typed with pauses.
pub const SEARCHES_BURST: u32 = 40;
/// Searches of one person for long. Each takes some milliseconds of a reader.
pub const SEARCHES_PER_SECOND: u32 = 4;

// What is looked for, as asked: `newest` (the default) or `best` first; and where the results go on, before this message or after so many.
form! { SearchForm { q: String, order: String, before: Option<String> } }

impl SearchForm {
    /// In which order, and from where on; `NotFound` when `before` is nothing that a page of results said.
    fn parse_order(&self) -> Result<Order> {
        match (self.order == "best", &self.before) {
            (true, before) => before.as_deref().unwrap_or("0").parse().map(Order::Best).map_err(|_| AppError::NotFound),
            (false, Some(before)) => before.parse().map(Order::Newest).map_err(|_| AppError::NotFound),
            (false, None) => Ok(FIRST),
        }
    }
}

/// Where the results of a query go on, or begin.
fn url(q: &str, order: Order) -> String {
    let mut fields = vec![("q", q.to_owned())];
    match order {
        FIRST => {}
        Order::Newest(before) => fields.push(("before", before.to_string())),
        Order::Best(skipped) => fields.extend([("order", "best".to_owned()), ("before", skipped.to_string())]),
    }
    format!("/searches?{}", serde_html_form::to_string(fields).unwrap_or_default())
}

/// A message that was found, its markup with and without marks, and what its room is called.
struct Hit {
    message: Message,
    plain_html: SafeHtml,
    room_name: String,
}

impl Hit {
    fn json(&self) -> Value {
        let mut shape = json!(self.message);
        shape["body"]["html"] = json!(self.plain_html.as_str());
        shape["room"]["name"] = json!(self.room_name);
        shape["excerpt_html"] = json!(self.message.body.html.as_str());
        shape
    }
}

// Results; with the ways to the two orders when they are the first.
template! { "searches/_results.html" => ResultsFragment {
    hits: Vec<Hit>, count: Option<usize>, is_whole: bool, query: SearchQuery, next_url: Option<String>,
    urls: Option<[String; 2]>, is_best: bool
} }

impl ResultsFragment {
    fn read(snapshot: &Snapshot<'_>, viewer: UserId, form: &SearchForm, order: Order) -> Result<Self> {
        let query = SearchQuery::parse(&form.q);
        let Found { messages, next, count, is_whole } = db::search::page(snapshot, viewer, &query, order, PAGE_LEN)?;
        let mut names: HashMap<RoomId, String> = HashMap::new();
        let mut hits = Vec::with_capacity(messages.len());
        for message in messages {
            let room = message.room_id;
            if let (None, Some(room)) = (names.get(&room), db::rooms::for_member(snapshot, room, viewer)?) {
                names.insert(room.id, room.name);
            }
            let mut message = message.as_ref().clone();
            let html = marked(&message.body.html, &query);
            let plain_html = mem::replace(&mut message.body.html, html);
            hits.push(Hit { message, plain_html, room_name: names.get(&room).cloned().unwrap_or_default() });
        }
        let urls = form.before.is_none().then(|| [FIRST, Order::Best(0)].map(|order| url(&form.q, order)));
        let (next_url, is_best) = (next.map(|next| url(&form.q, next)), matches!(order, Order::Best(_)));
        Ok(Self { hits, count, is_whole, query, next_url, urls, is_best })
    }
}

// The page, with the recent searches and where each leads.
template! { "searches/index.html" => SearchPage<'v> {
    look: Look, viewer: &'v User, q: String, recent: Vec<(String, String)>, fragment: ResultsFragment
} }

impl HtmlSafe for ResultsFragment {}

/// `GET /searches`: what is found in one's rooms. As a fragment: the results, or more of them; as JSON: an array of messages.
pub async fn index(user: CurrentUser, form: Query<SearchForm>) -> Answer {
    let form = form.into_inner();
    let order = form.parse_order()?;
    if !form.q.trim().is_empty() {
        user.app.searches.take(user.id(), user.now_ms())?;
    }
    let (id, q) = (user.id(), form.q.clone());
    let read = move |snapshot: &Snapshot<'_>| {
        let rooms = db::search::searched(snapshot, id)?.into_iter().map(|(room, _)| Part::Room(room));
        let parts: Vec<Part> = rooms.chain([Part::Person(id)]).collect();
        Ok((ResultsFragment::read(snapshot, id, &form, order)?, db::search::recent(snapshot, id)?, parts))
    };
    let (fragment, recent, parts) = user.app.db.read_long(read).await?;
    if fragment.is_whole {
        user.made_of(MadeOf { parts, people: Vec::new() });
    }
    match user.wants() {
        Wants::Json => {
            let hits: Vec<Value> = fragment.hits.iter().map(Hit::json).collect();
            let response = with_next(user.json(&hits)?, fragment.next_url);
            Ok(match fragment.count.filter(|count| *count <= COUNT_MAX) {
                Some(count) => with_header(response, X_TOTAL_COUNT, count),
                None => response,
            })
        }
        Wants::Fragment => user.page(&fragment),
        Wants::Page => {
            let recent = recent.into_iter().map(|q| (url(&q, FIRST), q)).collect();
            user.page(&SearchPage { look: user.look(), viewer: user.user(), q, recent, fragment })
        }
    }
}

/// `POST /searches`: remembers what is looked for, and leads to what is found.
pub async fn create(user: CurrentUser, submission: Submission) -> Answer {
    let form: SearchForm = submission.form().await?;
    services::people::record_search(&user.app, user.id(), &form.q).await?;
    user.done(&url(&form.q, FIRST))
}

/// `DELETE /searches/clear`: forgets what was looked for.
pub async fn destroy(user: CurrentUser) -> Answer {
    services::people::forget_searches(&user.app, user.id()).await?;
    user.done("/searches")
}
