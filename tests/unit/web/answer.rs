//! Unit tests of `web::answer`.

use super::*;
use actix_web::test::TestRequest;

#[test]
fn the_representation_is_the_one_that_is_asked_for() {
    let wants = |headers: &[(&'static str, &'static str)]| {
        let mut request = TestRequest::default();
        for header in headers {
            request = request.insert_header(*header);
        }
        Wants::of(&request.to_http_request())
    };
    assert_eq!(wants(&[]), Wants::Page);
    assert_eq!(wants(&[("accept", "*/*")]), Wants::Page);
    assert_eq!(wants(&[("accept", "text/html,application/xhtml+xml,*/*;q=0.8")]), Wants::Page);
    assert_eq!(wants(&[("accept", "application/json")]), Wants::Json);
    assert_eq!(wants(&[("accept", "application/json, text/plain, */*")]), Wants::Json);
    assert_eq!(wants(&[("hx-request", "true"), ("hx-request-type", "partial")]), Wants::Fragment);
    assert_eq!(wants(&[("hx-request", "true"), ("hx-request-type", "full")]), Wants::Page);
}

#[test]
fn what_the_client_has_is_not_sent_again_and_what_changed_is() {
    let ask = |tag: &str| TestRequest::default().insert_header(("if-none-match", tag)).to_http_request();
    let first = send(&ask(""), StatusCode::OK, "text/plain", b"one".to_vec());
    let tag = first.headers().get(ETAG).unwrap().to_str().unwrap().to_owned();
    let again = send(&ask(&tag), StatusCode::OK, "text/plain", b"one".to_vec());
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    let changed = send(&ask(&tag), StatusCode::OK, "text/plain", b"two".to_vec());
    assert_eq!(changed.status(), StatusCode::OK);
}
