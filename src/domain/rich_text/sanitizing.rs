//! The allow-list: all that a message's markup may consist of, and where its links may lead.

use super::highlighting::classes;
use ammonia::{Builder, UrlRelative};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;
use url::Url;

const TAGS: &str =
    "a blockquote br code del div em h3 h4 h5 h6 hr input li ol p pre span strong table tbody td th thead tr ul";

/// Blocks that take their direction from what they say; paragraphs do by the stylesheet.
const DIRECTED: [&str; 4] = ["blockquote", "ol", "table", "ul"];

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let only = |attribute, value| (attribute, HashSet::from([value]));
    let aligned = || HashMap::from([("align", HashSet::from(["left", "center", "right"]))]);
    let mut cleaner = Builder::empty();
    cleaner
        .tags(TAGS.split(' ').collect())
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href"])),
            ("ol", HashSet::from(["start"])),
            ("pre", HashSet::from(["data-language"])),
        ]))
        .tag_attribute_values(HashMap::from([
            ("a", HashMap::from([only("target", "_blank")])),
            ("input", HashMap::from([only("type", "checkbox"), only("checked", ""), only("disabled", "")])),
            ("td", aligned()),
            ("th", aligned()),
        ]))
        .allowed_classes(HashMap::from([("div", HashSet::from(["table-scroller"])), ("span", classes().collect())]))
        .url_schemes(HashSet::from(SCHEMES))
        .url_relative(UrlRelative::Custom(Box::new(ours)))
        .link_rel(Some("noopener noreferrer nofollow"));
    for tag in DIRECTED {
        cleaner.set_tag_attribute_value(tag, "dir", "auto");
    }
    cleaner
});

/// `html` without whatever is not on the list.
pub(super) fn clean(html: &str) -> String {
    CLEANER.clean(html).to_string()
}

/// A relative address, if it is a place of ours.
fn ours(url: &str) -> Option<Cow<'_, str>> {
    (leads(url) == Leads::Here).then_some(Cow::Borrowed(url))
}

/// Where a link leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leads {
    /// To a place of ours, in this tab.
    Here,
    /// Elsewhere, in a tab of its own.
    Away,
    /// Nowhere that a message may lead: its address is shown as text.
    Nowhere,
}

/// The schemes that a message may link to.
const SCHEMES: [&str; 3] = ["http", "https", "mailto"];

/// Where `url` leads. Case does not count in schemes (RFC 3986, 3.1). Of relative addresses, only paths from the root mean
/// the same on every page; `//` and `/\` begin the address of another host.
pub(super) fn leads(url: &str) -> Leads {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme);
    if scheme.is_some_and(|scheme| SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme))) {
        Leads::Away
    } else if url.starts_with('/') && !url[1..].starts_with(['/', '\\']) {
        Leads::Here
    } else {
        Leads::Nowhere
    }
}

/// The pages of elsewhere that cleaned markup links to: in code there are no links, and what is typed has no quotation marks left.
pub(super) fn away(html: &str) -> impl Iterator<Item = Url> {
    let address = |rest: &str| Some(rest.split_once('"')?.0.replace("&amp;", "&"));
    let links = html.split("<a href=\"").skip(1).filter_map(address).filter_map(|url| Url::parse(&url).ok());
    links.filter(|url| matches!(url.scheme(), "http" | "https"))
}
