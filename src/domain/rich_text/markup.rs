//! A parsed message as HTML, before the allow-list.
//!
//! Invariants: text is written escaped; nothing nests deeper than `DEPTH_MAX`.

use super::highlighting::{self, HIGHLIGHTED_MAX};
use super::sanitizing::{Leads, leads};
use comrak::html::{ChildRendering, Context, escape, escape_href, format_document_with_formatter, format_node_default};
use comrak::nodes::{NodeCodeBlock, NodeLink, NodeValue};
use comrak::options::Plugins;
use comrak::{Node, Options};
use std::fmt::{self, Write};

/// How deep quotes, lists and emphasis may nest; the rest is shown at this depth. Past it nothing is told apart, and browsers pay.
const DEPTH_MAX: usize = 24;
/// Bytes of a language's name that are kept; none is longer.
const LANGUAGE_MAX: usize = 20;

/// What is known on the way through the document.
struct Way {
    depth: usize,
    links: usize,
    /// Bytes of code that may yet be in colours.
    budget: usize,
}

pub(super) fn html(document: Node<'_>, options: &Options<'_>) -> String {
    let (mut html, way) = (String::new(), Way { depth: 0, links: 0, budget: HIGHLIGHTED_MAX });
    // Writing into a string does not fail.
    let _ = format_document_with_formatter(document, options, &mut html, &Plugins::default(), write, way);
    html
}

/// Text as one paragraph, its line breaks kept.
pub(super) fn paragraph(text: &str) -> String {
    format!("<p>{}</p>", text.trim_end().lines().map(escaped).collect::<Vec<_>>().join("<br>"))
}

pub(in crate::domain) fn escaped(text: &str) -> String {
    let mut html = String::new();
    // Writing into a string does not fail.
    let _ = escape(&mut html, text);
    html
}

/// Writes one node: the ways in which ours differ from the usual ones.
fn write(out: &mut Context<'_, '_, Way>, node: Node<'_>, entering: bool) -> Result<ChildRendering, fmt::Error> {
    let has_children = node.first_child().is_some();
    out.user.depth += usize::from(entering);
    let depth = out.user.depth;
    out.user.depth -= usize::from(!entering);
    let data = node.data();
    // A node without children is text or as good as text.
    if depth > DEPTH_MAX && has_children && !matches!(data.value, NodeValue::Link(_) | NodeValue::Image(_)) {
        if !entering && data.value.block() && data.value.contains_inlines() {
            out.write_str("<br>")?;
        }
        return Ok(ChildRendering::HTML);
    }
    match &data.value {
        NodeValue::Heading(heading) => {
            // The page has a heading of its own.
            let level = (heading.level + 2).min(6);
            write!(out, "<{}h{level}>", if entering { "" } else { "/" })?;
        }
        NodeValue::SoftBreak | NodeValue::LineBreak if entering => out.write_str("<br>")?,
        NodeValue::SoftBreak | NodeValue::LineBreak => {}
        NodeValue::HtmlBlock(block) if entering => out.write_str(&paragraph(&block.literal))?,
        NodeValue::CodeBlock(block) if entering => write_code(out, block)?,
        NodeValue::HtmlBlock(_) | NodeValue::CodeBlock(_) => {}
        NodeValue::Link(link) | NodeValue::Image(link) => write_link(out, link, entering, has_children)?,
        NodeValue::Table(_) => {
            out.write_str(if entering { "<div class=\"table-scroller\">" } else { "" })?;
            format_node_default(out, node, entering)?;
            out.write_str(if entering { "" } else { "</div>" })?;
        }
        _ => return format_node_default(out, node, entering),
    }
    Ok(ChildRendering::HTML)
}

/// A link or, as one, a picture of elsewhere: whoever reads decides whether to fetch it.
fn write_link(out: &mut Context<'_, '_, Way>, link: &NodeLink, entering: bool, is_named: bool) -> fmt::Result {
    let leads = leads(&link.url);
    out.user.links -= usize::from(!entering);
    let is_outermost = out.user.links == 0;
    out.user.links += usize::from(entering);
    if leads == Leads::Nowhere {
        // Nothing is lost: the address can be read.
        return match (entering, is_named && !link.url.is_empty()) {
            (true, false) => out.escape(&link.url),
            (false, true) => write!(out, " (").and_then(|()| out.escape(&link.url)).and_then(|()| write!(out, ")")),
            _ => Ok(()),
        };
    }
    if entering {
        if is_outermost {
            out.write_str("<a href=\"")?;
            escape_href(out, &link.url, false)?;
            out.write_str(if leads == Leads::Away { "\" target=\"_blank\">" } else { "\">" })?;
        }
        return if is_named { Ok(()) } else { out.escape(&link.url) };
    }
    if is_outermost { out.write_str("</a>") } else { Ok(()) }
}

fn write_code(out: &mut Context<'_, '_, Way>, block: &NodeCodeBlock) -> fmt::Result {
    let language = block.info.split_whitespace().next().unwrap_or("");
    let is_name = |c: char| c.is_ascii_alphanumeric() || "+#-_.".contains(c);
    let is_shown = !language.is_empty() && language.len() <= LANGUAGE_MAX && language.chars().all(is_name);
    match is_shown {
        true => write!(out, "<pre data-language=\"{}\"><code>", language.to_lowercase())?,
        false => out.write_str("<pre><code>")?,
    }
    let mut budget = out.user.budget;
    let written = highlighting::write(out, block.literal.trim_end_matches('\n'), language, &mut budget);
    out.user.budget = budget;
    written?;
    out.write_str("</code></pre>")
}
