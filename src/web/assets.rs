//! Stylesheets, scripts and pictures: inside the binary, compressed once, served for a year.
//!
//! Invariant: an asset's URL has the version of all of them in it, so what is behind a URL never changes, and scripts
//! can name each other by relative paths.

use crate::error::{AppError, Result};
use actix_files::HttpRange;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_RANGES, AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, Encoding, Header,
    RANGE, VARY,
};
use actix_web::web::{Bytes, Path};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::{Embed, EmbeddedFile};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::Write;
use std::sync::LazyLock;

#[derive(Embed)]
#[folder = "static"]
#[exclude = "*.py"]
struct Files;

struct Asset {
    content_type: String,
    plain: Bytes,
    gzipped: Option<Bytes>,
}

struct Assets {
    version: String,
    by_path: HashMap<String, Asset>,
}

static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    let mut by_path = HashMap::new();
    let mut paths: Vec<_> = Files::iter().collect();
    paths.sort();
    for path in paths {
        if let Some(file) = Files::get(&path) {
            digest.update(path.as_bytes());
            digest.update(&file.data);
            by_path.insert(path.to_string(), asset(&path, file));
        }
    }
    Assets { version: hex::encode(&digest.finalize()[..6]), by_path }
});

fn asset(path: &str, file: EmbeddedFile) -> Asset {
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    let is_text =
        mime.type_() == "text" || ["javascript", "json"].contains(&mime.subtype().as_str()) || mime.suffix().is_some();
    let content_type = if is_text { format!("{mime}; charset=utf-8") } else { mime.to_string() };
    let plain = Bytes::from(file.data.into_owned());
    let gzipped = is_text.then(|| gzip(&plain, Compression::best())).flatten();
    Asset { content_type, plain, gzipped }
}

/// `data` compressed; none when that is of no use.
pub(super) fn gzip(data: &[u8], level: Compression) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(data.len() / 3), level);
    encoder.write_all(data).ok()?;
    let compressed = encoder.finish().ok()?;
    (compressed.len() < data.len()).then(|| compressed.into())
}

/// The version of all assets together: twelve hexadecimal digits.
pub fn version() -> &'static str {
    &ASSETS.version
}

/// Where an asset is, by its path below `static/`.
pub fn url(path: &str) -> String {
    format!("/assets/{}/{path}", ASSETS.version)
}

/// Whether the client takes gzip (RFC 9110, 12.5.3; a refusal by `q=0` counts).
pub(super) fn takes_gzip(request: &HttpRequest) -> bool {
    let sent = [Encoding::gzip(), Encoding::identity()];
    AcceptEncoding::parse(request).is_ok_and(|taken| taken.negotiate(sent.iter()) == Some(Encoding::gzip()))
}

/// `GET /assets/{version}/{path}`: the asset, to be kept for a year. What another version named is gone.
pub async fn show(request: HttpRequest, path: Path<(String, String)>) -> Result<HttpResponse> {
    let (version, path) = path.into_inner();
    let asset = ASSETS.by_path.get(&path).filter(|_| version == ASSETS.version).ok_or(AppError::NotFound)?;
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, asset.content_type.as_str()))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((VARY, "Accept-Encoding"));
    match &asset.gzipped {
        Some(gzipped) if takes_gzip(&request) => {
            Ok(response.insert_header((CONTENT_ENCODING, "gzip")).body(gzipped.clone()))
        }
        Some(_) => Ok(response.body(asset.plain.clone())),
        None => Ok(part(&request, response.insert_header((ACCEPT_RANGES, "bytes")), &asset.plain)),
    }
}

/// The bytes that were asked for (RFC 9110, 14.2), else all: Safari plays no sound of which it can't have a part.
fn part(request: &HttpRequest, response: &mut HttpResponseBuilder, whole: &Bytes) -> HttpResponse {
    let range = request.headers().get(RANGE).and_then(|range| range.to_str().ok());
    let ranges = range.and_then(|range| HttpRange::parse(range, whole.len() as u64).ok());
    match ranges.as_deref() {
        Some([HttpRange { start, length: length @ 1.. }]) => response
            .status(StatusCode::PARTIAL_CONTENT)
            .insert_header((CONTENT_RANGE, format!("bytes {start}-{}/{}", start + length - 1, whole.len())))
            .body(whole.slice(*start as usize..(start + length) as usize)),
        _ => response.body(whole.clone()),
    }
}

unit_tests!("../../tests/unit/web/assets.rs");
