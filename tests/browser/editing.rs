//! Boosting, editing, replying and deleting, with two people in front of the same messages.

use crate::browser_or_skip;
use crate::chromium::Browser;
use crate::people::Human;
use crate::support::TestServer;
use serde_json::{Value, json};

/// Ann, who runs the account, and Bob, both in the room, with room for many posts.
async fn started(browser: &Browser) -> (TestServer, Human, Human) {
    let server = TestServer::start_with(&[("CAMPFIRE_POST_BURST", "1000")]).await;
    let base = format!("http://{}", server.address);
    let ann = Human::first(browser, &base, "Ann").await;
    let bob = Human::invited(browser, &base, &ann.invite_link().await, "Bob").await;
    (server, ann, bob)
}

/// A script's expression for the message with this text.
fn message(text: &str) -> String {
    let text = Value::from(text);
    format!(
        "[...document.querySelectorAll('#messages > article')]
           .find(a => a.querySelector('.message__body > p')?.innerText === {text})"
    )
}

/// Shows the bar for a message, as the keyboard does, and presses one of its buttons.
async fn acts(who: &Human, text: &str, action: &str) {
    who.page.wait_for(&format!("!!({})", message(text))).await;
    // What lies under the pointer has the bar, so that goes away first.
    who.page.cdp("Input.dispatchMouseEvent", json!({"type": "mouseMoved", "x": 1, "y": 1})).await.unwrap();
    who.page.eval("document.activeElement.blur()").await;
    who.page.eval(&format!("void {}.querySelector('a.message__time').focus()", message(text))).await;
    who.page.click(&format!("message-actions [data-action={action}]")).await;
}

/// The pills of a message, as somebody sees them: content, count, and whether it is marked as theirs.
async fn sees_boosts(who: &Human, text: &str, expected: Value) {
    let pills = format!(
        "JSON.stringify([...({}).querySelectorAll('.boost')].map(pill => [pill.value,
           Number(pill.querySelector('.boost__count')?.innerText ?? 1),
           pill.matches(`[data-boosters*=\"|${{document.querySelector('#main').dataset.viewerId}}:\"]`)]))",
        message(text)
    );
    who.page.wait_for(&format!("{pills} === {}", Value::from(expected.to_string()))).await;
}

#[tokio::test]
async fn boosts_are_live_for_both_and_one_click_joins_or_withdraws() {
    let browser = browser_or_skip!();
    let (_server, ann, bob) = started(&browser).await;
    ann.says("ship it").await;
    bob.sees("ship it").await;
    acts(&bob, "ship it", "boost").await;
    bob.page.click("boost-menu [data-content='🎉']").await;
    sees_boosts(&bob, "ship it", json!([["🎉", 1, true]])).await;
    sees_boosts(&ann, "ship it", json!([["🎉", 1, false]])).await;
    ann.page.click(".boost").await;
    sees_boosts(&bob, "ship it", json!([["🎉", 2, true]])).await;
    sees_boosts(&ann, "ship it", json!([["🎉", 2, true]])).await;
    assert_eq!(ann.page.eval("document.querySelector('.boost').title").await, "Bob and Ann");

    // Too long is said; what is half typed survives what the other does meanwhile.
    acts(&bob, "ship it", "boost").await;
    bob.page.fill("#boost_content", "seventeen letters").await;
    bob.page.press("Enter").await;
    bob.page.wait_for("document.querySelector('.boost-menu__error').innerText.includes('16')").await;
    bob.page.fill("#boost_content", "so true").await;
    ann.page.click(".boost").await;
    ann.says("and another").await;
    bob.sees("and another").await;
    sees_boosts(&bob, "ship it", json!([["🎉", 1, true]])).await;
    assert_eq!(bob.page.eval("document.activeElement.value").await, "so true");
    bob.page.press("Enter").await;
    sees_boosts(&ann, "ship it", json!([["🎉", 1, false], ["so true", 1, false]])).await;
    bob.page.wait_for("document.querySelector('boost-menu').hidden").await;
    // A boost is nothing to read, and a reload shows the same.
    bob.page.reload().await;
    sees_boosts(&bob, "ship it", json!([["🎉", 1, true], ["so true", 1, true]])).await;
    assert_eq!((ann.page.problems(), bob.page.problems()), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn an_open_edit_survives_what_others_do_and_tells_when_it_is_overtaken() {
    let browser = browser_or_skip!();
    let (server, ann, bob) = started(&browser).await;
    bob.says("frist").await;
    for who in [&ann, &bob] {
        who.sees("frist").await;
    }
    // ↑ in the empty composer edits one's last; Esc leaves it as it is.
    bob.page.press("ArrowUp").await;
    bob.page.wait_for("document.activeElement.matches('.edit-form__body')").await;
    bob.page.press("Escape").await;
    bob.page.wait_for("!document.querySelector('.edit-form') && document.activeElement.id === 'composer_body'").await;

    bob.page.press("ArrowUp").await;
    bob.page.fill(".edit-form__body", "first").await;
    acts(&ann, "frist", "boost").await;
    ann.page.click("boost-menu [data-content='🔥']").await;
    bob.page.wait_for("document.querySelector('.boost')").await;
    assert_eq!(bob.page.eval("document.querySelector('.edit-form__body').value").await, "first");
    bob.page.press("Enter").await;
    ann.sees("first").await;
    bob.sees("first").await;
    ann.page.wait_for("document.querySelector('.message__edited')").await;
    ann.page.wait_for("document.querySelector('.boost')").await;

    // Ann, who runs the account, edits it while Bob does.
    acts(&bob, "first", "edit").await;
    bob.page.fill(".edit-form__body", "Bob's").await;
    acts(&ann, "first", "edit").await;
    ann.page.fill(".edit-form__body", "Ann's").await;
    ann.page.press("Enter").await;
    ann.sees("Ann's").await;
    bob.page.wait_for("document.querySelector('[data-overtaken] .edit-form [role=alert]:not([hidden])')").await;
    assert_eq!(bob.page.eval("document.querySelector('.edit-form__body').value").await, "Bob's");
    bob.page.fill(".edit-form__body", "Bob's, too").await;
    bob.page.press("Enter").await;
    bob.page.wait_for("document.querySelector('.edit-form__current')?.innerText === 'Ann\\'s'").await;
    assert_eq!(bob.page.eval("document.querySelector('.edit-form__body').value").await, "Bob's, too");
    assert_eq!(server.rows().await[0].2, "Ann's");
    bob.page.press("Control+Enter").await;
    ann.sees("Bob's, too").await;
    bob.page.wait_for("!document.querySelector('.edit-form')").await;
    let expected = "Failed to load resource: the server responded with a status of 409";
    assert!(bob.page.problems().iter().all(|problem| problem.starts_with(expected)), "{:?}", bob.page.problems());
}

#[tokio::test]
async fn deleting_asks_first_and_goes_for_everyone_and_what_was_being_typed_is_kept() {
    let browser = browser_or_skip!();
    let (server, ann, bob) = started(&browser).await;
    bob.says("regretted").await;
    bob.says("kept").await;
    ann.sees("kept").await;
    acts(&bob, "regretted", "remove").await;
    bob.page.click("#remove_dialog [value='']").await;
    bob.page.wait_for("!document.querySelector('#remove_dialog').open").await;
    bob.sees("regretted").await;
    // Bob is editing it when Ann deletes it.
    acts(&bob, "regretted", "edit").await;
    bob.page.fill(".edit-form__body", "a better thought").await;
    acts(&ann, "regretted", "remove").await;
    assert!(ann.page.text("#remove_dialog").await.contains("regretted"));
    ann.page.click("#remove_dialog [value=remove]").await;
    for who in [&ann, &bob] {
        who.page.wait_for("document.querySelectorAll('#messages > article').length === 1").await;
    }
    bob.page.wait_for("document.querySelector('#composer_body').value === 'a better thought'").await;
    assert_eq!(server.rows().await[0].2, "");
    // Whoever may not is not offered to. (The pointer goes away first: what lies under it has the bar.)
    ann.says("Ann's own").await;
    bob.sees("Ann's own").await;
    let away = json!({"type": "mouseMoved", "x": 1, "y": 1});
    bob.page.cdp("Input.dispatchMouseEvent", away).await.unwrap();
    let focus =
        format!("(link => (link.blur(), link.focus()))({}.querySelector('a.message__time'))", message("Ann's own"));
    let offered = "[...document.querySelectorAll('message-actions:not([hidden]) > [data-action]:not([hidden])')]
        .map(button => button.dataset.action).join()";
    bob.page.wait_for(&format!("({focus}, {offered} === 'boost,reply,link,unread')")).await;
}

#[tokio::test]
async fn a_reply_quotes_the_message_and_links_to_it() {
    let browser = browser_or_skip!();
    let (_server, ann, bob) = started(&browser).await;
    ann.says("lunch at noon?").await;
    acts(&bob, "lunch at noon?", "reply").await;
    let field = "document.querySelector('#composer_body')";
    let quote = "> lunch at noon?\n>\n> — [Ann](/rooms/1/@1)\n\n";
    assert_eq!(bob.page.eval(&format!("{field}.value")).await, quote);
    assert_eq!(bob.page.eval(&format!("{field}.selectionStart === {field}.value.length")).await, true);
    assert_eq!(bob.page.eval("document.activeElement.id").await, "composer_body");
}

#[tokio::test]
async fn without_javascript_the_permalink_page_boosts_edits_and_deletes() {
    let browser = browser_or_skip!();
    let (server, ann, bob) = started(&browser).await;
    bob.says("plain").await;
    ann.sees("plain").await;
    bob.page.set_javascript(false).await;
    bob.page.goto(&format!("{}/rooms/1/@1", bob.base)).await;
    bob.page.click(".target-actions [value='👍']").await;
    sees_boosts(&ann, "plain", json!([["👍", 1, false]])).await;
    // The pill withdraws it again, though the page does not know whose it is.
    bob.page.click(".boost").await;
    sees_boosts(&ann, "plain", json!([])).await;
    bob.page.click(".target-actions [href$='/edit']").await;
    bob.page.fill(".edit-form__body", "plainer").await;
    bob.page.click(".edit-form [type=submit]").await;
    ann.sees("plainer").await;
    bob.page.wait_for("document.querySelector('.target-actions details')").await;
    bob.page.click(".target-actions summary").await;
    bob.page.click(".target-actions details button").await;
    ann.page.wait_for("!document.querySelector('#messages > article')").await;
    assert_eq!(server.rows().await[0].2, "");
}

#[tokio::test]
async fn a_long_list_is_kept_at_its_bound_and_nothing_is_lost() {
    let browser = browser_or_skip!();
    let (server, ann, _bob) = started(&browser).await;
    server
        .sql(
            "INSERT INTO messages (room_id, creator_id, client_message_id, created_revision, revision, source, body_html,
               plain_text, created_at_ms, updated_at_ms)
             WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 500)
             SELECT 1, 2, printf('00000000-0000-4000-8000-%012d', n), n, n, 'm' || n, '<p>m' || n || '</p>', 'm' || n, n, n FROM n;
             UPDATE counters SET value = 500 WHERE name = 'revision';",
        )
        .await;
    ann.page.goto(&format!("{}/rooms/1", ann.base)).await;
    ann.page.wait_for("document.querySelector('#present .present__count')").await;
    let keys = "[...document.querySelectorAll('#messages > article')].map(a => +a.dataset.key)";
    // Up to the oldest: what is far below goes, and the way back to it comes.
    while ann.page.eval("!!document.querySelector('#older')").await == true {
        let oldest = ann.page.eval(&format!("{keys}[0]")).await;
        ann.page.eval("void (document.querySelector('#scroller').scrollTop = 0)").await;
        ann.page.wait_for(&format!("{keys}[0] < {oldest} || !document.querySelector('#older')")).await;
    }
    let count = ann.page.eval(&format!("{keys}.length")).await.as_i64().unwrap();
    assert!((300..=320).contains(&count), "{count}");
    ann.page.wait_for("document.querySelector('#newer') && !document.querySelector('#jump').hidden").await;
    // And down again, without a gap, to the newest.
    while ann.page.eval("!!document.querySelector('#newer')").await == true {
        let newest = ann.page.eval(&format!("{keys}.at(-1)")).await;
        ann.page.eval("(list => void (list.scrollTop = list.scrollHeight))(document.querySelector('#scroller'))").await;
        ann.page.wait_for(&format!("{keys}.at(-1) > {newest} || !document.querySelector('#newer')")).await;
    }
    let shown = ann.page.eval(keys).await;
    let shown: Vec<i64> = shown.as_array().unwrap().iter().map(|key| key.as_i64().unwrap()).collect();
    assert!(shown.windows(2).all(|pair| pair[1] == pair[0] + 1), "{shown:?}");
    assert_eq!(shown.last(), Some(&500));
    assert!((300..=320).contains(&shown.len()), "{}", shown.len());
    ann.page.wait_for("document.querySelector('#older')").await;
}
