//! Whatever is typed: it never panics, and no element, attribute or address outside the list comes out.
#![no_main]

#[path = "../../support/allowed.rs"]
mod allowed;

use campfire::domain::render;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &str| {
    // As much as a message can have.
    let source: String = source.chars().take(10_000).collect();
    let rendered = render(&source);
    assert_eq!(allowed::strange(rendered.html.as_str()), None);
});
