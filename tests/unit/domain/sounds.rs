//! Unit tests of `domain::sounds`.

use super::*;
use std::path::Path;

#[test]
fn every_sound_has_a_name_to_type_something_to_show_and_a_file_of_its_own() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("static");
    let mut bytes = 0;
    for sound in ALL.values().copied() {
        assert!(sound.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "{}", sound.name);
        assert!(!sound.shown.trim().is_empty(), "{}", sound.name);
        let file = std::fs::read(folder.join(sound.path())).unwrap_or_else(|_| panic!("{} has no file", sound.name));
        // An MPEG audio frame (ISO 11172-3, 2.4.1.3), with or without a tag before it.
        assert!(file.starts_with(b"ID3") || (file[0] == 0xff && file[1] & 0xe0 == 0xe0), "{}", sound.name);
        assert!((2_000..40_000).contains(&file.len()), "{}: {}", sound.name, file.len());
        bytes += file.len();
    }
    assert!(bytes < 700_000, "{bytes}");
    let files = std::fs::read_dir(folder.join("sounds")).unwrap().flatten().map(|file| file.file_name());
    assert_eq!(files.filter(|name| name.to_string_lossy().ends_with(".mp3")).count(), ALL.values().copied().count());
}

#[test]
fn the_promised_names_are_there_and_others_are_not() {
    let promised = "56k bell bezos bueller crickets trombone rimshot tada airhorn applause boo nyan";
    for name in promised.split(' ') {
        assert_eq!(Sound::of(&format!("/play {name}")).map(|sound| sound.name), Some(name));
    }
    assert_eq!(Sound::of("/play   tada ").map(|sound| sound.name), Some("tada"));
    for other in [
        "/play",
        "/play ",
        "/play nothing",
        "play tada",
        "/playtada",
        "/play tada now",
        "/play Tada",
        "say /play tada",
        "/play tada\n!",
    ] {
        assert_eq!(Sound::of(other), None, "{other}");
    }
}
