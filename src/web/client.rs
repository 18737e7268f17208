//! Who is at the other end of a request: address, scheme and host, with or without a proxy between.
//!
//! Invariant: `X-Forwarded-*` counts only when it comes from a peer that the settings name. From any other, the true address
//! is unknown: limits by address are then off rather than wrong for everyone behind the proxy.

use crate::config::Config;
use crate::db::sessions::{Origin, USER_AGENT_MAX};
use crate::services::roster::network;
use actix_web::dev::RequestHead;
use actix_web::http::header::{HOST, HeaderMap, HeaderName, USER_AGENT};
use ipnet::IpNet;
use std::net::IpAddr;
use std::sync::Once;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The other end.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its address; none when a proxy that is not trusted stands between.
    pub ip_address: Option<IpAddr>,
    pub is_https: bool,
    /// The host, and port if not the scheme's own, that it asked for.
    pub host: String,
}

impl Client {
    pub fn of(head: &RequestHead, config: &Config) -> Self {
        let peer = head.peer_addr.map(|address| address.ip().to_canonical());
        let is_trusted = peer.is_some_and(|peer| is_among(&config.trusted_proxies, peer));
        let forwarded = |name| if is_trusted { first(&head.headers, &name) } else { None };
        let is_forwarded = head.headers.contains_key(X_FORWARDED_FOR);
        if is_forwarded && !is_trusted {
            warn_once(peer);
        }
        let ip_address = match (is_forwarded, is_trusted) {
            (true, true) => farthest(&head.headers, &config.trusted_proxies).or(peer),
            (true, false) => None,
            (false, _) => peer,
        };
        let (is_https, host) = match &config.public_url {
            Some(url) => (url.scheme() == "https", url.authority().to_owned()),
            None => (
                forwarded(X_FORWARDED_PROTO).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https")),
                forwarded(X_FORWARDED_HOST).or_else(|| first(&head.headers, &HOST)).unwrap_or_default().to_owned(),
            ),
        };
        Self { ip_address, is_https, host }
    }

    /// Whom limits of attempts count: the peer's network.
    pub fn network(&self) -> Option<IpAddr> {
        self.ip_address.map(network)
    }

    pub fn url(&self, path: &str) -> String {
        let scheme = if self.is_https { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.host)
    }

    /// What a session remembers of it.
    pub fn origin(&self, headers: &HeaderMap) -> Origin {
        // Not a list: browsers have commas in it.
        let user_agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        let mut user_agent = user_agent.unwrap_or_default().trim().to_owned();
        user_agent.truncate(user_agent.floor_char_boundary(USER_AGENT_MAX));
        let ip_address = self.ip_address.map(|address| address.to_string()).unwrap_or_default();
        Origin { ip_address, user_agent }
    }
}

fn first<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let value = headers.get(name)?.to_str().ok()?;
    value.split(',').map(str::trim).find(|part| !part.is_empty())
}

/// The last address in `X-Forwarded-For` that is not a proxy of ours: what comes before it anybody can write.
fn farthest(headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let lines = headers.get_all(X_FORWARDED_FOR).filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    let addresses = hops.into_iter().rev().map_while(|hop| hop.parse::<IpAddr>().ok());
    addresses.map(|address| address.to_canonical()).find(|address| !is_among(trusted, *address))
}

fn is_among(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

fn warn_once(peer: Option<IpAddr>) {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!(
            ?peer,
            "requests come through a proxy that CAMPFIRE_TRUSTED_PROXIES does not name: limits and bans by IP address are off"
        );
    });
}

unit_tests!("../../tests/unit/web/client.rs");
