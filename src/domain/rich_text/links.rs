//! Where a message may lead.

use url::Url;

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
pub(super) const SCHEMES: [&str; 3] = ["http", "https", "mailto"];

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

/// The pages of elsewhere that markup links to, as the allow-list lets it through: in code there are no links, and what is typed has no
/// quotation marks and angle brackets left.
pub(super) fn away(html: &str) -> impl Iterator<Item = Url> {
    let address = |rest: &str| Some(rest.split_once('"')?.0.replace("&amp;", "&"));
    let links = html.split("<a href=\"").skip(1).filter_map(address).filter_map(|url| Url::parse(&url).ok());
    links.filter(|url| matches!(url.scheme(), "http" | "https"))
}
