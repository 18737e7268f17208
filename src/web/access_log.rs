//! The request's id, and one line in the log for each request.
//!
//! Invariant: the line has no query, no body and no secret: the secret part of a path is left out.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest};
use std::time::Instant;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Paths whose next segment is a secret.
const SECRET_AFTER: &[&str] = &["/join/", "/session/transfers/"];

/// Names a request in the log, in `X-Request-Id` and on error pages: 16 hexadecimal digits.
#[derive(Clone)]
pub struct RequestId(String);

impl RequestId {
    /// The id that [`write()`] gave the request.
    pub fn of(request: &HttpRequest) -> String {
        request.extensions().get::<Self>().map(|id| id.0.clone()).unwrap_or_default()
    }
}

/// Gives the request its id, and writes its line when it is answered.
pub async fn write(
    request: ServiceRequest, next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = format!("{:016x}", rand::random::<u64>());
    request.extensions_mut().insert(RequestId(id.clone()));
    let (method, path, began) = (request.method().clone(), without_secrets(request.path()), Instant::now());
    let mut response = next.call(request).await?.map_into_boxed_body();
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    let (status, took_us) = (response.status().as_u16(), began.elapsed().as_micros());
    tracing::info!(target: "campfire::access", %method, path, status, took_us, request_id = id);
    Ok(response)
}

fn without_secrets(path: &str) -> String {
    for prefix in SECRET_AFTER {
        if let Some((before, _)) = path.split_once(prefix) {
            return format!("{before}{prefix}…");
        }
    }
    path.to_owned()
}

#[cfg(test)]
#[path = "../../tests/unit/web/access_log.rs"]
mod tests;
