//! What every request passes before routing, and every response before it leaves.
//!
//! In this order: its id; the `/api` prefix, which decides about CORS; the cross-site check; addresses that are kept out; `_method` of
//! plain forms; then, outward, the headers that keep pages safe, and a line in the log. Invariant: that line has no query, no body and
//! no secret: the secret part of a path is left out.
//!
//! The cross-site check: a page of another site must not make a visitor's browser act here. Browsers say where a request comes from:
//! `Sec-Fetch-Site` (Fetch Metadata), else `Origin` (RFC 6454). A request with `Authorization` proves itself, and no cookie is looked
//! at; one with none of these comes from a program.

use super::App;
use super::client::Client;
use crate::config::Config;
use crate::error::{AppError, Result};
use actix_web::body::MessageBody;
use actix_web::dev::{RequestHead, ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, AUTHORIZATION, CONTENT_SECURITY_POLICY, COOKIE, HOST,
    HeaderName, HeaderValue, ORIGIN, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, UPGRADE, VARY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use actix_web::http::uri::PathAndQuery;
use actix_web::http::{Method, Uri};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, web};
use std::time::Instant;
use url::Url;

/// What pages may load and do: only what comes from here; nothing inline, no evaluation.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; \
    media-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Paths whose next segment is a secret.
const SECRET_AFTER: [&str; 2] = ["/join/", "/session/transfers/"];
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names a request in the log, in `X-Request-Id` and on error pages: 16 hexadecimal digits.
#[derive(Clone)]
pub struct RequestId(pub String);

/// Marks a request that came under `/api`: it wants JSON.
pub struct UnderApi;

/// Checks and rewrites the request.
pub async fn before_routing(
    mut request: ServiceRequest, next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let is_api = strip_api_prefix(&mut request);
    if is_api {
        request.extensions_mut().insert(UnderApi);
    }
    let Some(app) = request.app_data::<web::Data<App>>().cloned() else {
        return Ok(request.error_response(AppError::Internal("the application has no state".into())));
    };
    let allowed_origin = if is_api { allowed_origin(&request, &app.config) } else { None };
    if let Some(origin) = &allowed_origin
        && request.method() == Method::OPTIONS
    {
        let mut response = request.into_response(HttpResponse::NoContent());
        allow_cors(&mut response, origin);
        return Ok(response);
    }
    let (is_safe, is_upgrade) = (request.method().is_safe(), request.headers().contains_key(UPGRADE));
    // A page of a named origin may call in its own name, never in that of whoever is signed in in the browser.
    let is_named = allowed_origin.is_some() && !request.headers().contains_key(COOKIE);
    if (!is_safe || is_upgrade)
        && !is_named
        && let Err(sentence) = check_origin(request.head(), &app.config)
    {
        return Ok(request.error_response(AppError::Forbidden(sentence.into())));
    }
    let is_banned = |address| app.banned.contains(&address);
    if !is_safe && Client::of(request.head(), &app.config).ip_address.is_some_and(is_banned) {
        return Ok(request.error_response(AppError::Banned));
    }
    if request.method() == Method::POST
        && let Err(error) = override_method(&mut request)
    {
        return Ok(request.error_response(error));
    }
    let mut response = next.call(request).await?.map_into_boxed_body();
    if let Some(origin) = &allowed_origin {
        allow_cors(&mut response, origin);
    }
    Ok(response)
}

/// `/api/rooms` becomes `/rooms`; tells whether it did.
fn strip_api_prefix(request: &mut ServiceRequest) -> bool {
    let rest = request.uri().path_and_query().and_then(|whole| whole.as_str().strip_prefix("/api"));
    let rest = rest.filter(|rest| rest.starts_with('/'));
    let Some(path) = rest.and_then(|rest| rest.parse::<PathAndQuery>().ok()) else { return false };
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = Some(path);
    let Ok(uri) = Uri::from_parts(parts) else { return false };
    request.match_info_mut().get_mut().update(&uri);
    request.head_mut().uri = uri;
    true
}

/// A plain form's `?_method=DELETE` becomes the request's method.
fn override_method(request: &mut ServiceRequest) -> Result<()> {
    let wished = request.query_string().split('&').find_map(|pair| pair.strip_prefix("_method="));
    let method = match wished {
        None => return Ok(()),
        Some("PUT") => Method::PUT,
        Some("PATCH") => Method::PATCH,
        Some("DELETE") => Method::DELETE,
        Some(_) => return Err(AppError::BadRequest("A form's _method must be PUT, PATCH or DELETE.")),
    };
    request.head_mut().method = method;
    Ok(())
}

/// The request's origin, if the settings allow it to call `/api` from its own pages.
fn allowed_origin(request: &ServiceRequest, config: &Config) -> Option<HeaderValue> {
    let origin = request.headers().get(ORIGIN)?;
    let name = origin.to_str().ok()?.to_lowercase();
    config.cors_origins.contains(&name).then(|| origin.clone())
}

/// Lets a page of `origin` read the response (Fetch Standard, CORS protocol); never with cookies.
fn allow_cors(response: &mut ServiceResponse, origin: &HeaderValue) {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("authorization, content-type"));
    let exposed = "link, location, retry-after, x-request-id, x-revision, x-total-count";
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(exposed));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    headers.append(VARY, HeaderValue::from_static("Origin"));
}

/// Gives the request its id; when it is answered, adds the headers that keep pages safe, and writes its line in the log.
pub async fn around(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse, Error> {
    let app = request.app_data::<web::Data<App>>().cloned();
    let is_https = app.is_some_and(|app| Client::of(request.head(), &app.config).is_https);
    let id = format!("{:016x}", rand::random::<u64>());
    request.extensions_mut().insert(RequestId(id.clone()));
    let (method, path, began) = (request.method().clone(), without_secrets(request.path()), Instant::now());
    let mut response = next.call(request).await?.map_into_boxed_body();
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(X_REQUEST_ID, value);
    }
    // What people sent comes with a stricter one.
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY));
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    if is_https {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000"));
    }
    let (status, took_us) = (response.status().as_u16(), began.elapsed().as_micros());
    tracing::info!(target: "campfire::access", %method, path, status, took_us, request_id = id);
    Ok(response)
}

fn without_secrets(path: &str) -> String {
    let split = |prefix| path.split_once(prefix).map(|(before, _)| format!("{before}{prefix}…"));
    SECRET_AFTER.into_iter().find_map(split).unwrap_or_else(|| path.to_owned())
}

/// Whether the request may change something; else the sentence to answer with: what was compared, and the setting that can mend it.
pub fn check_origin(head: &RequestHead, config: &Config) -> Result<(), String> {
    let header = |name: &HeaderName| head.headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if head.headers.contains_key(AUTHORIZATION) {
        return Ok(());
    }
    if let Some(site) = header(&SEC_FETCH_SITE) {
        return match site {
            "same-origin" | "none" => Ok(()),
            _ => Err(format!(
                "This request was made by another site (Sec-Fetch-Site is {site}, not same-origin), so it was not carried out. \
                 Open this server by its own address, CAMPFIRE_PUBLIC_URL if that is set, and try again."
            )),
        };
    }
    let Some(origin) = header(&ORIGIN) else { return Ok(()) };
    let host = header(&HOST).unwrap_or("");
    let is_public = config.public_url.as_ref().is_some_and(|it| same(origin, it.scheme() == "https", it.authority()));
    let is_https = origin.starts_with("https:");
    if is_public || same(origin, is_https, host) {
        return Ok(());
    }
    Err(format!(
        "This request was made by a page of {origin}, but this server is {host}, so it was not carried out. If both are \
         right, set CAMPFIRE_PUBLIC_URL to the address that people use."
    ))
}

/// Whether an origin (`scheme://host[:port]`) names the host and port of `host`, which is reached by https or not; read as browsers do.
fn same(origin: &str, is_https: bool, host: &str) -> bool {
    let place = |url: &str| {
        let url = Url::parse(url).ok()?;
        Some((url.host_str()?.to_owned(), url.port_or_known_default()?))
    };
    let ours = format!("{}://{host}", if is_https { "https" } else { "http" });
    place(origin).is_some_and(|theirs| Some(theirs) == place(&ours))
}

unit_tests!("../../tests/unit/web/guard.rs");
