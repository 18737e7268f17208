//! Bodies: forms and JSON, with the same flat field names, read only once the right was checked.
//!
//! Invariant: at most [`BODY_MAX`] bytes are kept of a body, whatever its headers say.

use crate::error::{AppError, Invalid};
use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::rt::time::timeout;
use actix_web::web::BytesMut;
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use std::future::{Ready, ready};
use std::time::Duration;

/// Bytes in a body. The largest message, 10,000 characters of 4 bytes, takes 117 KiB as a form, where each byte is written as
/// three.
pub const BODY_MAX: usize = 128 * 1024;

/// How long a body may take to arrive: a slow phone, not a connection that is held open.
const BODY_TIME_MAX: Duration = Duration::from_secs(30);

/// A body that has not been read yet.
pub struct Submission {
    payload: Payload,
    content_type: String,
    announced: usize,
}

impl FromRequest for Submission {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        let content_type = header(CONTENT_TYPE).split(';').next().unwrap_or("").trim().to_lowercase();
        let announced = header(CONTENT_LENGTH).parse().unwrap_or(0);
        ready(Ok(Self { payload: payload.take(), content_type, announced }))
    }
}

impl Submission {
    /// Reads the body as the form `F`.
    ///
    /// # Errors
    /// `TooLarge`, `UnsupportedMediaType`, `BadRequest` when the client stops in the middle, `Invalid` when it does not parse.
    pub async fn form<F: DeserializeOwned>(mut self) -> Result<F, AppError> {
        let is_json = match self.content_type.as_str() {
            "application/json" => true,
            "application/x-www-form-urlencoded" => false,
            // No type and nothing in it: an empty form.
            "" if self.announced == 0 => false,
            _ => return Err(AppError::UnsupportedMediaType),
        };
        let too_slow = AppError::BadRequest("The body took too long to arrive.");
        let body = timeout(BODY_TIME_MAX, self.read()).await.map_err(|_| too_slow)??;
        let read = if !is_json {
            serde_html_form::from_bytes(&body).map_err(|_| String::new())
        } else if body.trim_ascii_start().starts_with(b"{") {
            serde_json::from_slice(&body).map_err(|error| place(&error))
        } else {
            Err(String::new())
        };
        let expected = if is_json { "a JSON object with the fields of this form" } else { "this form" };
        Ok(read.map_err(|place| {
            Invalid::new("body", format!("The body could not be read as {expected}{place}."))
        })?)
    }

    async fn read(&mut self) -> Result<BytesMut, AppError> {
        let too_large = AppError::TooLarge { limit_bytes: BODY_MAX };
        if self.announced > BODY_MAX {
            return Err(too_large);
        }
        let mut body = BytesMut::with_capacity(self.announced);
        while let Some(chunk) = self.payload.next().await {
            let chunk = chunk.map_err(|_| AppError::BadRequest("The body ended before it was complete."))?;
            if body.len() + chunk.len() > BODY_MAX {
                return Err(too_large);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// Where JSON stops being readable, in words of our own: the parser's name the program's types.
fn place(error: &serde_json::Error) -> String {
    format!(" (see line {}, column {})", error.line(), error.column())
}
