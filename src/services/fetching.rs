//! Fetching what a link leads to, from the public internet only.
//!
//! Invariants: each request, also after a redirect, goes to an address that was judged and is not looked up again; it has no
//! credentials, cookies or referrer; redirects and bytes are bounded. How long it takes is its caller's to bound.

use crate::domain::addresses::is_public;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderName, LOCATION};
use reqwest::{Client, Response, StatusCode, redirect};
use std::net::SocketAddr;
use std::sync::LazyLock;
use url::{Host, Url};

/// Redirects that are followed: a shortened link, to https, to `www`, to a language, and one more.
const REDIRECTS_MAX: usize = 5;
/// Bytes that are taken of a page or picture.
const BODY_MAX: usize = 1024 * 1024;

/// Fetches; from `exception` too, which is for tests. Where the system has no certificates to trust, nothing.
pub(super) struct Fetcher {
    /// Made when it is first needed: that reads every certificate that the system trusts.
    client: LazyLock<Option<Client>>,
    exception: Option<SocketAddr>,
}

fn client() -> Option<Client> {
    let client = Client::builder().redirect(redirect::Policy::none()).referer(false).no_proxy();
    let client = client.pool_max_idle_per_host(0).dns_resolver(PublicOnly).user_agent("Campfire (link preview)");
    client.build().inspect_err(|error| tracing::warn!(?error, "links will have no previews")).ok()
}

/// What was fetched, and where it was found in the end.
pub(super) struct Fetched {
    pub(super) url: Url,
    pub(super) content_type: String,
    pub(super) body: Vec<u8>,
}

impl Fetcher {
    pub(super) fn new(exception: Option<SocketAddr>) -> Self {
        // Fails where it is done already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { client: LazyLock::new(client), exception }
    }

    /// What a URL leads to, if it is of a wanted type.
    pub(super) async fn get(&self, mut url: Url, is_wanted: fn(&str) -> bool) -> Option<Fetched> {
        for _ in 0..=REDIRECTS_MAX {
            if !self.is_allowed(&url) {
                return None;
            }
            let mut response = self.client.as_ref()?.get(url.clone()).send().await.ok()?;
            if response.status().is_redirection() {
                url = url.join(header(&response, LOCATION)).ok()?;
                continue;
            }
            let (content_type, mut body) = (header(&response, CONTENT_TYPE).to_ascii_lowercase(), Vec::new());
            if response.status() != StatusCode::OK || !is_wanted(&content_type) {
                return None;
            }
            while let Some(chunk) = response.chunk().await.ok()? {
                if body.len() + chunk.len() > BODY_MAX {
                    // A page says at its beginning what it is; part of a picture is none.
                    if content_type.starts_with("image/") {
                        return None;
                    }
                    break;
                }
                body.extend_from_slice(&chunk);
            }
            return Some(Fetched { url, content_type, body });
        }
        None
    }

    /// Whether a request may be sent: by the URL, and where that has an address, by it. Names are judged when they are looked up.
    fn is_allowed(&self, url: &Url) -> bool {
        let port = url.port_or_known_default().unwrap_or(0);
        let is_plain =
            matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
        let is_exception = |address| self.exception == Some(SocketAddr::new(address, port));
        let (is_web, may) = (matches!(port, 80 | 443), |address| is_public(address) || is_exception(address));
        is_plain
            && (is_web || self.exception.is_some_and(|it| it.port() == port))
            && match url.host() {
                Some(Host::Ipv4(address)) => may(address.into()),
                Some(Host::Ipv6(address)) => may(address.into()),
                Some(Host::Domain(_)) => true,
                None => false,
            }
    }
}

fn header(response: &Response, name: HeaderName) -> &str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Looks names up, and gives those of their addresses that are public: to one of these the connection is made.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move { Ok(judged(tokio::net::lookup_host((name.as_str(), 0)).await?.collect())?) })
    }
}

/// The public ones of a name's addresses, IPv4 first. Their port is the URL's.
fn judged(mut addresses: Vec<SocketAddr>) -> Result<Addrs, &'static str> {
    addresses.retain(|address| is_public(address.ip()));
    addresses.sort_by_key(SocketAddr::is_ipv6);
    if addresses.is_empty() { Err("no address of it is public") } else { Ok(Box::new(addresses.into_iter())) }
}

unit_tests!("../../tests/unit/services/fetching.rs");
