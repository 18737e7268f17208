//! Unit tests of `domain::attachments`.

use super::*;
use proptest::prelude::*;

fn file(name: &str, content_type: &str, dimensions: Option<(u32, u32)>) -> Attachment {
    let (key, name, content_type) = (FileKey("ab".repeat(16)), name.to_owned(), content_type.to_owned());
    Attachment { key, name, content_type, size_bytes: 0, dimensions, has_thumbnail: dimensions.is_some() }
}

#[test]
fn a_name_loses_what_could_harm_and_keeps_the_rest() {
    for (given, kept) in [
        ("holiday.jpg", "holiday.jpg"),
        ("../../etc/passwd", "passwd"),
        (r"C:\Users\Ann\plan.doc", "plan.doc"),
        ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
        ("two\r\nlines.txt", "two  lines.txt"),
        ("\u{2066}a\u{2069}\0b.png", "ab.png"),
        ("..", "file"),
        (".hidden", "hidden"),
        ("", "file"),
        ("/", "file"),
        ("\u{200b}", "file"),
        ("  Ödön ♥️ 日本.png ", "Ödön ♥️ 日本.png"),
    ] {
        assert_eq!(clean_name(given), kept, "{given:?}");
    }
}

#[test]
fn a_long_name_keeps_its_ending() {
    let name = clean_name(&format!("{}.tar.gz", "x".repeat(400)));
    assert_eq!(name.chars().count(), 255);
    assert!(name.ends_with("x.gz"), "{name}");
    assert_eq!(clean_name(&format!("a.{}", "x".repeat(400))).chars().count(), 255);
}

proptest! {
    #[test]
    fn a_clean_name_is_one_line_of_a_path_whatever_was_given(given in "\\PC{0,300}|.{0,300}|[./\\\\]{0,9}") {
        let name = clean_name(&given);
        prop_assert!(!name.is_empty() && name.chars().count() <= 255, "{:?}", name);
        let is_harmful = name.contains(['/', '\\', '\n', '\r', '\0', '\u{202e}']) || name.starts_with('.');
        prop_assert!(!is_harmful, "{:?}", name);
        prop_assert_eq!(clean_name(&name), name);
    }
}

#[test]
fn what_a_file_is_its_content_decides() {
    assert_eq!(recognised(Some("image/png"), "text/html"), "image/png");
    assert_eq!(recognised(Some("text/html"), "image/png"), "text/html");
    assert_eq!(recognised(None, "text/plain"), "text/plain");
    assert_eq!(recognised(None, "image/png"), NOTHING_KNOWN, "a name alone makes nothing be shown");
    assert_eq!(recognised(Some("audio/x-wav"), ""), "audio/wav");
}

#[test]
fn only_pictures_films_and_sound_are_served_as_what_they_are() {
    for kind in ["image/png", "video/mp4", "audio/mpeg"] {
        assert_eq!(file("a", kind, None).served_type(), kind);
    }
    for kind in ["text/html", "image/svg+xml", "application/pdf", "text/javascript", "application/xhtml+xml"] {
        assert_eq!(file("a", kind, None).served_type(), NOTHING_KNOWN);
    }
}

#[test]
fn a_picture_is_shown_in_a_box_of_its_own_shape() {
    for (size, shown) in [
        ((300, 200), (300, 200)),
        ((1200, 800), (600, 400)),
        ((6000, 1000), (600, 100)),
        ((1000, 6000), (67, 400)),
        ((50_000, 1), (600, 1)),
        ((1, 1), (1, 1)),
    ] {
        assert_eq!(file("a", "image/png", Some(size)).shown_size(), Some(shown), "{size:?}");
    }
    assert_eq!(file("a", "image/png", None).shown_size(), None);
}

#[test]
fn a_url_is_one_whatever_the_name() {
    assert_eq!(
        file("a b?#/%ö.png", "", None).url("/rooms/1/messages/2"),
        "/rooms/1/messages/2/file/a%20b%3F%23%2F%25%C3%B6.png"
    );
}

#[test]
fn a_size_is_read_at_a_glance() {
    for (size_bytes, label) in [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_500, "2 kB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (2_450_000, "2.5 MB"),
        (100_000_000, "100 MB"),
        (1_200_000_000, "1200 MB"),
    ] {
        assert_eq!(Attachment { size_bytes, ..file("a", "", None) }.size_label(), label);
    }
}
