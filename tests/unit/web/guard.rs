//! Unit tests of `web::guard`.

use super::*;
use actix_web::test::TestRequest;

fn passes(headers: &[(&'static str, &'static str)]) -> bool {
    let public = |name: &str| (name == "CAMPFIRE_PUBLIC_URL").then(|| "https://chat.example.com".to_owned());
    let mut request = TestRequest::default();
    for header in headers {
        request = request.insert_header(*header);
    }
    check_origin(request.to_http_request().head(), &Config::from(public).unwrap()).is_ok()
}

#[test]
fn a_request_of_our_own_pages_passes() {
    assert!(passes(&[("sec-fetch-site", "same-origin"), ("origin", "http://elsewhere")]));
    assert!(passes(&[("sec-fetch-site", "none")]));
    assert!(passes(&[("host", "192.168.0.2:3000"), ("origin", "http://192.168.0.2:3000")]));
    assert!(passes(&[("host", "localhost"), ("origin", "http://localhost:80")]));
    assert!(passes(&[("host", "inner:3000"), ("origin", "https://chat.example.com")]));
}

#[test]
fn a_request_of_a_program_passes() {
    assert!(passes(&[("host", "localhost")]));
    assert!(passes(&[("sec-fetch-site", "cross-site"), ("authorization", "Bearer x")]));
}

#[test]
fn a_request_of_another_site_does_not() {
    assert!(!passes(&[("sec-fetch-site", "cross-site"), ("host", "a"), ("origin", "http://a")]));
    assert!(!passes(&[("sec-fetch-site", "same-site")]));
    assert!(!passes(&[("host", "localhost:3000"), ("origin", "http://localhost:4000")]));
    assert!(!passes(&[("host", "localhost:3000"), ("origin", "http://evil.example")]));
    assert!(!passes(&[("host", "localhost:3000"), ("origin", "null")]));
    assert!(!passes(&[("origin", "http://")]));
    assert!(!passes(&[("host", "inner:3000"), ("origin", "http://chat.example.com")]));
}

#[test]
fn the_secret_part_of_a_path_is_left_out() {
    assert_eq!(without_secrets("/join/abcd-efgh-ijkl"), "/join/…");
    assert_eq!(without_secrets("/api/join/abcd-efgh-ijkl"), "/api/join/…");
    assert_eq!(without_secrets("/session/transfers/abcdefgh"), "/session/transfers/…");
    assert_eq!(without_secrets("/rooms/1"), "/rooms/1");
}
