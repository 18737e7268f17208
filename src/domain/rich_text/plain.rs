//! A parsed message as what a reader reads: for search, for notifications, and to be read aloud.

use super::sanitizing::{Leads, leads};
use crate::domain::text::is_visible;
use comrak::Node;
use comrak::arena_tree::NodeEdge;
use comrak::nodes::{ListType, NodeValue};

/// The document's text: a line for each line, items with their mark, quotes in quotation marks, cells apart. None when it has none.
pub(super) fn text(document: Node<'_>) -> Option<String> {
    let mut text = Text::default();
    for edge in document.traverse() {
        match edge {
            NodeEdge::Start(node) => text.enter(node),
            NodeEdge::End(node) => text.leave(node),
        }
    }
    text.is_said.then_some(text.out)
}

#[derive(Default)]
struct Text {
    out: String,
    /// Something besides marks was written.
    is_said: bool,
    /// A mark was just written: what follows stands on its line.
    is_marked: bool,
    /// For each list around: the number of its next item, if it counts.
    numbers: Vec<Option<usize>>,
}

impl Text {
    fn push(&mut self, text: &str) {
        self.is_said |= text.chars().any(is_visible);
        self.is_marked &= text.is_empty();
        self.out.push_str(text);
    }

    /// Begins a line, unless one has just begun.
    fn line(&mut self) {
        if !self.is_marked && !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    /// Begins a line with a mark.
    fn mark(&mut self, mark: &str) {
        self.line();
        self.out.push_str(mark);
        self.is_marked = true;
    }

    fn enter(&mut self, node: Node<'_>) {
        let data = node.data();
        match &data.value {
            NodeValue::Text(text) => self.push(text),
            NodeValue::Code(code) => self.push(&code.literal),
            NodeValue::HtmlInline(html) => self.push(html),
            NodeValue::ShortCode(code) => self.push(&code.emoji),
            NodeValue::SoftBreak | NodeValue::LineBreak => self.push("\n"),
            NodeValue::HtmlBlock(block) => self.block(&block.literal),
            NodeValue::CodeBlock(block) => self.block(&block.literal),
            NodeValue::ThematicBreak => self.block("—"),
            NodeValue::BlockQuote => self.mark("“"),
            NodeValue::TaskItem(task) => self.mark(if task.symbol.is_some() { "☑ " } else { "☐ " }),
            NodeValue::List(list) => self.numbers.push((list.list_type == ListType::Ordered).then_some(list.start)),
            NodeValue::Item(_) => match self.numbers.last_mut() {
                Some(Some(number)) => {
                    let mark = format!("{number}. ");
                    *number += 1;
                    self.mark(&mark);
                }
                _ => self.mark("• "),
            },
            NodeValue::TableCell if node.previous_sibling().is_some() => self.out.push_str(" · "),
            NodeValue::Paragraph | NodeValue::Heading(_) | NodeValue::TableRow(_) => self.line(),
            NodeValue::Link(link) | NodeValue::Image(link) if node.first_child().is_none() => self.push(&link.url),
            _ => {}
        }
    }

    fn leave(&mut self, node: Node<'_>) {
        match &node.data().value {
            NodeValue::BlockQuote => {
                self.out.push('”');
                self.is_marked = false;
            }
            NodeValue::List(_) => drop(self.numbers.pop()),
            // The address of a link that is none, as the page shows it.
            NodeValue::Link(link) | NodeValue::Image(link)
                if node.first_child().is_some() && !link.url.is_empty() && leads(&link.url) == Leads::Nowhere =>
            {
                self.push(&format!(" ({})", link.url));
            }
            _ => {}
        }
    }

    /// A block of lines as they are.
    fn block(&mut self, text: &str) {
        self.line();
        self.push(text.trim_end());
    }
}
