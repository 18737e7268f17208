//! The settings: environment variables, each with a default, parsed here once and nowhere else.
//!
//! A wrong value is an error that names the variable, the value and what is allowed.

use crate::db::Synchronous;
use ipnet::IpNet;
use std::env;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use tracing_subscriber::EnvFilter;
use url::Url;

/// Sockets that one process may hold when the file-descriptor limit does not say less: at 15 KB each, 750 MB.
const SOCKETS_MAX: usize = 50_000;
/// File descriptors kept for everything that is not a socket: database, workers, requests.
const DESCRIPTORS_KEPT: usize = 200;

const MB: usize = 1_000_000;

/// The settings as one table: of each its doc, field and type; its default; what it must be, in words; and how it is read from text.
/// Its variable is the field in capitals, after `CAMPFIRE_`.
macro_rules! settings {
    ($($(#[$doc:meta])* $field:ident: $type:ty = $default:expr, $allowed:literal, $parse:expr;)*) => {
        /// Everything that can be set.
        #[derive(Debug, Clone)]
        pub struct Config {
            $($(#[$doc])* pub $field: $type,)*
            /// The one address besides public ones that previews may be fetched from: for tests; no variable sets it.
            pub previews_from: Option<SocketAddr>,
        }

        impl Config {
            /// Reads the settings from `lookup`, which tells a variable's value. Fails with the first that is wrong, in a sentence.
            pub fn from(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
                $(let $field = {
                    let variable = format!("CAMPFIRE_{}", stringify!($field).to_uppercase());
                    match lookup(&variable) {
                        None => $default,
                        Some(value) => {
                            let parse: fn(&str) -> Option<$type> = $parse;
                            let wrong = || format!("{variable} is set to {value:?}; it must be {}.", $allowed);
                            parse(value.trim()).ok_or_else(wrong)?
                        }
                    }
                };)*
                Ok(Self { $($field,)* previews_from: None })
            }
        }
    };
}

settings! {
    /// `CAMPFIRE_ADDRESS`: where to listen. Default `127.0.0.1:3000`.
    address: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 3000)),
        "an IP address and a port, like 127.0.0.1:3000 or 0.0.0.0:80", |text| text.parse().ok();
    /// `CAMPFIRE_STORAGE`: the one folder that everything lives in. Default `./storage`.
    storage: PathBuf = PathBuf::from("./storage"), "a folder", |text| (!text.is_empty()).then(|| text.into());
    /// `CAMPFIRE_PUBLIC_URL`: how people reach the server. Default: what the request says.
    public_url: Option<Url> = None,
        "a URL without a path, like https://chat.example.com", |text| site(text).map(Some);
    /// `CAMPFIRE_TRUSTED_PROXIES`: peers whose `X-Forwarded-*` count. Default: none.
    trusted_proxies: Vec<IpNet> = Vec::new(),
        "IP addresses or networks, separated by commas, like 127.0.0.1,10.0.0.0/8", |text| list(text, network);
    /// `CAMPFIRE_CORS_ORIGINS`: origins whose pages may call `/api`. Default: none.
    cors_origins: Vec<String> = Vec::new(),
        "origins, separated by commas, like https://app.example.com",
        |text| list(text, |origin| site(origin).map(|url| origin_of(&url)));
    /// `CAMPFIRE_SYNCHRONOUS`: `full` or `normal`. Default `full`.
    synchronous: Synchronous = Synchronous::Full, "full or normal", Synchronous::from_word;
    /// `CAMPFIRE_SESSION_DAYS`: days without use after which a session ends. Default 30.
    session_days: u32 = 30, "a number from 1 to 3650", |text| number(text, 3650);
    /// `CAMPFIRE_POST_BURST`: messages one person may post at once. Default 30.
    post_burst: u32 = 30, "a number from 1 to 1000000", |text| number(text, 1_000_000);
    /// `CAMPFIRE_POSTS_PER_SECOND`: messages a second one person may post for long. Default 5.
    posts_per_second: u32 = 5, "a number from 1 to 1000000", |text| number(text, 1_000_000);
    /// `CAMPFIRE_UPLOAD_MAX`: bytes in one file. Default 100 MB.
    upload_max: usize = 100 * MB, "a size like 100MB, 1GB or a number of bytes, at most 100GB", size;
    /// `CAMPFIRE_PAGE_CACHE`: bytes of finished pages kept; 0 keeps none. Default 32 MB.
    page_cache: usize = 32 * MB, "a size like 32MB, or 0", |text| if text == "0" { Some(0) } else { size(text) };
    /// `CAMPFIRE_LOG`: a level or a filter of `tracing`. Default `info`.
    log: String = "info".to_owned(),
        "a level or a filter, like info or campfire=debug", |text| EnvFilter::try_new(text).ok().map(|_| text.to_owned());
    /// `CAMPFIRE_SOCKETS_PER_PERSON`. Default 20.
    sockets_per_person: usize = 20, "a number from 1 to 100000", |text| number(text, 100_000);
    /// `CAMPFIRE_SOCKETS_MAX`. Default: what the file-descriptor limit allows, 50,000 at most.
    sockets_max: usize = sockets_allowed(), "a number from 1 to 1000000", |text| number(text, 1_000_000);
}

impl Config {
    /// Reads the environment. Fails with the first setting that is wrong, in a sentence.
    pub fn from_env() -> Result<Self, String> {
        Self::from(|variable| env::var_os(variable).map(|value| value.to_string_lossy().into_owned()))
    }

    /// Where people find a server that listens on `address`: the public URL, or what a browser on the same machine can open.
    pub fn origin(&self, address: SocketAddr) -> String {
        match &self.public_url {
            Some(url) => origin_of(url),
            None if address.ip().is_loopback() || address.ip().is_unspecified() => {
                format!("http://localhost:{}", address.port())
            }
            None => format!("http://{address}"),
        }
    }

    /// How long a session lasts without use, in milliseconds.
    pub fn session_ms(&self) -> i64 {
        i64::from(self.session_days) * 24 * 60 * 60 * 1000
    }
}

/// `scheme://host[:port]`, as browsers write an origin.
pub(crate) fn origin_of(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// A whole site: `http://host`, `https://host:port`; no path, no user.
fn site(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    (url.as_str() == format!("{}/", origin_of(&url))).then_some(url)
}

/// A size in bytes, or in KB, MB or GB.
fn size(text: &str) -> Option<usize> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let unit = match unit.trim().to_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => MB / 1000,
        "mb" => MB,
        "gb" => 1000 * MB,
        _ => return None,
    };
    let bytes = number.parse::<usize>().ok()?.checked_mul(unit)?;
    (1..=100_000 * MB).contains(&bytes).then_some(bytes)
}

fn list<T>(text: &str, parse: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(parse).collect()
}

fn number<T: FromStr + PartialOrd + From<u8>>(text: &str, largest: T) -> Option<T> {
    text.parse().ok().filter(|number| (T::from(1)..=largest).contains(number))
}

fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// Sockets that the limit on open files leaves room for.
fn sockets_allowed() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let open_files = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = open_files.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    soft.map_or(SOCKETS_MAX, |soft| soft.saturating_sub(DESCRIPTORS_KEPT).clamp(1, SOCKETS_MAX))
}

unit_tests!("../tests/unit/config.rs");
