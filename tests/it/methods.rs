//! Methods: which a path takes, and how a plain form asks for those that it can't send.

use super::cast::{As, Cast, ask};
use campfire::server::paths;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_method_that_a_path_does_not_take_is_refused_with_those_it_takes() {
    let cast = Cast::new().await;
    let message = cast.author().says("hello").await;
    for (route, allowed) in paths() {
        let path = cast.path("GET", route, &message).await;
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"] {
            if allowed.split(", ").any(|known| known == method) {
                continue;
            }
            for person in [&cast.person(0), cast.member()] {
                for how in [As::Page, As::Fragment, As::Json, As::Api] {
                    let answer = ask(person, how, method, &path, &[]).await;
                    assert_eq!(answer.status(), 405, "{method} {path} as {how:?}");
                    assert_eq!(answer.headers()["allow"], allowed, "{method} {path} as {how:?}");
                    if matches!(how, As::Json | As::Api) && method != "HEAD" {
                        let error: Value = answer.json().await.unwrap();
                        assert_eq!(error["error"]["kind"], "method_not_allowed");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn patch_and_put_do_the_same_also_when_a_form_asks_for_them() {
    let cast = Cast::new().await;
    for how in [As::Page, As::Form, As::Json, As::Api] {
        for method in ["PUT", "PATCH"] {
            let message = cast.author().says("before").await;
            let path = format!("/rooms/1/messages/{}", message["id"]);
            ask(cast.author(), how, method, &path, &[("body", format!("{method} by {how:?}"))]).await;
            let found: Value = cast.author().get(&path).await.json().await.unwrap();
            assert_eq!(found["content"], format!("{method} by {how:?}"));
        }
    }
}

#[tokio::test]
async fn a_forms_method_is_put_patch_or_delete_and_counts_on_post_only() {
    let cast = Cast::new().await;
    let ada = cast.author();
    let message = ada.says("stays").await;
    let path = format!("/rooms/1/messages/{}", message["id"]);
    for wish in ["GET", "POST", "HEAD", "OPTIONS", "delete", "Put", "BREW", ""] {
        for (accept, kind) in [("text/html", None), ("application/json", Some("bad_request"))] {
            let request = ada.request(Method::POST, &format!("{path}?_method={wish}"));
            let answer = request.header("accept", accept).form(&[("body", "x")]).send().await.unwrap();
            assert_eq!(answer.status(), 400, "{wish}");
            if let Some(kind) = kind {
                assert_eq!(answer.json::<Value>().await.unwrap()["error"]["kind"], kind);
            }
        }
    }
    // On another method it is only a query.
    let get = ada.get(&format!("{path}?_method=DELETE")).await;
    assert_eq!(get.json::<Value>().await.unwrap()["content"], "stays");
    let put = ada.json(Method::PUT, &format!("{path}?_method=DELETE"), &json!({"body": "stays still"})).await;
    assert_eq!(put.json::<Value>().await.unwrap()["content"], "stays still");
    // And in the body it is only a field.
    ada.form("/rooms/1/messages", &[("_method", "DELETE"), ("body", "posted")]).await;
    assert_eq!(ada.messages().await.len(), 2);

    let removed = ada.form(&format!("{path}?_method=DELETE"), &[]).await;
    assert_eq!(removed.status(), 303);
    assert_eq!(ada.get(&path).await.status(), 404);
}
