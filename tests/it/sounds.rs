//! Sounds: what is one, how it is shown, the files, and keeping them quiet.

use crate::support::TestServer;
use campfire::web::assets;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn play_and_a_name_is_a_sound_and_anything_else_is_text() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let message = ann.says("/play tada").await;
    assert_eq!(message["body"]["source"], "/play tada");
    assert_eq!(message["body"]["plain_text"], "plays tada");
    let page = ann.page("/rooms/1").await.text().await.unwrap();
    assert!(page.contains("<sound-player class=\"sound\" data-sound=\"tada\">"));
    assert!(page.contains(&format!("src=\"{}\"", assets::url("sounds/tada.mp3"))));
    for text in ["/play nothing", "/play", "look: /play tada", "/play tada please", "`/play tada`"] {
        let message = ann.says(text).await;
        assert_eq!(message["body"]["plain_text"].as_str().unwrap(), text.trim_matches('`'), "{text}");
    }
    let page = ann.page("/rooms/1").await.text().await.unwrap();
    assert_eq!(page.matches("<sound-player").count(), 1);
}

#[tokio::test]
async fn a_sound_is_served_whole_and_in_part_and_how_it_was_made_is_not() {
    let server = TestServer::start().await;
    let visitor = server.visitor();
    let path = assets::url("sounds/bell.mp3");
    let whole = visitor.page(&path).await;
    assert_eq!((whole.status().as_u16(), &whole.headers()["content-type"]), (200, &"audio/mpeg".parse().unwrap()));
    assert_eq!(whole.headers()["accept-ranges"], "bytes");
    let whole = whole.bytes().await.unwrap();
    let length = whole.len();
    let part = async |range: &str| visitor.request(Method::GET, &path).header("range", range).send().await.unwrap();
    for (range, first, end) in [("bytes=0-1", 0, 2), ("bytes=100-", 100, length), ("bytes=10-99999999", 10, length)] {
        let answer = part(range).await;
        assert_eq!(answer.status(), 206, "{range}");
        let expected = format!("bytes {first}-{}/{length}", end - 1);
        assert_eq!(answer.headers()["content-range"], expected.as_str());
        assert_eq!(answer.bytes().await.unwrap(), whole.slice(first..end));
    }
    for range in ["bytes=5-2", "bytes=99999999-", "lines=1-2", "bytes=x-y", "bytes=0-1,3-4"] {
        assert_eq!(part(range).await.status(), 200, "{range}");
    }
    assert_eq!(visitor.page(&assets::url("sounds/names.txt")).await.status(), 200);
    assert_eq!(visitor.page(&assets::url("sounds/synthesise.py")).await.status(), 404);
}

#[tokio::test]
async fn who_keeps_sounds_quiet_does_so_on_every_device() {
    let server = TestServer::start().await;
    let ann = server.administrator().await;
    let bob = server.member("Bob").await;
    let is_quiet = async |person: &crate::support::Person| {
        person.page("/rooms/1").await.text().await.unwrap().contains(" data-mutes-sounds")
    };
    assert!(!is_quiet(&bob).await);
    let answer = bob.json(Method::PUT, "/users/me/profile", &json!({"mute_sounds": true})).await;
    assert_eq!(answer.json::<Value>().await.unwrap()["mute_sounds"], true);
    assert!(is_quiet(&bob).await && is_quiet(&bob.in_a_browser()).await && !is_quiet(&ann).await);
    // The page's form sends a hidden field before the box.
    let form = [("mute_sounds", "off"), ("mute_sounds", "on")];
    assert_eq!(ann.form("/users/me/profile?_method=PUT", &form).await.status(), 303);
    assert!(is_quiet(&ann).await);
    assert_eq!(ann.form("/users/me/profile?_method=PUT", &form[..1]).await.status(), 303);
    assert!(!is_quiet(&ann).await);
    let answer = bob.json(Method::PUT, "/users/me/profile", &json!({"mute_sounds": "perhaps"})).await;
    assert_eq!(answer.status(), 422);
    assert_eq!(answer.json::<Value>().await.unwrap()["error"]["field"], "mute_sounds");
}
