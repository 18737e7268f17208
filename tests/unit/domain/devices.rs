//! Unit tests of `domain::devices`.

use super::*;

#[test]
fn browsers_and_scripts_are_told_apart() {
    let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
    let chrome = format!("{webkit} Chrome/126.0.0.0 Safari/537.36");
    for (user_agent, expected) in [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
        (&format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {chrome}"), "Chrome on Windows"),
        (&format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {chrome} Edg/126.0"), "Edge on Windows"),
        (&format!("Mozilla/5.0 (Linux; Android 14; Pixel 8) {chrome}"), "Chrome on Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15",
            "Safari on Mac",
        ),
        ("curl/8.5.0", "curl"),
        ("Something (Windows)", "Windows"),
        ("", "Unknown device"),
    ] {
        assert_eq!(device(user_agent), expected, "{user_agent}");
    }
}
