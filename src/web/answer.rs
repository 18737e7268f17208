//! Answers: which representation a request wants, how one is sent, and how pages look.
//!
//! Invariants: an answer that depends on who asks says so (`Vary`, `private, no-cache`) and carries a strong ETag of its
//! bytes as sent; text of some size is compressed when the client takes it.

use super::assets::{self, gzip, takes_gzip};
use super::guard::UnderApi;
use super::prelude::*;
use crate::services::sessions::ACCOUNT_NAME;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, CookieBuilder, SameSite};
use actix_web::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH, LINK,
    LOCATION, VARY,
};
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use flate2::Compression;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt::Display;

/// How many there are in all, beside a page of some (as GitHub and others name it).
pub const X_TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");
pub const HTML: &str = "text/html; charset=utf-8";
/// What a page differs by.
const VARIES: &str = "Accept, Accept-Encoding, Authorization, Cookie, HX-Request, HX-Request-Type";
/// Answers below this size are sent as they are: a packet is a packet.
const COMPRESS_MIN: usize = 1024;
/// How long browsers keep our cookies: as long as they may (RFC 6265bis). A session ends earlier when it is not used.
const COOKIE_DAYS: i64 = 400;

/// What a handler ends in.
pub type Answer = Result<HttpResponse>;

/// What a request wants to be answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// A whole HTML page; after a change, the way to one.
    Page,
    /// Parts of a page, for htmx.
    Fragment,
    Json,
}

impl Wants {
    pub fn of(request: &HttpRequest) -> Self {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        if request.extensions().contains::<UnderApi>() || prefers_json(header(ACCEPT.as_str())) {
            Self::Json
        } else if header("hx-request") == "true" && header("hx-request-type") != "full" {
            Self::Fragment
        } else {
            Self::Page
        }
    }
}

/// Whether JSON stands in an `Accept` before HTML does.
fn prefers_json(accept: &str) -> bool {
    let mut types = accept.split(',').map(|part| part.split(';').next().unwrap_or("").trim());
    types.find(|kind| matches!(*kind, "application/json" | "text/html" | "application/xhtml+xml"))
        == Some("application/json")
}

/// A template's text; `Internal` when it does not render.
pub fn rendered(template: &impl Template) -> Result<Vec<u8>> {
    Ok(template.render().map_err(internal)?.into_bytes())
}

/// Answers with a template, as HTML.
pub fn page(request: &HttpRequest, status: StatusCode, template: &impl Template) -> Answer {
    Ok(send(request, status, HTML, rendered(template)?))
}

/// Answers with a value, as JSON; `Internal` when it can't be written.
pub fn json(request: &HttpRequest, status: StatusCode, value: &impl Serialize) -> Answer {
    Ok(send(request, status, "application/json", serde_json::to_vec(value).map_err(internal)?))
}

/// What should not happen, for the log.
pub(super) fn internal(error: impl Display) -> AppError {
    AppError::Internal(error.to_string())
}

/// The response with one header more; as it is, when that is no value of a header.
pub fn with_header(mut response: HttpResponse, name: HeaderName, value: impl TryInto<HeaderValue>) -> HttpResponse {
    if let Ok(value) = value.try_into() {
        response.headers_mut().insert(name, value);
    }
    response
}

/// The response, saying where the list goes on (RFC 8288), if it does.
pub fn with_next(response: HttpResponse, next: Option<String>) -> HttpResponse {
    match next {
        Some(next) => with_header(response, LINK, format!("<{next}>; rel=\"next\"")),
        None => response,
    }
}

/// Cuts a list that was read for one more than `len` to that; its last one, if there is more.
pub(super) fn cut<T>(list: &mut Vec<T>, len: u32) -> Option<&T> {
    let has_more = list.len() > len as usize;
    list.truncate(len as usize);
    list.last().filter(|_| has_more)
}

/// A cookie of ours: for every page, not for scripts, kept by the browser as long as may be.
pub(super) fn cookie<'c>(name: &'static str, value: &'c str) -> CookieBuilder<'c> {
    let cookie = Cookie::build(name, value).path("/").http_only(true).same_site(SameSite::Lax);
    cookie.max_age(Duration::days(COOKIE_DAYS))
}

/// Sends a body that may be kept for a day: its URL changes when it does.
pub fn kept(request: &HttpRequest, content_type: &'static str, body: Vec<u8>) -> HttpResponse {
    let response = send(request, StatusCode::OK, content_type, body);
    with_header(response, CACHE_CONTROL, "private, max-age=86400")
}

/// Makes sure that nothing keeps an answer: there is a secret in it.
pub fn never_kept(mut response: HttpResponse) -> HttpResponse {
    response.headers_mut().remove(ETAG);
    with_header(response, CACHE_CONTROL, "no-store")
}

/// Sends the browser to where the result is, by GET.
pub fn see_other(location: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, location)).insert_header((CACHE_CONTROL, "no-store")).finish()
}

/// 201 for what is new, 200 for what was there.
pub fn created(is_new: bool) -> StatusCode {
    if is_new { StatusCode::CREATED } else { StatusCode::OK }
}

/// Answers that it is done and there is nothing to say.
pub fn no_content() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// Sends a body that depends on who asks, or 304 when the client has these very bytes.
pub fn send(request: &HttpRequest, status: StatusCode, content_type: &'static str, body: Vec<u8>) -> HttpResponse {
    let plain = Bytes::from(body);
    let is_compressed = content_type.starts_with("image/") && content_type != "image/svg+xml";
    let gzipped = (!is_compressed && plain.len() >= COMPRESS_MIN && takes_gzip(request))
        .then(|| gzip(&plain, Compression::fast()))
        .flatten();
    let etag = etag(&plain, gzipped.is_some());
    let is_known = status == StatusCode::OK && request.method().is_safe() && knows(request, &etag);
    let mut response = HttpResponse::build(if is_known { StatusCode::NOT_MODIFIED } else { status });
    response
        .insert_header((VARY, HeaderValue::from_static(VARIES)))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("private, no-cache")));
    if status == StatusCode::OK {
        response.insert_header((ETAG, etag));
    }
    if is_known {
        return response.finish();
    }
    response.insert_header((CONTENT_TYPE, HeaderValue::from_static(content_type)));
    match gzipped {
        Some(gzipped) => response.insert_header((CONTENT_ENCODING, HeaderValue::from_static("gzip"))).body(gzipped),
        None => response.body(plain),
    }
}

/// A strong validator (RFC 9110, 8.8.3): another encoding is another representation.
fn etag(plain: &[u8], is_gzipped: bool) -> String {
    let digest = hex::encode(&Sha256::digest(plain)[..12]);
    if is_gzipped { format!("\"{digest}-gz\"") } else { format!("\"{digest}\"") }
}

pub(super) fn knows(request: &HttpRequest, etag: &str) -> bool {
    let known = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or("");
    known.split(',').map(|tag| tag.trim().trim_start_matches("W/")).any(|tag| tag == etag || tag == "*")
}

/// The account as pages show it.
pub struct Look {
    pub account_name: String,
    pub logo_url: String,
    pub styles_url: Option<String>,
    /// The scheme that the reader chose; empty for that of their system.
    pub theme: &'static str,
}

impl Look {
    pub fn of(account: Option<&Account>, viewer: Option<&User>) -> Self {
        let styled = account.filter(|account| account.has_custom_styles);
        let version = account.and_then(|account| account.logo_version.as_deref());
        Self {
            account_name: account.map_or_else(|| ACCOUNT_NAME.to_owned(), |account| account.name.clone()),
            logo_url: match version {
                Some(version) => format!("/account/logo?v={version}"),
                None => assets::url("icons/flame.svg"),
            },
            styles_url: styled.map(|account| format!("/account/custom_styles?v={}", account.updated_at_ms)),
            theme: viewer.map(|viewer| viewer.theme).filter(|theme| *theme != Theme::System).map_or("", Theme::word),
        }
    }
}

unit_tests!("../../tests/unit/web/answer.rs");
