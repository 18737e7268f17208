//! Browser tests: two people in headless Chromium, against the real server.
//!
//! Where there is no Chromium they say so and pass, unless `CAMPFIRE_BROWSER_REQUIRED` is set, as it is in CI.
#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may fail")]

mod chromium;
mod people;
#[path = "../support/proxy.rs"]
mod proxy;
#[expect(dead_code, reason = "the browser tests use a part of what tests share")]
#[path = "../support/mod.rs"]
mod support;

mod editing;
mod files;
mod mentions;
mod previews;
mod reading;
mod rooms;
mod searching;
mod sounds;
mod story;
mod survival;
mod writing;

/// Ends the test when there is no browser.
#[macro_export]
macro_rules! browser_or_skip {
    () => {
        match $crate::chromium::find() {
            Some(_) => $crate::chromium::Browser::launch().await,
            None => {
                let is_required = std::env::var_os("CAMPFIRE_BROWSER_REQUIRED").is_some();
                assert!(!is_required, "there is no Chromium, and CAMPFIRE_BROWSER_REQUIRED is set");
                eprintln!("skipped: there is no Chromium here");
                return;
            }
        }
    };
}
