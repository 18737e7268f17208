//! What a message's markup may consist of, said a second time: tests and fuzz targets share it.

use scraper::{ElementRef, Html};

/// Every element and attribute that a message may have, told apart from the code's own list.
fn is_allowed(element: &ElementRef<'_>) -> bool {
    let name = element.value().name();
    let blocks = ["blockquote", "br", "code", "del", "div", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre"];
    let known = blocks.contains(&name)
        || ["a", "input", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"].contains(&name);
    let starts = |value: &str| {
        ["http://", "https://", "mailto:"]
            .iter()
            .any(|scheme| value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
    };
    let is_ours = |value: &str| value.starts_with('/') && !value.starts_with("//") && !value.starts_with("/\\");
    known
        && element.value().attrs().all(|(attribute, value)| match (name, attribute) {
            ("a", "href") => starts(value) || is_ours(value),
            ("a", "target") => value == "_blank",
            ("a", "rel") => value == "noopener noreferrer nofollow",
            ("blockquote" | "ol" | "table" | "ul", "dir") => value == "auto",
            ("td" | "th", "align") => ["left", "center", "right"].contains(&value),
            ("ol", "start") => value.parse::<u32>().is_ok(),
            ("input", "type") => value == "checkbox",
            ("input", "checked" | "disabled") => value.is_empty(),
            ("pre", "data-language") => value.chars().all(|c| c.is_ascii_alphanumeric() || "+#-_.".contains(c)),
            ("div", "class") => value == "table-scroller",
            ("span", "class") => {
                value.strip_prefix("code-").is_some_and(|rest| rest.chars().all(|c| c.is_ascii_lowercase()))
            }
            _ => false,
        })
}

/// What in `html` is not allowed, if anything is.
pub fn strange(html: &str) -> Option<String> {
    let page = Html::parse_fragment(html);
    // The parser's own root is the first of the elements.
    page.root_element().descendent_elements().skip(1).find(|element| !is_allowed(element)).map(|element| element.html())
}
