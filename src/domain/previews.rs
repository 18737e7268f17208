//! Previews of links: what a page says of itself, made safe to show.
//!
//! Invariant: whatever the page is, what comes of it is plain text on one line within bounds, and a URL.

use super::{fitted, is_visible};
use encoding_rs::{Encoding, UTF_8};
use scraper::Html;
use std::collections::HashMap;
use url::Url;

/// Characters of a title and of a description that are kept: more than is shown.
const TITLE_MAX: usize = 280;
const DESCRIPTION_MAX: usize = 560;
/// Bytes of a page that are read: most heads end before. The worst page takes time by the square of them, and so most of a second.
const READ_MAX: usize = 64 * 1024;
/// Bytes in which a page says how it is encoded (HTML, 4.2.5.4).
const ENCODING_WITHIN: usize = 1024;
/// The box in which the picture is shown, in CSS pixels; it is kept twice as large.
pub const BOX_MAX: (u32, u32) = (480, 160);

/// The preview of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The link, as in the message.
    pub url: String,
    /// What is there; empty for a picture alone.
    pub title: String,
    /// More of it; may be empty.
    pub description: String,
    /// Width and height of its picture; 0 without one.
    pub image_size: (u32, u32),
    /// The change of its message that brought it.
    pub revision: i64,
}

impl Preview {
    /// The host that the link leads to, for people.
    pub fn host(&self) -> String {
        let url = Url::parse(&self.url).ok();
        url.and_then(|url| url.host_str().map(|host| host.trim_start_matches("www.").to_owned())).unwrap_or_default()
    }

    /// Where its picture is, by its message's path, if it has one.
    pub fn image_url(&self, message: &str) -> Option<String> {
        (self.image_size.0 > 0).then(|| format!("{message}/preview/image?v={}", self.revision))
    }

    /// The size in which its picture is shown, in CSS pixels.
    pub fn shown_size(&self) -> (u32, u32) {
        fitted(self.image_size, BOX_MAX)
    }
}

/// What a page found at `url` is called and is about, and where its picture is; first by what it says for previews.
pub fn read(page: &[u8], content_type: &str, url: &Url) -> (String, String, Option<Url>) {
    let page = &page[..page.len().min(READ_MAX)];
    let beginning = String::from_utf8_lossy(&page[..page.len().min(ENCODING_WITHIN)]);
    let encoding = encoding(content_type).or_else(|| encoding(&beginning)).unwrap_or(UTF_8);
    let page = Html::parse_document(&encoding.decode(page).0);
    let mut said: HashMap<String, String> = HashMap::new();
    for element in page.root_element().descendent_elements() {
        let named = element.attr("property").or(element.attr("name")).zip(element.attr("content"));
        match (element.value().name(), named) {
            ("title", _) => said.entry("title".to_owned()).or_insert_with(|| element.text().collect()),
            ("meta", Some((name, text))) => said.entry(name.trim().to_ascii_lowercase()).or_insert(text.to_owned()),
            _ => continue,
        };
    }
    let first = |names: [&str; 3], max| {
        let text = names.into_iter().filter_map(|name| said.get(name)).map(|text| one_line(text, max));
        text.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
    };
    let image = ["og:image", "og:image:url", "twitter:image"].into_iter().find_map(|name| said.get(name));
    let image = image.filter(|image| !image.trim().is_empty()).and_then(|image| url.join(image.trim()).ok());
    let description = first(["og:description", "twitter:description", "description"], DESCRIPTION_MAX);
    (first(["og:title", "twitter:title", "title"], TITLE_MAX), description, image)
}

/// The encoding that a header or the beginning of a page names.
fn encoding(text: &str) -> Option<&'static Encoding> {
    let text = text.to_ascii_lowercase();
    let name = text.split_once("charset=")?.1.trim_start_matches(['"', '\'', ' ']);
    Encoding::for_label(name.split(['"', '\'', ';', '>', '/', ' ']).next()?.as_bytes())
}

/// Text on one line, without what is not seen or turns the direction of the rest; nothing where nothing is seen.
fn one_line(text: &str, length_max: usize) -> String {
    let is_kept = |c: &char| is_visible(*c) || matches!(c, ' ' | '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
    let seen: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(is_kept).collect();
    let words = seen.split(' ').filter(|word| word.contains(is_visible)).collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(length_max) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

unit_tests!("../../tests/unit/domain/previews.rs");
