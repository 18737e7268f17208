//! Errors as they are answered: the one place where an [`AppError`] becomes a page, a fragment or JSON.
//!
//! Invariant: what is told says what happened and what to do; details go to the log, once, with the request's id.

use super::answer::{json, page};
use super::guard::RequestId;
use super::prelude::*;
use super::sessions::to_sign_in;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ALLOW, ETAG, RETRY_AFTER, VARY};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest};
use std::fmt;

/// How long to wait when the server is full or the disk fails: long enough to matter, short enough to try.
const BUSY_RETRY_AFTER_S: u64 = 2;

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&sentence(self))
    }
}

impl ResponseError for AppError {
    fn status_code(&self) -> StatusCode {
        class(self).0
    }
}

/// The status of an error, its kind for programs, and what its page is called.
fn class(error: &AppError) -> (StatusCode, &'static str, &'static str) {
    const OTHER: &str = "That did not work";
    match error {
        AppError::SignedOut => (StatusCode::UNAUTHORIZED, "signed_out", "Please sign in"),
        AppError::BadCredentials => (StatusCode::UNAUTHORIZED, "bad_credentials", "Please sign in"),
        AppError::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden", "That is not allowed"),
        AppError::NotFound => (StatusCode::NOT_FOUND, "not_found", "Nothing here"),
        AppError::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", OTHER),
        AppError::Conflict(_) => (StatusCode::CONFLICT, "conflict", "That does not go together"),
        AppError::Gone => (StatusCode::GONE, "gone", "Nothing here"),
        AppError::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_many", "One moment"),
        AppError::Banned => (StatusCode::TOO_MANY_REQUESTS, "banned", "Only reading from here"),
        AppError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "Too large"),
        AppError::BadRequest(_) => (StatusCode::BAD_REQUEST, "bad_request", OTHER),
        AppError::UnsupportedMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", OTHER),
        AppError::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", OTHER),
        AppError::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy", "Not right now"),
        AppError::Storage { full: false } => (StatusCode::SERVICE_UNAVAILABLE, "storage", "Not right now"),
        AppError::Storage { full: true } => (StatusCode::INSUFFICIENT_STORAGE, "storage", "Not right now"),
        AppError::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "That went wrong"),
    }
}

/// What happened and what to do, for people.
pub fn sentence(error: &AppError) -> String {
    match error {
        AppError::SignedOut => "You are signed out. Sign in, and you can go on.".into(),
        AppError::Forbidden(sentence) => sentence.to_string(),
        AppError::NotFound => "There is nothing here. It may have been removed, or the link is not quite right.".into(),
        AppError::Invalid(invalid) => invalid.message.to_string(),
        AppError::Gone => "This message was removed.".into(),
        AppError::TooMany { retry_after_s: 1 } => "That was a lot at once. Try again in a second.".into(),
        AppError::TooMany { retry_after_s } => format!("That was a lot at once. Try again in {retry_after_s} seconds."),
        AppError::Banned => {
            "Nothing can be changed from your network: somebody who came from it was banned. You can read on; to write, use \
             another network, or ask whoever runs this Campfire.".into()
        }
        AppError::TooLarge { limit_bytes } => {
            let (unit, bytes) = match *limit_bytes {
                limit if limit % 1_000_000 == 0 => ("MB", 1_000_000),
                limit if limit >= 1024 * 1024 => ("MiB", 1024 * 1024),
                _ => ("KiB", 1024),
            };
            format!("That is too large: at most {} {unit} fit.", limit_bytes / bytes)
        }
        AppError::BadCredentials => "That e-mail address and password don't match anyone here. Try again?".into(),
        AppError::Conflict(sentence) | AppError::BadRequest(sentence) => (*sentence).into(),
        AppError::UnsupportedMediaType => {
            "This content type is not read here; send a form (application/x-www-form-urlencoded) or application/json.".into()
        }
        AppError::MethodNotAllowed => "This address does not take this method.".into(),
        AppError::Busy => "The server is busy; nothing was stored. Try again in a moment.".into(),
        AppError::Storage { full: true } => "The server's disk is full, so this could not be stored. Trying again is safe.".into(),
        AppError::Storage { full: false } => {
            "This could not be stored for certain. Trying again is safe: it can't happen twice.".into()
        }
        AppError::Internal(_) => "Something went wrong on the server. It was noted; please try again.".into(),
    }
}

template! { "errors/show.html" => ErrorPage {
    look: Look, status: u16, title: &'static str, sentence: String, request_id: String
} }
template! { "errors/_error.html" => ErrorFragment { sentence: String, request_id: String } }

/// Answers every error in the representation that was asked for.
pub async fn render(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse, Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    let Some(error) = response.response().error() else { return Ok(response) };
    let error = error.as_error().cloned().unwrap_or_else(|| of_the_framework(response.status(), error));
    let (request, before) = response.into_parts();
    let mut answer = of(&request, &error);
    // What was said about the request besides the error: the methods that are allowed, who may read the answer.
    for (name, value) in before.headers() {
        if name == ALLOW || name.as_str().starts_with("access-control-") {
            answer.headers_mut().insert(name.clone(), value.clone());
        } else if name == VARY {
            answer.headers_mut().append(name.clone(), value.clone());
        }
    }
    Ok(ServiceResponse::new(request, answer))
}

/// What actix refuses by itself, as one of ours.
fn of_the_framework(status: StatusCode, error: &Error) -> AppError {
    match status {
        StatusCode::NOT_FOUND => AppError::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => AppError::MethodNotAllowed,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => AppError::UnsupportedMediaType,
        status if status.is_client_error() => AppError::BadRequest("The request is not well-formed."),
        _ => AppError::Internal(error.to_string()),
    }
}

/// The answer to a request that ended in `error`.
pub fn of(request: &HttpRequest, error: &AppError) -> HttpResponse {
    let request_id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    if let AppError::Internal(detail) = error {
        tracing::error!(request_id, detail, "a request failed");
    }
    let ((status, kind, title), sentence) = (class(error), sentence(error));
    let answer = match Wants::of(request) {
        Wants::Json => {
            let field = if let AppError::Invalid(invalid) = error { Some(invalid.field) } else { None };
            json(request, status, &json!({"error": {"kind": kind, "field": field, "message": sentence}}))
        }
        Wants::Fragment => page(request, status, &ErrorFragment { sentence, request_id }),
        Wants::Page if matches!(error, AppError::SignedOut) => {
            let here = request.uri().path_and_query().map_or("/", |whole| whole.as_str());
            Ok(to_sign_in(if request.method().is_safe() { here } else { "/" }))
        }
        Wants::Page => {
            let (look, status_code) = (Look::of(None, None), status.as_u16());
            page(request, status, &ErrorPage { look, status: status_code, title, sentence, request_id })
        }
    };
    with_retry_after(answer.unwrap_or_else(|_| HttpResponse::new(status)), error)
}

/// A page that tells of the error itself, with the error's status.
pub(super) fn refused(mut page: HttpResponse, error: &AppError) -> HttpResponse {
    *page.status_mut() = error.status_code();
    page.headers_mut().remove(ETAG);
    with_retry_after(page, error)
}

/// Says when trying again is worth while, if waiting is what helps.
fn with_retry_after(response: HttpResponse, error: &AppError) -> HttpResponse {
    match error {
        AppError::TooMany { retry_after_s } => with_header(response, RETRY_AFTER, *retry_after_s),
        AppError::Busy | AppError::Storage { .. } => with_header(response, RETRY_AFTER, BUSY_RETRY_AFTER_S),
        _ => response,
    }
}
