//! Unit tests of `web::assets`.

use super::*;

#[test]
fn every_asset_that_a_page_names_is_there() {
    for path in STYLESHEETS.iter().chain(SCRIPTS).chain(&["js/app.js", "icons/sprite.svg", "icons/flame.svg"]) {
        assert!(ASSETS.by_path.contains_key(*path), "{path}");
    }
}
