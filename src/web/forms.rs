//! Bodies: forms, with a file or without, and JSON, with the same flat field names, read only once the right was checked.
//!
//! Invariant: at most [`BODY_MAX`] bytes are kept of a body's fields, and of a file what its form allows, whatever the headers
//! say.

use crate::error::{AppError, Invalid};
use crate::services::pictures::PICTURE_BYTES_MAX;
use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use actix_web::rt::time::timeout;
use actix_web::web::{Bytes, BytesMut};
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
/// How long a body with a file may take to arrive: ten megabytes over a slow phone's megabit a second.
const FILE_TIME_MAX: Duration = Duration::from_secs(120);
/// Bytes of a file that are read and thrown away past its bound: a browser reads no answer before it has sent everything, and
/// somebody who picked a film in place of a picture should be told.
const DISCARD_MAX: usize = 64 * 1024 * 1024;
/// What a field costs besides its name and value: the `&` and the `=` it would have in a plain form.
const FIELD_COST: usize = 2;

/// A body that has not been read yet.
pub struct Submission {
    payload: Payload,
    content_type: String,
    announced: usize,
    /// The one header that names the boundary between parts.
    headers: HeaderMap,
}

/// A file that came with a form.
#[derive(Debug)]
pub struct Upload {
    /// What it was called where it comes from; may be empty.
    pub file_name: String,
    /// What it says it is: a claim.
    pub content_type: String,
    /// What is in it; never empty.
    pub bytes: Bytes,
}

impl FromRequest for Submission {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        let content_type = header(CONTENT_TYPE).split(';').next().unwrap_or("").trim().to_lowercase();
        let announced = header(CONTENT_LENGTH).parse().unwrap_or(0);
        let named = request.headers().get(CONTENT_TYPE).map(|value| (CONTENT_TYPE, value.clone()));
        ready(Ok(Self { payload: payload.take(), content_type, announced, headers: named.into_iter().collect() }))
    }
}

impl Submission {
    /// Reads the body as the form `F`.
    ///
    /// # Errors
    /// `TooLarge`, `UnsupportedMediaType`, `BadRequest` when the client stops in the middle, `Invalid` when it does not parse.
    pub async fn form<F: DeserializeOwned>(self) -> Result<F, AppError> {
        if self.has_parts() { Ok(self.parts("", 0).await?.0) } else { self.flat().await }
    }

    /// Reads the body as the form `F` and the file in its field `file_field`, of at most `file_max` bytes. Only
    /// `multipart/form-data` (RFC 7578) carries one; an input for which no file was picked sends an empty one, which is none.
    ///
    /// # Errors
    /// As [`Submission::form`]; `TooLarge` when the file is; `Invalid` when there are two.
    pub async fn form_with_file<F: DeserializeOwned>(
        self, file_field: &'static str, file_max: usize,
    ) -> Result<(F, Option<Upload>), AppError> {
        if self.has_parts() { self.parts(file_field, file_max).await } else { Ok((self.flat().await?, None)) }
    }

    /// Reads the body as the form `F` and the picture in its field `field`. Of a body with one that is too large nothing is kept but
    /// that error, to be told with the form.
    ///
    /// # Errors
    /// As [`Submission::form_with_file`], but for what is too large.
    pub async fn form_with_picture<F: DeserializeOwned + Default>(
        self, field: &'static str,
    ) -> Result<(F, Result<Option<Upload>, AppError>), AppError> {
        match self.form_with_file(field, PICTURE_BYTES_MAX).await {
            Ok((form, file)) => Ok((form, Ok(file))),
            Err(error @ AppError::TooLarge { .. }) => Ok((F::default(), Err(error))),
            Err(error) => Err(error),
        }
    }

    fn has_parts(&self) -> bool {
        self.content_type == "multipart/form-data"
    }

    async fn flat<F: DeserializeOwned>(mut self) -> Result<F, AppError> {
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
        Ok(read.map_err(|place| Invalid::new("body", format!("The body could not be read as {expected}{place}.")))?)
    }

    async fn parts<F: DeserializeOwned>(
        self, file_field: &'static str, file_max: usize,
    ) -> Result<(F, Option<Upload>), AppError> {
        if self.announced > BODY_MAX + file_max + DISCARD_MAX {
            return Err(AppError::TooLarge { limit_bytes: file_max.max(BODY_MAX) });
        }
        let too_slow = AppError::BadRequest("The body took too long to arrive.");
        let parts = read_parts(Multipart::new(&self.headers, self.payload), file_field, file_max);
        let (fields, file) = timeout(FILE_TIME_MAX, parts).await.map_err(|_| too_slow)??;
        // Written as a plain form and read as one: the same fields mean the same, repeated ones too.
        let form = serde_html_form::to_string(&fields).map(|plain| serde_html_form::from_str(&plain));
        match form {
            Ok(Ok(form)) => Ok((form, file)),
            _ => Err(unreadable().into()),
        }
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

/// The fields of a body in parts, in order, and its file.
async fn read_parts(
    mut parts: Multipart, file_field: &'static str, file_max: usize,
) -> Result<(Vec<(String, String)>, Option<Upload>), AppError> {
    let (mut fields, mut file, mut left) = (Vec::new(), None, BODY_MAX);
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(refusal)?;
        let disposition = part.content_disposition();
        let name = disposition.and_then(|it| it.get_name()).unwrap_or_default().to_owned();
        let file_name = disposition.and_then(|it| it.get_filename()).map(str::to_owned);
        match file_name {
            Some(file_name) if name == file_field => {
                let content_type = part.content_type().map(ToString::to_string).unwrap_or_default();
                let bytes = read_part(&mut part, file_max, DISCARD_MAX).await?;
                let bytes = bytes.ok_or(AppError::TooLarge { limit_bytes: file_max })?.freeze();
                if bytes.is_empty() {
                    continue;
                }
                if file.is_some() {
                    return Err(Invalid::new(file_field, "Only one file fits here.").into());
                }
                file = Some(Upload { file_name, content_type, bytes });
            }
            _ => {
                let cost = name.len() + FIELD_COST;
                let too_large = AppError::TooLarge { limit_bytes: BODY_MAX };
                left = left.checked_sub(cost).ok_or(too_large.clone())?;
                let bytes = read_part(&mut part, left, 0).await?.ok_or(too_large)?;
                left -= bytes.len();
                if file_name.is_none() {
                    let value = String::from_utf8(bytes.to_vec()).map_err(|_| unreadable())?;
                    fields.push((name, value));
                }
            }
        }
    }
    Ok((fields, file))
}

/// Reads a part; none when it has more than `max` bytes, of which up to `discard_max` are read to no purpose but an answer.
async fn read_part(part: &mut Field, max: usize, discard_max: usize) -> Result<Option<BytesMut>, AppError> {
    let (mut bytes, mut length) = (BytesMut::new(), 0);
    while let Some(chunk) = part.next().await {
        let chunk = chunk.map_err(refusal)?;
        length += chunk.len();
        if length <= max {
            bytes.extend_from_slice(&chunk);
        } else if length - max > discard_max {
            break;
        }
    }
    Ok((length <= max).then_some(bytes))
}

fn refusal(error: MultipartError) -> AppError {
    match error {
        MultipartError::Payload(_) | MultipartError::Incomplete => {
            AppError::BadRequest("The body ended before it was complete.")
        }
        _ => unreadable().into(),
    }
}

fn unreadable() -> Invalid {
    Invalid::new("body", "The body could not be read as this form.")
}

/// Where JSON stops being readable, in words of our own: the parser's name the program's types.
fn place(error: &serde_json::Error) -> String {
    format!(" (see line {}, column {})", error.line(), error.column())
}

#[cfg(test)]
#[path = "../../tests/unit/web/forms.rs"]
mod tests;
