//! Devices, by what their programs call themselves: a guess that its owner recognises, never a proof.

/// Programs by a mark in their User-Agent header (RFC 9110, 10.1.5), the telling ones first: nearly all claim to be others too.
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

unit_tests!("../../tests/unit/domain/devices.rs");
