//! Unit tests of `config`.

use super::*;
use proptest::prelude::*;

fn with(variable: &'static str, value: &str) -> Result<Config, String> {
    let value = value.to_owned();
    Config::from(move |asked| (asked == variable).then(|| value.clone()))
}

#[test]
fn nothing_set_is_the_documented_default() {
    let config = Config::from(|_| None).unwrap();
    assert_eq!(config.address.to_string(), "127.0.0.1:3000");
    assert_eq!(config.storage, PathBuf::from("./storage"));
    assert_eq!((config.session_days, config.post_burst, config.posts_per_second), (30, 30, 5));
    assert_eq!(config.synchronous, Synchronous::Full);
}

#[test]
fn a_wrong_value_is_named_with_its_variable_and_what_is_allowed() {
    let wrong = with("CAMPFIRE_SYNCHRONOUS", "maybe").unwrap_err();
    assert_eq!(wrong.to_string(), r#"CAMPFIRE_SYNCHRONOUS is set to "maybe"; it must be full or normal."#);
    for (variable, value) in [
        ("CAMPFIRE_ADDRESS", "localhost"),
        ("CAMPFIRE_PUBLIC_URL", "chat.example.com"),
        ("CAMPFIRE_PUBLIC_URL", "https://chat.example.com/path"),
        ("CAMPFIRE_TRUSTED_PROXIES", "10.0.0.0/99"),
        ("CAMPFIRE_CORS_ORIGINS", "*"),
        ("CAMPFIRE_SESSION_DAYS", "0"),
        ("CAMPFIRE_POST_BURST", "-1"),
        ("CAMPFIRE_SOCKETS_MAX", "many"),
        ("CAMPFIRE_UPLOAD_MAX", "0"),
        ("CAMPFIRE_UPLOAD_MAX", "MB"),
        ("CAMPFIRE_UPLOAD_MAX", "-1MB"),
        ("CAMPFIRE_UPLOAD_MAX", "1.5GB"),
        ("CAMPFIRE_UPLOAD_MAX", "200GB"),
        ("CAMPFIRE_UPLOAD_MAX", "99999999999999999999GB"),
    ] {
        assert!(with(variable, value).is_err(), "{variable}={value}");
    }
}

#[test]
fn lists_and_urls_are_taken_apart() {
    let config = with("CAMPFIRE_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8").unwrap();
    assert!(config.trusted_proxies[1].contains(&IpAddr::from([10, 1, 2, 3])));
    let config = with("CAMPFIRE_PUBLIC_URL", "HTTPS://Chat.example.com:8443/").unwrap();
    assert_eq!(config.public_url, Url::parse("https://chat.example.com:8443").ok());
}

#[test]
fn sizes_are_bytes_or_their_thousands() {
    assert_eq!(Config::from(|_| None).unwrap().upload_max, 100_000_000);
    for (value, bytes) in [("5", 5), ("7b", 7), ("300KB", 300_000), ("100MB", 100_000_000), ("1 gb", 1_000_000_000)] {
        assert_eq!(with("CAMPFIRE_UPLOAD_MAX", value).unwrap().upload_max, bytes, "{value}");
    }
}

proptest! {
    #[test]
    fn no_value_panics(value in "\\PC{0,30}") {
        for variable in ["CAMPFIRE_ADDRESS", "CAMPFIRE_PUBLIC_URL", "CAMPFIRE_TRUSTED_PROXIES", "CAMPFIRE_SESSION_DAYS", "CAMPFIRE_UPLOAD_MAX"] {
            let _ = with(variable, &value);
        }
    }
}
