//! Devices, by what their programs call themselves: a guess that its owner recognises, never a proof.

/// Programs by a mark in their User-Agent header (RFC 9110, 10.1.5), the telling ones first: nearly every browser also claims
/// to be others.
const PROGRAMS: &[(&str, &str)] = &[
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("Wget/", "Wget"),
    ("python-requests/", "a Python script"),
];

/// Systems by a mark, the telling ones first: Android claims to be Linux, an iPhone to be like a Mac.
const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
];

/// "Firefox on Linux", or as much of that as can be told.
pub fn device(user_agent: &str) -> String {
    let known = |marks: &[(&str, &'static str)]| {
        marks.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    match (known(PROGRAMS), known(SYSTEMS)) {
        (Some(program), Some(system)) => format!("{program} on {system}"),
        (Some(only), None) | (None, Some(only)) => only.to_owned(),
        (None, None) => "Unknown device".to_owned(),
    }
}

#[cfg(test)]
mod tests {
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
}
