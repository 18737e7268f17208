//! Unit tests of `domain::previews`.

use super::*;
use proptest::prelude::*;

fn said(page: impl AsRef<[u8]>) -> (String, String, Option<String>) {
    let (title, description, image) = read(page.as_ref(), "text/html", &Url::parse("https://example.com/a/b").unwrap());
    (title, description, image.map(String::from))
}

fn is(title: &str, description: &str, image: Option<&str>) -> (String, String, Option<String>) {
    (title.to_owned(), description.to_owned(), image.map(str::to_owned))
}

#[test]
fn what_is_said_for_previews_goes_before_what_a_page_says_for_itself() {
    let own = "<title>Own</title><meta name=description content='Of itself'>";
    assert_eq!(said(own), is("Own", "Of itself", None));
    let cards = "<meta name=twitter:title content=Card><meta name=twitter:description content='On a card'>
                 <meta name=twitter:image content=card.png>";
    assert_eq!(said(format!("{own}{cards}")), is("Card", "On a card", Some("https://example.com/a/card.png")));
    let graph = "<META Property=' OG:Title ' content='Tom &amp; Jerry'><meta property=og:title content=second>
                 <meta name=og:description content=''><meta property=og:image content=' //cdn.example.org/p.png '>";
    assert_eq!(
        said(format!("{own}{cards}{graph}")),
        is("Tom & Jerry", "On a card", Some("https://cdn.example.org/p.png"))
    );
}

#[test]
fn what_only_looks_like_a_head_is_none() {
    assert_eq!(said(""), is("", "", None));
    assert_eq!(said("<script>'<meta property=og:title content=no><title>no</title>'</script>"), is("", "", None));
    assert_eq!(said("<!-- <title>no</title> --><textarea><title>no</title></textarea>"), is("", "", None));
    assert_eq!(said("<meta property=og:title><meta content=x><meta property=og:image content=''>"), is("", "", None));
    assert_eq!(said("<title>yes <b>and</b> so on</title>"), is("yes <b>and</b> so on", "", None), "a title is text");
}

#[test]
fn what_is_shown_is_one_line_of_plain_text_within_bounds() {
    let page = "<title>\u{202e}Two\n\t lines\u{7} \u{200b} \u{2066}here 👨\u{200d}👩 ♥\u{fe0f}</title>";
    assert_eq!(said(page).0, "Two lines here 👨\u{200d}👩 ♥\u{fe0f}");
    let title = said(format!("<title>{}</title>", "é".repeat(1000))).0;
    assert_eq!((title.chars().count(), title.ends_with('…')), (TITLE_MAX + 1, true));
    let description = said(format!("<meta name=description content='{}'>", "x ".repeat(1000))).1;
    assert_eq!(description.chars().count(), DESCRIPTION_MAX + 1);
}

#[test]
fn the_encoding_is_what_the_header_or_the_page_says() {
    let url = Url::parse("https://example.com/").unwrap();
    let read = |page: &[u8], kind: &str| read(page, kind, &url).0;
    assert_eq!(read(b"<title>caf\xe9</title>", "text/html; charset=ISO-8859-1"), "café");
    assert_eq!(read(b"<meta charset=\"windows-1252\"><title>caf\xe9</title>", "text/html"), "café");
    assert_eq!(
        read(
            b"<meta http-equiv=content-type content='text/html; charset=Shift_JIS'><title>\x93\xfa</title>",
            "text/html"
        ),
        "日"
    );
    assert_eq!(read("<title>café</title>".as_bytes(), "text/html; charset=nonsense"), "café");
    assert_eq!(read(b"<title>caf\xe9</title>", "text/html"), "caf\u{fffd}");
}

#[test]
fn the_worst_page_takes_no_more_than_moments() {
    let tags = ["<b>", "<div><p>", "<a ", "<table>", "</p>", "<li>", "<select><option>", "<!--", "&am"];
    for tag in tags {
        said(tag.repeat(1024 * 1024 / tag.len()));
    }
    let attributes: String = (0..200_000).map(|number| format!(" {number:x}")).collect();
    said(format!("<a{attributes}>"));
}

proptest! {
    #[test]
    fn no_page_does_harm(page: Vec<u8>, text in "(<|>|meta|title|property=og:title|content=|[a-z]|'|\\PC){0,60}") {
        for page in [page.as_slice(), text.as_bytes(), format!("<title>{text}</title>").as_bytes()] {
            let (title, description, _) = said(page);
            for text in [title, description] {
                let is_harmful = text.chars().count() > DESCRIPTION_MAX + 1 || text.contains(['\n', '\0', '\u{202e}']);
                prop_assert!(!is_harmful, "{:?}", text);
                prop_assert_eq!(one_line(&text, DESCRIPTION_MAX + 1), text);
            }
        }
    }
}

#[test]
fn a_picture_is_shown_in_its_box_and_a_host_without_what_everybody_has() {
    let url = "https://www.example.com:8443/x".to_owned();
    let preview = |image_size| Preview {
        url: url.clone(),
        title: String::new(),
        description: String::new(),
        image_size,
        revision: 7,
    };
    assert_eq!(preview((610, 320)).shown_size(), (305, 160));
    assert_eq!(preview((100, 50)).shown_size(), (100, 50));
    assert_eq!(preview((610, 320)).image_url("/m").as_deref(), Some("/m/preview/image?v=7"));
    assert_eq!(preview((0, 0)).image_url("/m"), None);
    assert_eq!(preview((0, 0)).host(), "example.com");
}
