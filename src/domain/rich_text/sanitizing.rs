//! The allow-list: all that a message's markup may consist of.

use super::highlighting::classes;
use super::links::{Leads, SCHEMES, leads};
use ammonia::{Builder, UrlRelative};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

const TAGS: &str =
    "a blockquote br code del div em h3 h4 h5 h6 hr input li ol p pre span strong table tbody td th thead tr ul";

/// Blocks that take their direction from what they say; paragraphs do by the stylesheet.
const DIRECTED: [&str; 4] = ["blockquote", "ol", "table", "ul"];

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
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
            ("a", HashMap::from([("target", HashSet::from(["_blank"]))])),
            (
                "input",
                HashMap::from([
                    ("type", HashSet::from(["checkbox"])),
                    ("checked", HashSet::from([""])),
                    ("disabled", HashSet::from([""])),
                ]),
            ),
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
