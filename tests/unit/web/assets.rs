//! Unit tests of `web::assets`.

use super::*;

#[test]
fn every_asset_that_a_page_names_is_there() {
    let scripts = include_str!("../../../templates/rooms/_vendored_scripts.html");
    let templates =
        [include_str!("../../../templates/layout.html"), scripts, include_str!("../../../templates/rooms/show.html")];
    let named = templates.iter().flat_map(|template| template.split('"'));
    let folders = ["css/", "vendor/", "js/", "icons/"];
    let paths: Vec<_> = named.filter(|path| folders.iter().any(|folder| path.starts_with(folder))).collect();
    assert!(paths.contains(&"css/global.css") && paths.contains(&"js/app.js") && paths.contains(&"icons/sprite.svg"));
    for path in paths {
        assert!(ASSETS.by_path.contains_key(path), "{path}");
    }
}

/// The list is made from the crate that renders shortcodes, so that what is offered is what is understood. To make it anew, run this test with
/// `CAMPFIRE_RENEW_EMOJI=1`.
#[test]
fn the_list_of_emoji_has_those_that_messages_understand() {
    let row = |emoji: &emojis::Emoji| {
        let words: Vec<_> = [emoji.as_str(), emoji.name()].into_iter().chain(emoji.shortcodes()).collect();
        serde_json::to_string(&words).unwrap()
    };
    let list = format!("[\n{}\n]\n", emojis::iter().map(row).collect::<Vec<_>>().join(",\n"));
    if std::env::var_os("CAMPFIRE_RENEW_EMOJI").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/static/emoji.json"), &list).unwrap();
    }
    let asset = ASSETS.by_path.get("emoji.json").unwrap();
    assert!(asset.plain == list.as_bytes(), "run it again with CAMPFIRE_RENEW_EMOJI=1");
    assert!(asset.gzipped.is_some());
}
