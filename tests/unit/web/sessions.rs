//! Unit tests of `web::sessions`.

use super::*;
use proptest::prelude::*;

#[test]
fn only_paths_of_ours_are_returned_to() {
    assert_eq!(safe_return("/rooms/4?before=3"), "/rooms/4?before=3");
    for elsewhere in [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "",
        "rooms",
        "/\t/evil.example",
        "/\u{1}",
        "/ä",
        "/a b",
    ] {
        assert_eq!(safe_return(elsewhere), "/", "{elsewhere}");
    }
}

proptest! {
    #[test]
    fn whatever_is_returned_to_is_a_path(text in "\\PC{0,30}|/{0,3}[a-z.]{0,10}") {
        let path = safe_return(&text);
        prop_assert!(path.starts_with('/') && !path.starts_with("//"));
    }
}
