//! Writing: the composer, what is pending, what fails.

use crate::browser_or_skip;
use crate::people::Human;
use crate::proxy::Proxy;
use crate::support::TestServer;
use std::time::Duration;

#[tokio::test]
async fn three_quick_enters_on_a_slow_network_are_three_messages_in_order() {
    let browser = browser_or_skip!();
    let server = TestServer::start().await;
    let proxy = Proxy::start(server.address).await;
    let ann = Human::first(&browser, &format!("http://{}", proxy.address()), "Ann").await;
    proxy.delay(Duration::from_millis(300));
    for text in ["one", "two", "three"] {
        ann.says(text).await;
    }
    ann.page.wait_for("document.querySelectorAll('.message').length === 3").await;
    assert!(ann.page.eval("document.querySelectorAll('[data-pending]').length > 0").await == true);
    ann.sees("three").await;
    ann.is_level().await;
    let rows = server.rows().await;
    let texts: Vec<&str> = rows.iter().map(|(_, _, text)| text.as_str()).collect();
    assert_eq!(texts, ["one", "two", "three"]);
    assert_eq!(ann.conversation().await.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn enter_sends_shift_enter_breaks_the_line_and_nothing_is_not_sent() {
    let browser = browser_or_skip!();
    let server = TestServer::start().await;
    let ann = Human::first(&browser, &format!("http://{}", server.address), "Ann").await;
    ann.page.press("Enter").await;
    ann.page.fill("#composer_body", "first line").await;
    ann.page.press("Shift+Enter").await;
    ann.page.cdp("Input.insertText", serde_json::json!({"text": "second line"})).await.unwrap();
    ann.page.press("Enter").await;
    ann.sees("first line\nsecond line").await;
    assert_eq!(server.rows().await.len(), 1);
    // Too long: counted, refused, kept.
    ann.page.fill("#composer_body", &"x".repeat(10_001)).await;
    ann.page.press("Enter").await;
    ann.page.wait_for("document.querySelector('[data-composer-error]').innerText.includes('10,001')").await;
    assert_eq!(ann.page.eval("document.querySelector('#composer_body').value.length").await, 10_001);
    assert_eq!(server.rows().await.len(), 1);
}

#[tokio::test]
async fn a_message_that_fails_keeps_its_text_and_trying_again_sends_it_once() {
    let browser = browser_or_skip!();
    let server = TestServer::start().await;
    let ann = Human::first(&browser, &format!("http://{}", server.address), "Ann").await;
    let rename = |from: &'static str, to: &'static str| {
        server.db.write(move |tx| Ok(tx.execute_batch(&format!("ALTER TABLE {from} RENAME TO {to}"))?))
    };
    rename("messages", "elsewhere").await.unwrap();
    ann.says("does not get through").await;
    ann.page.wait_for("document.querySelector('.message--failed [data-retry]')").await;
    assert!(ann.page.text(".message--failed").await.contains("does not get through"));
    rename("elsewhere", "messages").await.unwrap();
    // A reload keeps it as well.
    ann.page.reload().await;
    ann.page.click(".message--failed [data-retry]").await;
    ann.sees("does not get through").await;
    ann.is_level().await;
    assert_eq!(server.rows().await.len(), 1);
}

#[tokio::test]
async fn what_is_being_written_survives_a_reload_and_is_gone_once_it_is_sent() {
    let browser = browser_or_skip!();
    let server = TestServer::start().await;
    let ann = Human::first(&browser, &format!("http://{}", server.address), "Ann").await;
    ann.page.fill("#composer_body", "not yet sent").await;
    ann.page.reload().await;
    ann.page.wait_for("document.querySelector('#composer_body').value === 'not yet sent'").await;
    ann.page.press("Enter").await;
    ann.sees("not yet sent").await;
    ann.page.reload().await;
    ann.page.wait_for("document.querySelector('#composer_body').value === ''").await;
}

#[tokio::test]
async fn others_see_who_is_writing_and_oneself_does_not() {
    let browser = browser_or_skip!();
    let server = TestServer::start().await;
    let base = format!("http://{}", server.address);
    let ann = Human::first(&browser, &base, "Ann").await;
    let bob = Human::invited(&browser, &base, &ann.invite_link().await, "Bob").await;
    bob.page.fill("#composer_body", "hm").await;
    let shown = "getComputedStyle(document.querySelector('.typing__name')).display !== 'none'";
    ann.page.wait_for(&format!("document.querySelector('.typing').innerText.includes('Bob') && {shown}")).await;
    bob.page.wait_for("document.querySelector('.typing__name')").await;
    assert_eq!(bob.page.eval(shown).await, false);
    bob.page.press("Enter").await;
    ann.sees("hm").await;
    ann.page.wait_for("!document.querySelector('.typing__name')").await;
}

#[tokio::test]
async fn whoever_writes_faster_than_the_limit_is_only_slowed_down() {
    let browser = browser_or_skip!();
    let settings = [("CAMPFIRE_POST_BURST", "2"), ("CAMPFIRE_POSTS_PER_SECOND", "2")];
    let server = TestServer::start_with(&settings).await;
    let ann = Human::first(&browser, &format!("http://{}", server.address), "Ann").await;
    let texts: Vec<String> = (1..=6).map(|number| format!("quick {number}")).collect();
    for text in &texts {
        ann.says(text).await;
    }
    ann.sees("quick 6").await;
    ann.is_level().await;
    let rows = server.rows().await;
    assert_eq!(rows.into_iter().map(|(_, _, text)| text).collect::<Vec<_>>(), texts);
    let refused = "performance.getEntriesByType('resource').filter(entry => entry.responseStatus === 429).length > 0";
    assert_eq!(ann.page.eval(refused).await, true, "the limit was met");
}

#[tokio::test]
async fn markdown_is_plain_while_it_is_pending_and_rendered_once_it_is_posted() {
    let browser = browser_or_skip!();
    let server = TestServer::start().await;
    let proxy = Proxy::start(server.address).await;
    let ann = Human::first(&browser, &format!("http://{}", proxy.address()), "Ann").await;
    proxy.delay(Duration::from_millis(1000));
    ann.says("**loud** <b>text</b>").await;
    ann.page.wait_for("document.querySelector('[data-pending-body]')?.innerText === '**loud** <b>text</b>'").await;
    let rendered = "document.querySelector('#messages .message__body strong')?.innerText === 'loud'";
    ann.page.wait_for(rendered).await;
    assert_eq!(ann.page.text("#messages .message__body").await, "loud <b>text</b>");
    ann.says("🔥 :tada:").await;
    ann.page.wait_for("document.querySelector('.message__body--emoji')?.innerText === '🔥 🎉'").await;
}

#[tokio::test]
async fn keys_put_marks_around_the_selection_and_undo_takes_them_back() {
    let browser = browser_or_skip!();
    let server = TestServer::start().await;
    let ann = Human::first(&browser, &format!("http://{}", server.address), "Ann").await;
    let value = "document.querySelector('#composer_body').value";
    let selected = "(f => f.value.slice(f.selectionStart, f.selectionEnd))(document.querySelector('#composer_body'))";
    let select = "document.querySelector('#composer_body').setSelectionRange(4, 7)";
    for (key, expected) in [
        ("Control+b", "one **two** three"),
        ("Control+i", "one _two_ three"),
        ("Control+Shift+c", "one `two` three"),
        ("Control+k", "one [two](https://) three"),
    ] {
        ann.page.fill("#composer_body", "one two three").await;
        ann.page.eval(select).await;
        ann.page.press(key).await;
        assert_eq!(ann.page.eval(value).await, expected, "{key}");
        assert_eq!(ann.page.eval(selected).await, if key == "Control+k" { "https://" } else { "two" });
        ann.page.eval("document.execCommand('undo')").await;
        assert_eq!(ann.page.eval(value).await, "one two three", "{key} can be undone");
    }
    // The same key again takes the mark off.
    ann.page.eval(select).await;
    ann.page.press("Control+b").await;
    ann.page.press("Control+b").await;
    assert_eq!(ann.page.eval(value).await, "one two three");
    // An address over words is a link; other text takes their place as ever, which a made-up event doesn't do.
    let paste = |text: &str| {
        format!(
            "(data => {{ data.setData('text/plain', '{text}'); {select};
            return document.querySelector('#composer_body').dispatchEvent(
              new ClipboardEvent('paste', {{ clipboardData: data, bubbles: true, cancelable: true }})) }})(new DataTransfer())"
        )
    };
    assert_eq!(ann.page.eval(&paste("words")).await, true);
    assert_eq!(ann.page.eval(value).await, "one two three");
    assert_eq!(ann.page.eval(&paste("https://example.com/a")).await, false);
    assert_eq!(ann.page.eval(value).await, "one [two](https://example.com/a) three");
}

#[tokio::test]
async fn a_block_of_code_is_copied_by_its_button() {
    let browser = browser_or_skip!();
    let server = TestServer::start().await;
    let ann = Human::first(&browser, &format!("http://{}", server.address), "Ann").await;
    server.member("Bob").await.says("```rust\nlet a = 1;\n```").await;
    ann.page.wait_for("document.querySelector('#messages pre > .code-copy')").await;
    let copied = "document.querySelector('#messages pre > .code-copy').hasAttribute('data-copied')";
    ann.page.eval("void document.querySelector('#messages pre > .code-copy').focus()").await;
    ann.page.press("Enter").await;
    ann.page.wait_for(copied).await;
    ann.page.fill("#composer_body", "").await;
    ann.page.press("Control+v").await;
    ann.page.wait_for("document.querySelector('#composer_body').value.trim() === 'let a = 1;'").await;
    assert_eq!(ann.page.problems(), Vec::<String>::new());
}
