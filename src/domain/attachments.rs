//! Files in messages: their names, what they are, and how large they are shown.
//!
//! Invariant: what a file is, its content decides, never what its sender says.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rand::CryptoRng;
use std::fmt;

/// Characters in a file's name: what file systems take, in bytes of the plainest kind.
const NAME_MAX: usize = 255;
/// Characters of a name's ending that are kept when the name is too long.
const ENDING_MAX: usize = 16;
/// The type of what is only bytes (RFC 2046, 4.5.1).
pub const NOTHING_KNOWN: &str = "application/octet-stream";
/// The largest box in which a picture or film is shown, in CSS pixels; screens may have two for one.
pub const BOX_MAX: (u32, u32) = (600, 400);
/// What may stand in a path as it is.
const AS_IT_IS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');
/// Pictures that are shown in the conversation.
pub const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// The name of a file in the storage: 128 random bits, in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileKey(pub String);

impl FileKey {
    pub fn generate(dice: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 16];
        dice.fill_bytes(&mut bytes);
        Self(hex::encode(bytes))
    }

    /// Where it lies below the folder of files: one of 256 folders, and its name there.
    pub fn path(&self) -> (&str, &str) {
        self.0.split_at_checked(2).unwrap_or(("", &self.0))
    }
}

/// A file that came with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub key: FileKey,
    /// What it was called where it comes from, as [`clean_name`] makes it.
    pub name: String,
    pub content_type: String,
    pub size_bytes: u64,
    /// Width and height of a picture that is shown.
    pub dimensions: Option<(u32, u32)>,
    pub has_thumbnail: bool,
}

impl Attachment {
    /// What it is as far as it may be shown or played, or else something that browsers only store.
    pub fn served_type(&self) -> &str {
        if is_shown(&self.content_type) { &self.content_type } else { NOTHING_KNOWN }
    }

    /// Whether it is of a family that browsers may play: `video/` or `audio/`.
    pub fn is_played(&self, family: &str) -> bool {
        self.served_type().starts_with(family)
    }

    /// The box a picture is shown in, in CSS pixels: its own size, or smaller, and never nothing.
    pub fn shown_size(&self) -> Option<(u32, u32)> {
        Some(fitted(self.dimensions?, BOX_MAX))
    }

    /// Where it is, by its message's path.
    pub fn url(&self, message: impl fmt::Display) -> String {
        format!("{message}/file/{}", utf8_percent_encode(&self.name, AS_IT_IS))
    }

    pub fn size_label(&self) -> String {
        match self.size_bytes {
            1 => "1 byte".to_owned(),
            bytes @ 0..1000 => format!("{bytes} bytes"),
            bytes @ 1000..999_500 => format!("{} kB", (bytes + 500) / 1000),
            bytes => format!("{} MB", (bytes as f64 / 1e5).round() / 10.0),
        }
    }
}

/// The size of a picture in a box: its own, or smaller, and never nothing.
pub fn fitted((width, height): (u32, u32), (width_max, height_max): (u32, u32)) -> (u32, u32) {
    let fit = (f64::from(width_max) / f64::from(width)).min(f64::from(height_max) / f64::from(height)).min(1.0);
    let scaled = |length| ((f64::from(length) * fit).round() as u32).max(1);
    (scaled(width), scaled(height))
}

/// Whether browsers show or play it without running any of it. Everything else is only ever downloaded.
fn is_shown(kind: &str) -> bool {
    let is_played = kind.strip_prefix("video/").is_some_and(|it| matches!(it, "mp4" | "webm" | "quicktime"))
        || kind.strip_prefix("audio/").is_some_and(|it| matches!(it, "mpeg" | "mp4" | "ogg" | "flac" | "wav" | "aac"));
    is_played || PICTURES.contains(&kind)
}

/// What a file is: what its content says, by its usual name, or else what its name says; but a name alone makes nothing be shown.
pub fn recognised(content: Option<&str>, name: &str) -> String {
    match content {
        Some(kind) => kind.replace("/x-", "/").replace("/m4a", "/mp4").replace("/m4v", "/mp4").replace("/opus", "/ogg"),
        None if is_shown(name) => NOTHING_KNOWN.to_owned(),
        None => name.to_owned(),
    }
}

/// A file's name on one line, without folders and what is not seen or turns its direction: 255 characters at most, the ending kept.
pub fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_kept = |c: &char| *c == ' ' || super::text::is_visible(*c) || ('\u{fe00}'..='\u{fe0f}').contains(c);
    let kept: String = last.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(is_kept).collect();
    let name = kept.trim().trim_start_matches('.').trim_start();
    if !name.chars().any(super::text::is_visible) {
        return "file".to_owned();
    }
    let length = name.chars().count();
    if length <= NAME_MAX {
        return name.to_owned();
    }
    let ending = name.rfind('.').map_or("", |at| &name[at..]);
    let ending = if ending.chars().count() <= ENDING_MAX { ending } else { "" };
    name.chars().take(NAME_MAX - ending.chars().count()).chain(ending.chars()).collect()
}

unit_tests!("../../tests/unit/domain/attachments.rs");
