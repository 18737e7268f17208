//! Previews of links: fetched after the post, outside its request, and told as a change of the message.
//!
//! Invariants: a post never waits for one; one is written only if its link is still the first, none was removed, and the account wants it.

use super::fetching::Fetcher;
use super::messages::{changed, editable};
use super::prelude::*;
use crate::config::Config;
use crate::domain::previews::{BOX_MAX, read};
use futures_util::StreamExt;
use futures_util::stream::poll_fn;
use quick_cache::sync::Cache;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};
use url::Url;

/// Links that may wait: at the slowest, two minutes' worth. A preview that comes later helps nobody.
const WAITING_MAX: usize = 100;
/// Fetches at once: what never answers holds the others up for little.
const AT_ONCE_MAX: usize = 4;
/// How long a fetch may take, redirects and picture included.
const FETCH_MAX: Duration = Duration::from_secs(5);
/// Links of which it is remembered what was there, or that nothing was: with pictures of 300 KB at the worst, 20 MB.
const REMEMBERED_MAX: usize = 64;
/// For how long: while people answer each other with the same link.
const REMEMBERED_MS: i64 = 10 * 60 * 1000;

/// What pages that are read are, as their servers say.
const PAGES: [&str; 2] = ["text/html", "application/xhtml+xml"];

/// A preview and its picture, WebP; or nothing.
type Found = Option<Arc<(Preview, Option<Vec<u8>>)>>;
/// A message whose first link is to be looked at.
type Wanted = (RoomId, MessageId, Url);

/// The way to previews.
pub struct Previews {
    fetcher: Fetcher,
    /// What links to this server begin with, if that is known: they have no preview.
    own: Option<String>,
    wanted: Sender<Wanted>,
    queue: Mutex<Receiver<Wanted>>,
    remembered: Cache<Url, (i64, Found)>,
}

impl Previews {
    /// Starts what they are fetched with.
    pub fn start(config: &Config) -> Self {
        let (fetcher, (wanted, queue)) = (Fetcher::new(config.previews_from), channel(WAITING_MAX));
        let own = config.public_url.as_ref().map(Url::to_string);
        Self { fetcher, own, wanted, queue: Mutex::new(queue), remembered: Cache::new(REMEMBERED_MAX) }
    }

    /// The link of which a body has a preview: its first to elsewhere.
    pub(super) fn link(&self, body: &Body) -> Option<Url> {
        body.html.links().find(|url| self.own.as_ref().is_none_or(|own| !url.as_str().starts_with(own)))
    }

    /// Leaves a message that has no preview to be looked at, if it has a link and there is room.
    pub(super) fn want(&self, message: &Message) {
        if let Some(link) = self.link(&message.body).filter(|_| message.preview.is_none()) {
            let _ = self.wanted.try_send((message.room_id, message.id, link));
        }
    }
}

/// Makes the previews that are wanted, for as long as it is polled.
pub async fn run(core: Arc<Core>) {
    let mut queue = core.previews.queue.lock().await;
    let make = |wanted| async {
        if let Err(error) = make(core.clone(), wanted).await {
            tracing::debug!(?error, "a link has no preview");
        }
    };
    poll_fn(|context| queue.poll_recv(context)).for_each_concurrent(AT_ONCE_MAX, make).await;
}

/// Makes a preview, if it is wanted still, before and after.
async fn make(core: Arc<Core>, (room, id, link): Wanted) -> Result<()> {
    core.db.read(move |snapshot| Ok(previews::demand_wanted(snapshot, id)?)).await?;
    let now_ms = (core.clock)();
    let remembered = &core.previews.remembered;
    let found = match remembered.get(&link) {
        Some((at_ms, found)) if now_ms - at_ms < REMEMBERED_MS => found,
        _ => {
            let found = look(&core, &link).await.map(Arc::new);
            remembered.insert(link.clone(), (now_ms, found.clone()));
            found
        }
    };
    let (found, held) = (found.ok_or(AppError::NotFound)?, core.clone());
    let write = core.write(move |tx| {
        previews::demand_wanted(tx, id)?;
        if held.previews.link(&messages::present(tx, room, id)?.body) == Some(link) {
            previews::insert(tx, id, &found.0, found.1.as_deref())?;
            changed(tx, room, id, Change::Previewed)?;
        }
        Ok(())
    });
    write.await
}

/// What a link leads to: a page, with its picture as far as there is time for that, or a picture.
async fn look(core: &Core, link: &Url) -> Option<(Preview, Option<Vec<u8>>)> {
    let until = Instant::now() + FETCH_MAX;
    let fetch = |url, is_wanted| timeout_at(until, core.previews.fetcher.get(url, is_wanted));
    let page = fetch(link.clone(), |kind| PAGES.iter().any(|page| kind.starts_with(page)) || is_picture(kind))
        .await
        .ok()??;
    let ((title, description, url), mut file) = match is_picture(&page.content_type) {
        true => (Default::default(), Some(page.body)),
        false => (spawn_blocking(move || read(&page.body, &page.content_type, &page.url)).await.ok()?, None),
    };
    if let Some(url) = url {
        file = fetch(url, is_picture).await.ok().flatten().map(|file| file.body);
    }
    let image = match file {
        Some(file) => core.pictures.small(file, (2 * BOX_MAX.0, 2 * BOX_MAX.1)).await,
        None => None,
    };
    let (image, size) = image.unzip();
    let preview =
        Preview { url: link.to_string(), title, description, image_size: size.unwrap_or_default(), revision: 0 };
    (!preview.title.is_empty() || image.is_some()).then_some((preview, image))
}

fn is_picture(content_type: &str) -> bool {
    PICTURES.iter().any(|kind| content_type.starts_with(kind))
}

/// Removes the preview of a message for good.
/// # Errors
/// `NotFound` unless there is one and one is in the room; `Forbidden` when one is neither the author nor an administrator.
/// # Side effects
/// 1. it is erased, and none is made of the message again; the message takes a revision; 2. the room's sockets are told.
pub async fn remove(core: &Core, editor: UserId, room: RoomId, id: MessageId) -> Result<Arc<Message>> {
    core.write(move |tx| {
        editable(tx, editor, room, id)?.preview.as_ref().ok_or(AppError::NotFound)?;
        previews::remove(tx, id)?;
        changed(tx, room, id, Change::Previewed)
    })
    .await
}
