//! Bodies: forms, with a file or without, and JSON, with the same flat field names, read only once the right was checked.
//!
//! Invariant: whatever the headers say, at most [`BODY_MAX`] bytes are kept of a body's fields, and of a file what its form allows.

use crate::error::{AppError, Invalid, Result};
use crate::services::files::{Files, Stored};
use crate::services::pictures::PICTURE_BYTES_MAX;
use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::body::{BodyStream, to_bytes_limited};
use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use actix_web::rt::time::timeout;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::future::{Ready, ready};
use std::str::FromStr;
use std::time::Duration;

/// Bytes in a body: the largest message, 10,000 characters of 4 bytes, takes 117 KiB as a form, which writes each byte as three.
pub const BODY_MAX: usize = 128 * 1024;

/// How long a body may take to arrive: a slow phone, not a connection that is held open.
const BODY_TIME_MAX: Duration = Duration::from_secs(30);
/// How long a body with a file may take to arrive: ten megabytes over a slow phone's megabit a second.
const FILE_TIME_MAX: Duration = Duration::from_secs(120);
/// How long one that goes to the disk may take, if some of it comes within each [`BODY_TIME_MAX`]: a gigabyte over two megabits a second.
const UPLOAD_TIME_MAX: Duration = Duration::from_secs(60 * 60);
/// Bytes of a file that are read and thrown away past its bound: a browser reads no answer before it has sent everything, and
/// somebody who picked a film in place of a picture should be told.
const DISCARD_MAX: usize = 64 * 1024 * 1024;
/// What a field costs besides its name and value: the `&` and the `=` it would have in a plain form.
const FIELD_COST: usize = 2;
const TOO_SLOW: AppError = AppError::BadRequest("The body took too long to arrive.");
const CUT_SHORT: AppError = AppError::BadRequest("The body ended before it was complete.");

/// A value as forms write it, text, or as JSON does, in its own type. Of several (a checkbox sends nothing when it is off, so a hidden
/// field says so before it) the last counts.
#[derive(Deserialize, Default)]
#[serde(transparent)]
pub struct Typed(Value);

impl Typed {
    /// As text; none when it is not there or null.
    fn text(&self) -> Option<String> {
        let last = if let Value::Array(values) = &self.0 { values.last()? } else { &self.0 };
        match last {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }

    /// As a `T`, such as an id; none when it is not there or empty.
    pub fn parse<T: FromStr>(&self) -> Result<Option<T>, T::Err> {
        self.text().filter(|text| !text.is_empty()).map(|text| text.trim().parse()).transpose()
    }

    /// As something that is on or off; `field` is what it is called.
    pub fn parse_switch(&self, field: &'static str) -> Result<Option<bool>, Invalid> {
        match self.text().map(|text| text.to_lowercase()).as_deref() {
            None => Ok(None),
            Some("on" | "true" | "1") => Ok(Some(true)),
            Some("off" | "false" | "0") => Ok(Some(false)),
            Some(_) => Err(Invalid::new(field, "This is on or off.")),
        }
    }

    /// How a form that comes back shows a switch: as it was submitted, else as it is stored.
    pub fn switch_or(&self, stored: bool) -> bool {
        self.parse_switch("").ok().flatten().unwrap_or(stored)
    }
}

/// A body that has not been read yet.
pub struct Submission {
    payload: Payload,
    content_type: String,
    announced: usize,
    /// The one header that names the boundary between parts.
    headers: HeaderMap,
}

impl FromRequest for Submission {
    type Error = AppError;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        let content_type = header(CONTENT_TYPE).split(';').next().unwrap_or("").trim().to_lowercase();
        let announced = header(CONTENT_LENGTH).parse().unwrap_or(0);
        let named = request.headers().get(CONTENT_TYPE).map(|value| (CONTENT_TYPE, value.clone()));
        ready(Ok(Self { payload: payload.take(), content_type, announced, headers: named.into_iter().collect() }))
    }
}

impl Submission {
    /// Reads the body as the form `F`; `BadRequest` when the client stops in the middle, `Invalid` when it does not parse.
    pub async fn form<F: DeserializeOwned>(self) -> Result<F> {
        Ok(self.form_with_file("", 0).await?.0)
    }

    /// Reads the body as the form `F` and the file in its field `file_field`, of at most `file_max` bytes and never empty. Only
    /// `multipart/form-data` (RFC 7578) carries one; an input for which no file was picked sends an empty one, which is none.
    /// Fails as [`Submission::form`]; with `TooLarge` when the file is; with `Invalid` when there are two.
    async fn form_with_file<F: DeserializeOwned>(
        self, file_field: &'static str, file_max: usize,
    ) -> Result<(F, Option<Bytes>)> {
        let take = async |part: &mut Field, _| {
            let bytes = read_part(part, file_max, DISCARD_MAX).await?;
            let bytes = bytes.ok_or(AppError::TooLarge { limit_bytes: file_max })?.freeze();
            Ok(Ok(Some(bytes).filter(|bytes| !bytes.is_empty())))
        };
        let (form, file) = self.parts(file_field, (file_max, DISCARD_MAX, FILE_TIME_MAX), take).await?;
        Ok((form, file?))
    }

    /// Reads the body as the form `F` and the picture in its field `field`. Of a body with one that is too large nothing is kept but
    /// that error, to be told with the form; else it fails as `form_with_file`.
    pub async fn form_with_picture<F: DeserializeOwned + Default>(
        self, field: &'static str,
    ) -> Result<(F, Result<Option<Bytes>>)> {
        match self.form_with_file(field, PICTURE_BYTES_MAX).await {
            Ok((form, file)) => Ok((form, Ok(file))),
            Err(error @ AppError::TooLarge { .. }) => Ok((F::default(), Err(error))),
            Err(error) => Err(error),
        }
    }

    /// Reads the body as the form `F`, and puts the file in its field `file_field` into `files` as it comes. What is wrong with the
    /// file alone comes beside the form; else it fails as [`Submission::form`].
    pub async fn form_with_stored_file<F: DeserializeOwned>(
        self, file_field: &'static str, files: &Files,
    ) -> Result<(F, Result<Option<Stored>>)> {
        // A file that is a little too large is as common as one that is a little smaller.
        let discard_max = DISCARD_MAX.max(files.size_max());
        let bounds = (files.size_max(), discard_max, UPLOAD_TIME_MAX);
        self.parts(file_field, bounds, async |part, name| store(part, files, &name, discard_max).await).await
    }

    async fn flat<F: DeserializeOwned>(self) -> Result<F> {
        let is_json = match self.content_type.as_str() {
            "application/json" => true,
            "application/x-www-form-urlencoded" => false,
            // No type and nothing in it: an empty form.
            "" if self.announced == 0 => false,
            _ => return Err(AppError::UnsupportedMediaType),
        };
        if self.announced > BODY_MAX {
            return Err(AppError::TooLarge { limit_bytes: BODY_MAX });
        }
        let body = to_bytes_limited(BodyStream::new(self.payload), BODY_MAX);
        let body = timeout(BODY_TIME_MAX, body).await.map_err(|_| TOO_SLOW)?;
        let body = body.map_err(|_| AppError::TooLarge { limit_bytes: BODY_MAX })?.map_err(|_| CUT_SHORT)?;
        let read = if !is_json {
            serde_html_form::from_bytes(&body).map_err(|_| String::new())
        } else if body.trim_ascii_start().starts_with(b"{") {
            // Where it stops being readable, in words of our own: the parser's name the program's types.
            let place = |error: serde_json::Error| format!(" (see line {}, column {})", error.line(), error.column());
            serde_json::from_slice(&body).map_err(place)
        } else {
            Err(String::new())
        };
        let expected = if is_json { "a JSON object with the fields of this form" } else { "this form" };
        Ok(read.map_err(|place| Invalid::new("body", format!("The body could not be read as {expected}{place}.")))?)
    }

    /// Reads the body as the form `F`, and its file by `take`. Bounds: of the file, of what is thrown away, of time.
    async fn parts<F: DeserializeOwned, T>(
        self, file_field: &'static str, (file_max, discard_max, time_max): (usize, usize, Duration),
        take: impl AsyncFnMut(&mut Field, String) -> Taken<T>,
    ) -> Result<(F, Result<Option<T>>)> {
        if self.content_type != "multipart/form-data" {
            return Ok((self.flat().await?, Ok(None)));
        }
        if self.announced > BODY_MAX + file_max + discard_max {
            return Err(AppError::TooLarge { limit_bytes: file_max.max(BODY_MAX) });
        }
        let parts = read_parts(Multipart::new(&self.headers, self.payload), file_field, take);
        let (fields, file) = timeout(time_max, parts).await.map_err(|_| TOO_SLOW)??;
        // Written as a plain form and read as one: the same fields mean the same, repeated ones too.
        let plain = serde_html_form::to_string(&fields).map_err(|_| unreadable())?;
        Ok((serde_html_form::from_str(&plain).map_err(|_| unreadable())?, file))
    }
}

/// A file that was taken from its part, none, or why not. When the outer one fails, the rest of the body can't be read either.
type Taken<T> = Result<Result<Option<T>>>;

/// Puts a part into `files` as it comes; an input for which no file was picked sends neither name nor bytes.
async fn store(part: &mut Field, files: &Files, name: &str, discard_max: usize) -> Taken<Stored> {
    let (mut file, mut discarded) = (files.begin().await, 0);
    let too_slow = || AppError::BadRequest("The file stopped arriving.");
    while let Some(chunk) = timeout(BODY_TIME_MAX, part.next()).await.map_err(|_| too_slow())? {
        let chunk = chunk.map_err(refusal)?;
        match &mut file {
            Ok(incoming) => {
                if let Err(error) = incoming.write(chunk).await {
                    file = Err(error);
                }
            }
            Err(error) if discarded > discard_max => return Err(error.clone()),
            Err(_) => discarded += chunk.len(),
        }
    }
    Ok(match file {
        Ok(incoming) if incoming.is_empty() && name.is_empty() => Ok(None),
        Ok(incoming) => incoming.finish(name).await.map(Some),
        Err(error) => Err(error),
    })
}

/// The fields of a body in parts, in order, and its file.
async fn read_parts<T>(
    mut parts: Multipart, file_field: &'static str, mut take: impl AsyncFnMut(&mut Field, String) -> Taken<T>,
) -> Result<(Vec<(String, String)>, Result<Option<T>>)> {
    let (mut fields, mut file, mut left) = (Vec::new(), Ok(None), BODY_MAX);
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(refusal)?;
        let disposition = part.content_disposition();
        let name = disposition.and_then(|it| it.get_name()).unwrap_or_default().to_owned();
        let file_name = disposition.and_then(|it| it.get_filename()).map(str::to_owned);
        match file_name {
            Some(file_name) if name == file_field => {
                let taken = take(&mut part, file_name).await?;
                file = match (file, taken) {
                    (file, Ok(None)) => file,
                    (Ok(None), taken) => taken,
                    _ => Err(Invalid::new(file_field, "Only one file fits here.").into()),
                };
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
async fn read_part(part: &mut Field, max: usize, discard_max: usize) -> Result<Option<BytesMut>> {
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
        MultipartError::Payload(_) | MultipartError::Incomplete => CUT_SHORT,
        _ => unreadable().into(),
    }
}

fn unreadable() -> Invalid {
    Invalid::new("body", "The body could not be read as this form.")
}

unit_tests!("../../tests/unit/web/forms.rs");
