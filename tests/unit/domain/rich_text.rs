//! Unit tests of `domain::rich_text`.

use super::*;
use proptest::prelude::*;
use scraper::Html;

#[path = "../../support/allowed.rs"]
mod allowed;

fn html(source: &str) -> String {
    render(source).html.to_string()
}

fn plain(source: &str) -> String {
    render(source).plain_text
}

/// Pieces that mean something to a parser of Markdown, HTML or code, in any order.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("```rust\n"),
        Just("```html\n"),
        Just("```php\n"),
        Just("```\n"),
        Just("~~~sh\n"),
        Just("`"),
        Just("``"),
        Just("<script>"),
        Just("</script>"),
        Just("<img src=x onerror=alert(1)>"),
        Just("<a href='javascript:alert(1)'>"),
        Just("<!--"),
        Just("-->"),
        Just("<![CDATA["),
        Just("]]>"),
        Just("<svg><style>"),
        Just("<math><mtext>"),
        Just("</p>"),
        Just("</pre></code>"),
        Just("javascript:alert(1)"),
        Just("data:text/html,x"),
        Just("vbscript:x"),
        Just("//evil.example"),
        Just("/\\evil.example"),
        Just("](java\nscript:x)"),
        Just("](&#106;avascript:x)"),
        Just("](/rooms/1)"),
        Just("](http://x.y \"t\")"),
        Just("!["),
        Just("["),
        Just("]"),
        Just("("),
        Just(")"),
        Just("[a]: javascript:x\n"),
        Just("[a]"),
        Just("http://a.b/'\"<>"),
        Just("www.a.b"),
        Just("a@b.co"),
        Just("<https://x.y>"),
        Just("<x:y>"),
        Just("> "),
        Just("- "),
        Just("1. "),
        Just("- [x] "),
        Just("# "),
        Just("| a | b |\n|-|:-:|\n"),
        Just("|"),
        Just("---\n"),
        Just("***"),
        Just("**"),
        Just("_"),
        Just("~~"),
        Just("\n"),
        Just("\n\n"),
        Just("    "),
        Just("\t"),
        Just("\\"),
        Just("&lt;"),
        Just("&#0;"),
        Just("&quot;"),
        Just(":tada:"),
        Just("\""),
        Just("'"),
        Just("\u{202e}"),
        Just("fn x() { \"y\" } // z\n"),
        Just("word"),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_input_gives_markup_outside_the_list(source in prop_oneof![hostile(), "[\\s\\S]{0,200}"]) {
        prop_assert_eq!(allowed::strange(&html(&source)), None);
    }

    #[test]
    fn what_is_written_is_a_small_multiple_of_what_was_typed(source in hostile()) {
        let bound = 64 * source.len() + 64;
        let Rendered { html, plain_text } = render(&source);
        prop_assert!(html.as_str().len() <= bound, "{}", html);
        prop_assert!(plain_text.len() <= bound, "{}", plain_text);
    }

    #[test]
    fn every_word_is_still_there(source in "[a-z]{1,9}([ \\n][a-z]{1,9}){0,30}") {
        prop_assert_eq!(&plain(&source), &source);
        prop_assert_eq!(html(&source), format!("<p>{}</p>", source.replace('\n', "<br>")));
    }

    /// Words between marks: the reader sees the words, in their order, and none of the marks.
    #[test]
    fn plain_text_has_no_marks(words in proptest::collection::vec(("[a-z]{1,8}", 0usize..9), 1..12)) {
        let mark = |(word, kind): &(String, usize)| match kind {
            0 => format!("**{word}**"),
            1 => format!("_{word}_"),
            2 => format!("~~{word}~~"),
            3 => format!("`{word}`"),
            4 => format!("[{word}](https://example.com)"),
            5 => format!("\n\n# {word}\n\n"),
            6 => format!("\n\n```rust\n{word}\n```\n\n"),
            7 => format!("***{word}***"),
            _ => word.clone(),
        };
        let source: Vec<_> = words.iter().map(mark).collect();
        let read = plain(&source.join(" "));
        let expected: Vec<_> = words.iter().map(|(word, _)| word.as_str()).collect();
        prop_assert_eq!(read.split_whitespace().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn each_part_of_the_flavour() {
    for (source, expected) in [
        ("*a* **b** ~~c~~ `d`", "<p><em>a</em> <strong>b</strong> <del>c</del> <code>d</code></p>"),
        ("one\ntwo\n\nthree", "<p>one<br>two</p><p>three</p>"),
        ("- a\n- b\n  - c", r#"<ul dir="auto"><li>a</li><li>b<ul dir="auto"><li>c</li></ul></li></ul>"#),
        ("3. a\n4. b", r#"<ol start="3" dir="auto"><li>a</li><li>b</li></ol>"#),
        (
            "- [x] a\n- [ ] b",
            r#"<ul dir="auto"><li><input type="checkbox" checked="" disabled=""> a</li><li><input type="checkbox" disabled=""> b</li></ul>"#,
        ),
        ("> a\n> > b", r#"<blockquote dir="auto"><p>a</p><blockquote dir="auto"><p>b</p></blockquote></blockquote>"#),
        ("# a\n###### b", "<h3>a</h3><h6>b</h6>"),
        ("a\n\n---\n\nb", "<p>a</p><hr><p>b</p>"),
        ("```\na <b>\n```", "<pre><code>a &lt;b&gt;</code></pre>"),
        ("```klingon\na\n```", r#"<pre data-language="klingon"><code>a</code></pre>"#),
        ("```\"><x\na\n```", "<pre><code>a</code></pre>"),
        (":tada: `:tada:`", "<p>🎉 <code>:tada:</code></p>"),
        (":no_such_thing:", "<p>:no_such_thing:</p>"),
        ("<b>a</b> <!-- b -->", "<p>&lt;b&gt;a&lt;/b&gt; &lt;!-- b --&gt;</p>"),
        ("<div onclick=\"x\">\n*a*\n</div>", "<p>&lt;div onclick=\"x\"&gt;<br>*a*<br>&lt;/div&gt;</p>"),
        ("a  b   c", "<p>a  b   c</p>"),
        ("#", "<p>#</p>"),
        ("[a]: https://example.com", "<p>[a]: https://example.com</p>"),
    ] {
        assert_eq!(html(source), expected, "{source}");
    }
}

#[test]
fn links_lead_to_the_web_by_mail_or_to_places_of_ours() {
    let away = |url: &str, text: &str| {
        format!(r#"<p><a href="{url}" target="_blank" rel="noopener noreferrer nofollow">{text}</a></p>"#)
    };
    for (source, url, text) in [
        ("https://example.com/a?b=1&c=2", "https://example.com/a?b=1&amp;c=2", "https://example.com/a?b=1&amp;c=2"),
        ("HTTPS://EXAMPLE.COM", "HTTPS://EXAMPLE.COM", "HTTPS://EXAMPLE.COM"),
        ("www.example.com", "http://www.example.com", "www.example.com"),
        ("ann@example.com", "mailto:ann@example.com", "ann@example.com"),
        ("[a](https://example.com \"b\")", "https://example.com", "a"),
        ("[](https://example.com)", "https://example.com", "https://example.com"),
        ("![a cat](https://example.com/cat.png)", "https://example.com/cat.png", "a cat"),
        ("[![a cat](https://example.com/cat.png)](https://example.com)", "https://example.com", "a cat"),
    ] {
        assert_eq!(html(source), away(url, text), "{source}");
    }
    let ours = r#"<p><a href="/rooms/1/@2" rel="noopener noreferrer nofollow">there</a></p>"#;
    assert_eq!(html("[there](/rooms/1/@2)"), ours);
}

#[test]
fn a_link_that_leads_nowhere_is_its_text_and_address() {
    for url in [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "//evil.example",
        "/\\evil.example",
        "file:///x",
        "there",
    ] {
        let Rendered { html, plain_text } = render(&format!("[a](<{}>)", url.replace('\\', "\\\\")));
        assert_eq!(html.as_str(), format!("<p>a ({url})</p>"));
        assert_eq!(plain_text, format!("a ({url})"));
    }
    assert!(!html("javascript://alert(1) data://x/y").contains("<a"));
}

#[test]
fn a_table_scrolls_in_itself() {
    insta::assert_snapshot!(html("| a | b |\n|:-:|---|\n| 1 | <i> |\n"), @r#"<div class="table-scroller"><table dir="auto"><thead><tr><th align="center">a</th><th>b</th></tr></thead><tbody><tr><td align="center">1</td><td>&lt;i&gt;</td></tr></tbody></table></div>"#);
}

#[test]
fn code_is_in_colours() {
    insta::assert_snapshot!(html("```rust\n// says \"hi\"\nfn main() { println!(\"{}\", 1 < 2); }\n```"), @r#"
    <pre data-language="rust"><code><span class="code-comment">// says "hi"
    </span><span class="code-keyword">fn </span><span class="code-function">main</span>() { println!(<span class="code-string">"</span><span class="code-constant">{}</span><span class="code-string">"</span>, <span class="code-constant">1 </span>&lt; <span class="code-constant">2</span>); }</code></pre>
    "#);
    let syntaxes = two_face::syntax::extra_newlines();
    for language in [
        "js",
        "ts",
        "typescript",
        "python",
        "py",
        "ruby",
        "go",
        "java",
        "c",
        "cpp",
        "cs",
        "php",
        "html",
        "css",
        "json",
        "yaml",
        "toml",
        "sql",
        "sh",
        "bash",
        "diff",
        "kotlin",
        "swift",
        "dockerfile",
        "markdown",
        "xml",
    ] {
        assert!(syntaxes.find_syntax_by_token(language).is_some(), "{language}");
    }
}

#[test]
fn code_past_the_bound_is_plain() {
    let line = "let x = 1; // one\n";
    let block = |lines: usize| format!("```rust\n{}```\n\n", line.repeat(lines));
    assert!(html(&block(300)).contains("<span"));
    assert!(!html(&block(400)).contains("<span"), "more than the budget");
    assert_eq!(html(&block(200).repeat(2)).matches("<pre").count(), 2);
    let (first, second) =
        html(&block(200).repeat(2)).split_once("</pre>").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert!(first.contains("<span") && !second.contains("<span"), "the budget is the message's");
    assert!(!html(&format!("```rust\n{}\n```", "let x = 1; ".repeat(50))).contains("<span"), "a long line");
}

#[test]
fn plain_text_is_what_a_reader_reads() {
    for (source, expected) in [
        ("*a* **b** ~~c~~ `d*` <b>", "a b c d* <b>"),
        ("- a\n- b\n  1. c\n  2. d\n", "• a\n• b\n1. c\n2. d"),
        ("7. a\n8. b", "7. a\n8. b"),
        ("- [x] a\n- [ ] b", "☑ a\n☐ b"),
        ("> a\n> b\n\nc", "“a\nb”\nc"),
        ("# a\nb\n\n---\n\nc", "a\nb\n—\nc"),
        ("```rust\nfn a() {}\n\n// *b*\n```\nc", "fn a() {}\n\n// *b*\nc"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a · b\n1 · 2"),
        ("[a](https://example.com) ![b](https://example.com/b.png)", "a b"),
        (":tada: &amp; \\*", "🎉 & *"),
        ("one\ntwo\n\nthree", "one\ntwo\nthree"),
        (">", ">"),
    ] {
        assert_eq!(plain(source), expected, "{source}");
    }
}

#[test]
fn a_few_emoji_and_nothing_else_are_shown_large() {
    for text in ["🔥", "🔥 🎉", "👨‍👩‍👧‍👦", "🇩🇪🇫🇷", "❤️", "❤", "👍🏽", "1️⃣", "🔥🔥🔥🔥🔥🔥🔥🔥", "\n🔥\n🎉 "]
    {
        assert!(is_emoji(text), "{text}");
    }
    for text in ["", " ", "a", "🔥a", "a🔥", "1", "#", "🔥🔥🔥🔥🔥🔥🔥🔥🔥", "🔥!", "\u{200d}"]
    {
        assert!(!is_emoji(text), "{text}");
    }
    assert!(is_emoji(&plain(":fire: :tada:")));
    assert!(!is_emoji(&plain("`:fire:`")));
}

/// The elements of a page, and how deep they nest.
fn size(html: &str) -> (usize, usize) {
    let page = Html::parse_fragment(html);
    let elements = page.root_element().descendent_elements();
    elements.fold((0, 0), |(count, depth), element| (count + 1, depth.max(element.ancestors().count())))
}

#[test]
fn hostile_input_nests_no_deeper_and_grows_no_further_than_the_bounds() {
    let table = |columns: usize, row: &str, rows: usize| {
        format!("{}\n{}\n{}", "|a".repeat(columns), "|-".repeat(columns), format!("{row}\n").repeat(rows))
    };
    for (name, source) in [
        ("nested quotes", ">".repeat(10_000) + "x"),
        ("nested lists", "- ".repeat(5_000) + "x"),
        ("brackets", "[".repeat(5_000) + &"]".repeat(5_000)),
        ("links without an end", "[a](".repeat(2_500)),
        ("asterisks", "**a".repeat(2_500) + &"b**".repeat(800)),
        ("backticks", (1..140).map(|count| "`".repeat(count) + "a").collect()),
        ("a table of 5,000 cells", table(50, &"|x".repeat(50), 98)),
        ("a table that asks for three million cells", table(1_500, "a", 2_000)),
        ("addresses", "a@b.co ".repeat(1_428)),
        ("tags", "<a ".repeat(3_333)),
        ("references", format!("[a]: http://x.y/{}\n\n{}", "z".repeat(3_000), "[a]".repeat(2_300))),
        ("tasks", "- [x] a\n".repeat(1_250)),
    ] {
        let Rendered { html, plain_text } = render(&source);
        let (elements, depth) = size(html.as_str());
        assert!(depth <= 32, "{name}: {depth} deep");
        assert!(elements <= source.len() + TABLE_CELLS_MAX, "{name}: {elements} elements");
        assert!(html.as_str().len() <= 16 * source.len(), "{name}: {} bytes", html.as_str().len());
        assert!(plain_text.len() <= 8 * source.len(), "{name}: {} bytes of text", plain_text.len());
        assert!(plain_text.chars().any(super::super::text::is_visible), "{name}: something is left of it");
    }
}
