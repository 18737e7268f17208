//! The cross-site check: a page of another site must not make a visitor's browser act here.
//!
//! Browsers say where a request comes from: `Sec-Fetch-Site` (Fetch Metadata), else `Origin` (RFC 6454). A request with
//! `Authorization` proves itself, and no cookie is looked at; one with none of these comes from a program.

use crate::config::Config;
use actix_web::dev::RequestHead;
use actix_web::http::header::{AUTHORIZATION, HOST, HeaderName, ORIGIN};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether the request may change something; else the sentence to answer with: what was compared, and the setting that can mend it.
pub fn check(head: &RequestHead, config: &Config) -> Result<(), String> {
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
    let is_public =
        config.public_url.as_ref().is_some_and(|url| same(origin, url.scheme() == "https", url.authority()));
    let is_https = origin.starts_with("https:");
    if is_public || same(origin, is_https, host) {
        return Ok(());
    }
    Err(format!(
        "This request was made by a page of {origin}, but this server is {host}, so it was not carried out. If both are \
         right, set CAMPFIRE_PUBLIC_URL to the address that people use."
    ))
}

/// Whether an origin (`scheme://host[:port]`) names the host and port of `host`, which is reached by https or not.
fn same(origin: &str, is_https: bool, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let theirs = with_port(authority, scheme.eq_ignore_ascii_case("https"));
    !authority.is_empty() && theirs == with_port(host, is_https)
}

/// `host[:port]` in lower case, with the scheme's own port when none is named.
fn with_port(authority: &str, is_https: bool) -> String {
    let authority = authority.to_lowercase();
    let names_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    match (names_port, is_https) {
        (true, _) => authority,
        (false, true) => authority + ":443",
        (false, false) => authority + ":80",
    }
}

#[cfg(test)]
#[path = "../../tests/unit/web/origin.rs"]
mod tests;
