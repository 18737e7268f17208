//! Unit tests of `web::client`.

use super::*;
use actix_web::test::TestRequest;

fn client(peer: &str, forwarded: Option<&str>) -> Client {
    let config = Config::from(|name| (name == "CAMPFIRE_TRUSTED_PROXIES").then(|| "10.0.0.0/8".into())).unwrap();
    let mut request = TestRequest::default().peer_addr(format!("{peer}:1234").parse().unwrap());
    if let Some(forwarded) = forwarded {
        request = request.insert_header(("x-forwarded-for", forwarded)).insert_header(("x-forwarded-proto", "https"));
    }
    Client::of(request.to_http_request().head(), &config)
}

#[test]
fn the_address_is_the_last_one_that_a_trusted_proxy_saw() {
    let address = |text: &str| Some(text.parse::<IpAddr>().unwrap());
    assert_eq!(client("192.0.2.1", None).ip_address, address("192.0.2.1"));
    let through_ours = client("10.0.0.1", Some("203.0.113.9, 198.51.100.7, 10.0.0.2"));
    assert_eq!(through_ours.ip_address, address("198.51.100.7"));
    assert!(through_ours.is_https);
}

#[test]
fn a_stranger_who_forwards_is_not_believed() {
    let stranger = client("192.0.2.1", Some("203.0.113.9"));
    assert_eq!(stranger.ip_address, None);
    assert!(!stranger.is_https);
}
