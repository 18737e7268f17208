//! Text that people type into forms, parsed once into types that need no further check. What does not fit them is `Invalid`.
//!
//! Invariants: a value of these types is trimmed, within its bound, and free of control characters, but for line breaks and tabs where
//! there are lines. A character is a Unicode scalar value, as in the browser's `[...text].length`.

use crate::error::Invalid;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Characters in a person's, a room's or the account's name: enough for any real one, and a page of them stays a page.
pub const NAME_MAX: usize = 200;
/// Bytes in an e-mail address: what SMTP can carry (RFC 5321, 4.5.3.1.3, less the brackets).
pub const EMAIL_ADDRESS_MAX: usize = 254;
/// Characters in a password: NIST SP 800-63B asks for at least eight.
pub const PASSWORD_LEN_MIN: usize = 8;
/// Bytes in a password, so that hashing has a bound; far past any pass phrase.
pub const PASSWORD_MAX: usize = 1024;
/// Characters in what somebody says of themselves: a line or two beside their name.
pub const BIO_MAX: usize = 200;
/// Bytes in the account's custom styles: what every page loads before it is shown.
pub const CUSTOM_STYLES_MAX: usize = 64 * 1024;
/// Characters in a boost: a word or a few pictures.
pub const BOOST_MAX: usize = 16;
/// Characters in a message, after trimming.
pub const MESSAGE_MAX: usize = 10_000;

/// Text that is kept as it was parsed.
macro_rules! text {
    ($($(#[$doc:meta])* $type:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $type(String);

        impl $type {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    )*};
}

text! {
    /// A name as people see it: 1 to [`NAME_MAX`] characters on one line.
    Name,
    /// An e-mail address, in lower case, so that it is found however it is typed.
    EmailAddress,
    /// What somebody says of themselves: at most [`BIO_MAX`] characters, of which there may be none.
    Bio,
    /// Styles that an administrator adds to every page: at most [`CUSTOM_STYLES_MAX`] bytes, whatever they are.
    CustomStyles,
    /// What a boost says: 1 to [`BOOST_MAX`] characters on one line.
    BoostContent,
    /// What was typed as a message: 1 to [`MESSAGE_MAX`] characters after trimming.
    MessageSource,
}

impl Name {
    /// Trims `text` and takes it as a name; `field` is the form's, for the message.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Invalid> {
        line(field, "A name", text, NAME_MAX, "Please fill in a name.").map(Self)
    }
}

/// What names are sorted by: without case and accents, "Room 2" before "Room 10". Names may share a key: an order needs the id too.
pub fn name_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    let mut digits = String::new();
    for c in name.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).chain(['\0']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            let number = digits.trim_start_matches('0');
            // A longer number is a larger one: its length goes first.
            key.push(char::from_digit(u32::try_from(number.len()).unwrap_or(35).min(35), 36).unwrap_or('z'));
            key.push_str(number);
            digits.clear();
        }
        if c != '\0' {
            key.push(c);
        }
    }
    key
}

impl EmailAddress {
    /// Takes `text` as an address, `name@host`. Only its shape is checked: whether it exists, nobody can tell.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let address = text.trim().to_lowercase();
        let strange = |c: char| c.is_whitespace() || c.is_control();
        let parts: Vec<&str> = address.split('@').collect();
        if parts.len() != 2 || parts.contains(&"") || address.contains(strange) {
            return Err(Invalid::new("email_address", "Please fill in an e-mail address, like ann@example.com."));
        }
        bounded("email_address", "An e-mail address", address.len(), EMAIL_ADDRESS_MAX, "bytes")?;
        Ok(Self(address))
    }
}

impl Bio {
    /// Takes `text` as a bio: trimmed, line ends as `\n`, control characters left out.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = unix_lines(text).replace(|c: char| c.is_control() && c != '\n', "");
        let bio = text.trim();
        bounded("bio", "A bio", bio.chars().count(), BIO_MAX, "characters")?;
        Ok(Self(bio.to_owned()))
    }
}

/// A password somebody chose. It is not trimmed, not logged and not stored.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// Takes `text` as a new password: [`PASSWORD_LEN_MIN`] characters to [`PASSWORD_MAX`] bytes.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.chars().count() < PASSWORD_LEN_MIN {
            return Err(Invalid::new("password", format!("A password needs at least {PASSWORD_LEN_MIN} characters.")));
        }
        bounded("password", "A password", text.len(), PASSWORD_MAX, "bytes")?;
        Ok(Self(text.to_owned()))
    }

    /// The password's bytes, for hashing.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl CustomStyles {
    /// Takes `text` as styles, with line ends as `\n`. Browsers skip what they can't make sense of.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let unix = text.replace("\r\n", "\n").replace(['\r', '\0'], "");
        bounded("custom_styles", "Custom styles", unix.len().div_ceil(1024), CUSTOM_STYLES_MAX / 1024, "KiB")?;
        Ok(Self(unix.trim_end().to_owned()))
    }
}

impl BoostContent {
    /// Trims `text` and takes it as a boost.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        line("content", "A boost", text, BOOST_MAX, "Please choose an emoji or type a few characters.").map(Self)
    }
}

impl MessageSource {
    /// Takes `text` as what is written beside a file, which may be nothing.
    pub fn parse_beside_file(text: &str) -> Result<Self, Invalid> {
        if text.chars().any(is_visible) { Self::parse(text) } else { Ok(Self(String::new())) }
    }

    /// Takes `text` as a message: trimmed, line ends as `\n`, control characters left out.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = unix_lines(text).replace(|c: char| c.is_control() && !matches!(c, '\n' | '\t'), "");
        let source = text.trim();
        if !source.chars().any(is_visible) {
            return Err(Invalid::new("body", "Please write something first."));
        }
        let length = source.chars().count();
        if length > MESSAGE_MAX {
            // Forms have less than a million.
            let (thousands, rest) = (length / 1000, length % 1000);
            let message = format!("A message can have at most 10,000 characters; this one has {thousands},{rest:03}.");
            return Err(Invalid::new("body", message));
        }
        Ok(Self(source.to_owned()))
    }
}

/// Trims `text` to one line on which something can be seen; `what` it is begins the sentence that refuses it.
fn line(field: &'static str, what: &str, text: &str, max: usize, if_empty: &'static str) -> Result<String, Invalid> {
    let line = text.trim();
    if !line.chars().any(is_visible) {
        return Err(Invalid::new(field, if_empty));
    }
    bounded(field, what, line.chars().count(), max, "characters")?;
    if line.chars().any(char::is_control) {
        return Err(Invalid::new(field, format!("{what} can't have line breaks or control characters.")));
    }
    Ok(line.to_owned())
}

/// Refuses more than `max`.
fn bounded(field: &'static str, what: &str, length: usize, max: usize, unit: &str) -> Result<(), Invalid> {
    if length <= max { Ok(()) } else { Err(Invalid::new(field, format!("{what} can have at most {max} {unit}."))) }
}

/// `text` with line ends as `\n`.
fn unix_lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Whether a reader would see anything of `c`: white space, controls and zero-width characters leave an empty line.
pub(super) fn is_visible(c: char) -> bool {
    let zero_width = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{e0000}'..='\u{e0fff}');
    !c.is_whitespace() && !c.is_control() && !zero_width
}

unit_tests!("../../tests/unit/domain/text.rs");
