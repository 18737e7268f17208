//! Answers: which representation a request wants, and how one is sent.
//!
//! Invariants: an answer that depends on who asks says so (`Vary`, `private, no-cache`) and carries a strong ETag of its
//! bytes as sent; text of some size is compressed when the client takes it.

use super::assets::{gzip, takes_gzip};
use super::guard::UnderApi;
use crate::error::AppError;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH, LOCATION, VARY,
};
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use askama::Template;
use flate2::Compression;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How many there are in all, beside a page of some (as GitHub and others name it).
pub const X_TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");
/// Answers below this size are sent as they are: a packet is a packet.
const COMPRESS_MIN: usize = 1024;

/// What a page of something to be changed is asked for by.
#[derive(Deserialize)]
pub struct SavedQuery {
    /// There when it was just saved.
    pub saved: Option<String>,
}

/// What a request wants to be answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// A whole HTML page; after a change, the way to one.
    Page,
    /// Parts of a page, for htmx.
    Fragment,
    /// JSON.
    Json,
}

impl Wants {
    /// Reads it off the request.
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

/// Answers with a template, as HTML.
///
/// # Errors
/// `Internal` when it does not render.
pub fn page(request: &HttpRequest, template: &impl Template) -> Result<HttpResponse, AppError> {
    page_with_status(request, StatusCode::OK, template)
}

/// Answers with a template and a status.
///
/// # Errors
/// `Internal` when it does not render.
pub fn page_with_status(
    request: &HttpRequest, status: StatusCode, template: &impl Template,
) -> Result<HttpResponse, AppError> {
    let html = template.render().map_err(|error| AppError::Internal(error.to_string()))?;
    Ok(send(request, status, "text/html; charset=utf-8", html.into_bytes()))
}

/// Answers with a value, as JSON.
///
/// # Errors
/// `Internal` when it can't be written.
pub fn json(request: &HttpRequest, status: StatusCode, value: &impl Serialize) -> Result<HttpResponse, AppError> {
    let json = serde_json::to_vec(value).map_err(|error| AppError::Internal(error.to_string()))?;
    Ok(send(request, status, "application/json", json))
}

/// Sends a body that may be kept for a day: its URL changes when it does.
pub fn kept(request: &HttpRequest, content_type: &str, body: Vec<u8>) -> HttpResponse {
    let mut response = send(request, StatusCode::OK, content_type, body);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400"));
    response
}

/// Makes sure that nothing keeps an answer: there is a secret in it.
pub fn never_kept(mut response: HttpResponse) -> HttpResponse {
    response.headers_mut().remove(ETAG);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Sends the browser to where the result is, by GET.
pub fn see_other(location: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, location)).insert_header((CACHE_CONTROL, "no-store")).finish()
}

/// Answers that it is done: to programs there is nothing to say, browsers are sent to where the result is.
pub fn done(request: &HttpRequest, location: &str) -> HttpResponse {
    if Wants::of(request) == Wants::Json { no_content() } else { see_other(location) }
}

/// Answers that it is done and there is nothing to say.
pub fn no_content() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// Sends a body that depends on who asks, or 304 when the client has these very bytes.
pub fn send(request: &HttpRequest, status: StatusCode, content_type: &str, body: Vec<u8>) -> HttpResponse {
    let plain = Bytes::from(body);
    let is_compressed = content_type.starts_with("image/") && content_type != "image/svg+xml";
    let gzipped = (!is_compressed && plain.len() >= COMPRESS_MIN && takes_gzip(request))
        .then(|| gzip(&plain, Compression::fast()))
        .flatten();
    let etag = etag(&plain, gzipped.is_some());
    let is_known = status == StatusCode::OK && request.method().is_safe() && knows(request, &etag);
    let mut response = HttpResponse::build(if is_known { StatusCode::NOT_MODIFIED } else { status });
    response
        .insert_header((VARY, "Accept, Accept-Encoding, Authorization, Cookie, HX-Request, HX-Request-Type"))
        .insert_header((CACHE_CONTROL, "private, no-cache"));
    if status == StatusCode::OK {
        response.insert_header((ETAG, etag));
    }
    if is_known {
        return response.finish();
    }
    response.insert_header((CONTENT_TYPE, content_type));
    match gzipped {
        Some(gzipped) => response.insert_header((CONTENT_ENCODING, "gzip")).body(gzipped),
        None => response.body(plain),
    }
}

/// A strong validator (RFC 9110, 8.8.3): another encoding is another representation.
fn etag(plain: &[u8], is_gzipped: bool) -> String {
    let digest = hex::encode(&Sha256::digest(plain)[..12]);
    if is_gzipped { format!("\"{digest}-gz\"") } else { format!("\"{digest}\"") }
}

fn knows(request: &HttpRequest, etag: &str) -> bool {
    let known = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or("");
    known.split(',').map(|tag| tag.trim().trim_start_matches("W/")).any(|tag| tag == etag || tag == "*")
}

#[cfg(test)]
#[path = "../../tests/unit/web/answer.rs"]
mod tests;
