//! Finished answers, kept with what they were made of, and given again while none of that has changed: a room's page at 0.89 of the rate
//! of a bare handler (`benches/limits`), where making one takes fifty times the processor time. What sockets know of sidebars
//! is kept here too, by person: their session is looked at each time (`web/socket/missed.rs`).
//!
//! Invariants: an answer is kept under all of the request that it can depend on, the session among it. To take somebody's right to see it,
//! a row of theirs is written (a membership, a session), which makes it old. Its tick is from before it was read, so what is written
//! meanwhile makes it old too. The bytes kept are bounded; `CAMPFIRE_PAGE_CACHE=0` keeps none.

use super::answer::knows;
use super::client::Client;
use super::guard::UnderApi;
use super::prelude::*;
use crate::db::freshness::Part;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, COOKIE, ETAG, HeaderMap,
};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpMessage};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};
use std::time::{Duration, Instant};

/// How long an answer is given again at most: a session's use is noted, and its end looked at, no later than that.
const AGE_MAX: Duration = Duration::from_secs(60);
/// What an answer costs besides its body: its headers, its parts and its place.
const OVERHEAD: usize = 4 * 1024;
/// The size of a usual answer, compressed.
const USUAL_LEN: usize = 16 * 1024;

/// A digest of what was asked.
pub(super) type Key = [u8; 32];

/// Answers that are kept.
pub(crate) struct Pages(Option<Cache<Key, Arc<Kept>, Weight>>);

/// What was made, when, and of what.
pub(super) struct Kept {
    pub(super) tick: u64,
    pub(super) made_at: Instant,
    pub(super) made_of: MadeOf,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

#[derive(Clone)]
struct Weight;

impl Weighter<Key, Arc<Kept>> for Weight {
    fn weight(&self, _: &Key, kept: &Arc<Kept>) -> u64 {
        (kept.body.len() + size_of_val(kept.made_of.parts.as_slice()) + OVERHEAD) as u64
    }
}

/// What an answer was made of: parts of the database, and who was shown as online or not. Left with the request by whoever made it.
pub(super) struct MadeOf {
    pub(super) parts: Vec<Part>,
    pub(super) people: Vec<(UserId, bool)>,
}

impl Pages {
    /// Keeps `bytes_max` bytes at most.
    pub(crate) fn new(bytes_max: usize) -> Self {
        let cache = || Cache::with_weighter(bytes_max / USUAL_LEN, bytes_max as u64, Weight);
        Self((bytes_max > 0).then(cache))
    }

    /// What was kept, if it would be made the same now.
    pub(super) fn get(&self, key: &Key, app: &App) -> Option<Arc<Kept>> {
        self.0.as_ref()?.get(key).filter(|kept| kept.is_fresh(app))
    }

    /// Keeps what was made, unless none is kept.
    pub(super) fn keep(&self, key: Key, kept: Kept) {
        if let Some(cache) = &self.0 {
            cache.insert(key, Arc::new(kept));
        }
    }
}

impl Kept {
    /// Whether it would be made the same now.
    fn is_fresh(&self, app: &App) -> bool {
        let (MadeOf { parts, people }, online) = (&self.made_of, app.hub.online());
        self.made_at.elapsed() < AGE_MAX
            && app.db.freshness().is_level(self.tick, parts)
            && people.iter().all(|(person, was_online)| online.contains(person) == *was_online)
    }

    fn answer(&self, request: &ServiceRequest) -> HttpResponse {
        let etag = self.headers.get(ETAG).and_then(|etag| etag.to_str().ok());
        let is_known = etag.is_some_and(|etag| knows(request.request(), etag));
        let (status, body) = match is_known {
            true => (StatusCode::NOT_MODIFIED, Bytes::new()),
            false => (StatusCode::OK, self.body.clone()),
        };
        let mut response = HttpResponse::with_body(status, BoxBody::new(body));
        *response.headers_mut() = self.headers.clone();
        for name in [CONTENT_TYPE, CONTENT_ENCODING].iter().filter(|_| is_known) {
            response.headers_mut().remove(name);
        }
        response
    }
}

/// Gives a kept answer, or keeps the one that is made if it says what of.
pub(crate) async fn keep(
    request: ServiceRequest, next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let app = request.app_data::<Data<App>>().cloned();
    let asked = app.as_ref().and_then(|app| Some((app, key(&request, app)?)));
    let Some((app, key)) = asked else { return Ok(next.call(request).await?.map_into_boxed_body()) };
    if let Some(kept) = app.pages.get(&key, app) {
        let answer = kept.answer(&request);
        return Ok(request.into_response(answer));
    }
    let (tick, made_at) = (app.db.freshness().now(), Instant::now());
    let (request, response) = next.call(request).await?.map_into_boxed_body().into_parts();
    let made_of = request.extensions_mut().remove::<MadeOf>().filter(|_| response.status() == StatusCode::OK);
    let Some(made_of) = made_of else { return Ok(ServiceResponse::new(request, response)) };
    let (response, body) = response.into_parts();
    let response = match body.try_into_bytes() {
        Ok(body) => {
            let headers = response.headers().clone();
            app.pages.keep(key, Kept { tick, made_at, made_of, headers, body: body.clone() });
            response.set_body(BoxBody::new(body))
        }
        Err(body) => response.set_body(body),
    };
    Ok(ServiceResponse::new(request, response))
}

/// A digest of all that an answer can depend on in a request for a room, the sidebar or a search by somebody signed in; none for
/// others, and where the client wants it made anew (RFC 9111, 5.2.1.4).
fn key(request: &ServiceRequest, app: &App) -> Option<Key> {
    let is_kept = request.path().starts_with("/rooms/") || ["/users/me/sidebar", "/searches"].contains(&request.path());
    let head = request.head();
    let is_signed = [COOKIE, AUTHORIZATION].iter().any(|name| head.headers.contains_key(name));
    if !is_kept || !is_signed || head.method != Method::GET || head.headers.contains_key(CACHE_CONTROL) {
        return None;
    }
    let Client { is_https, host, .. } = Client::of(head, &app.config);
    let mut digest = Sha256::new();
    let mut add = |part: &[u8]| {
        digest.update(part);
        digest.update(b"\n");
    };
    add(head.uri.path_and_query()?.as_str().as_bytes());
    add(host.as_bytes());
    add(&[u8::from(is_https), u8::from(request.extensions().contains::<UnderApi>())]);
    for name in [&ACCEPT, &ACCEPT_ENCODING, &AUTHORIZATION, &COOKIE] {
        head.headers.get_all(name).for_each(|value| add(value.as_bytes()));
        add(b"");
    }
    for name in ["hx-request", "hx-request-type"] {
        add(head.headers.get(name).map_or(b"", |value| value.as_bytes()));
    }
    Some(digest.finalize().into())
}
