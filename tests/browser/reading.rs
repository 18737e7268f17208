//! Reading: older messages, keeping the place, following the newest, on every size of screen.

use crate::browser_or_skip;
use crate::people::Human;
use crate::support::{Person, TestServer};
use serde_json::Value;

/// Nothing of the room is unread.
const READ: &str =
    "fetch('/rooms/1', {headers: {accept: 'application/json'}}).then(a => a.json()).then(r => !r.unread)";
const SETTINGS: &[(&str, &str)] = &[("CAMPFIRE_POST_BURST", "1000")];
const COUNT: &str = "document.querySelectorAll('#messages > article').length";
/// How far the list is from its bottom, in pixels.
const FROM_BOTTOM: &str =
    "(list => list.scrollHeight - list.scrollTop - list.clientHeight)(document.querySelector('#scroller'))";

/// Ann at her page, and Bob with a script, in a room of `count` messages.
async fn started(browser: &crate::chromium::Browser, count: usize) -> (TestServer, Human, Person) {
    let server = TestServer::start_with(SETTINGS).await;
    let base = format!("http://{}", server.address);
    let ann = Human::first(browser, &base, "Ann").await;
    let bob = server.member("Bob").await;
    for number in 1..=count {
        bob.says(&format!("message {number}")).await;
    }
    if count > 0 {
        // She was there all the time, and has read it all.
        ann.sees(&format!("message {count}")).await;
        ann.page.wait_for(READ).await;
        ann.page.goto(&format!("{base}/rooms/1")).await;
        ann.page.wait_for("document.querySelector('#present .present__count')").await;
    }
    (server, ann, bob)
}

#[tokio::test]
async fn scrolling_up_fetches_older_messages_and_keeps_the_place() {
    let browser = browser_or_skip!();
    let (_server, ann, bob) = started(&browser, 130).await;
    assert_eq!(ann.page.eval(COUNT).await, 40);
    assert!(ann.page.eval(FROM_BOTTOM).await.as_f64().unwrap() < 2.0, "it opens at the newest");

    // The first message of the page stays where it is when older ones come above it.
    let first = "document.querySelector('#messages > article[data-key=\"91\"]').getBoundingClientRect().top";
    ann.page.eval("void (document.querySelector('#scroller').scrollTop = 0)").await;
    let before = ann.page.eval(&format!("new Promise(done => requestAnimationFrame(() => done({first})))")).await;
    ann.page.wait_for(&format!("{COUNT} >= 80")).await;
    let after = ann.page.eval(first).await;
    let moved = (after.as_f64().unwrap() - before.as_f64().unwrap()).abs();
    assert!(moved < 60.0, "the place was lost by {moved} px");

    // While reading old messages, a new one does not move the page, and says so.
    let anchor = "document.elementFromPoint(300, 300).closest('article')?.dataset.key";
    let reading = ann.page.eval(anchor).await;
    bob.says("something new").await;
    ann.sees("something new").await;
    assert_eq!(ann.page.eval(anchor).await, reading);
    ann.page.wait_for("!document.querySelector('#jump').hidden").await;
    ann.page.click("#jump").await;
    ann.page.wait_for(&format!("{FROM_BOTTOM} < 2")).await;
    ann.page.wait_for("document.querySelector('#jump').hidden").await;

    // At the bottom, the page follows.
    bob.says(&"a long message\n".repeat(30)).await;
    ann.page.wait_for(&format!("{COUNT} > 81 && {FROM_BOTTOM} < 2")).await;

    // All the way up, everything is there once, in order.
    while ann.page.eval("!!document.querySelector('#older')").await == true {
        let count = ann.page.eval(COUNT).await;
        ann.page.eval("void (document.querySelector('#scroller').scrollTop = 0)").await;
        ann.page.wait_for(&format!("{COUNT} > {count} || !document.querySelector('#older')")).await;
    }
    let keys = ann.page.eval("[...document.querySelectorAll('#messages > article')].map(a => +a.dataset.key)").await;
    assert_eq!(keys, Value::from((1..=132).collect::<Vec<i64>>()));
    assert_eq!(ann.page.problems(), Vec::<String>::new());
}

#[tokio::test]
async fn without_scripts_a_room_begins_at_its_end_and_a_permalink_at_its_message() {
    let browser = browser_or_skip!();
    let (_server, ann, _) = started(&browser, 130).await;
    ann.page.set_javascript(false).await;
    for (path, key) in [("/rooms/1?newest", 130), ("/rooms/1/@50", 50)] {
        ann.page.goto(&format!("{}{path}", ann.base)).await;
        let place = format!("document.querySelector('[data-key=\"{key}\"]').getBoundingClientRect()");
        ann.page.wait_for(&format!("{place}.top >= 0 && {place}.bottom <= innerHeight")).await;
    }
}

#[tokio::test]
async fn a_permalink_opens_the_room_there_and_new_messages_wait_below() {
    let browser = browser_or_skip!();
    let (_server, ann, bob) = started(&browser, 130).await;
    ann.page.goto(&format!("{}/rooms/1/@50", ann.base)).await;
    ann.page.wait_for("document.querySelector('#present .present__count')").await;
    let target = "document.querySelector('[data-target]')";
    ann.page.wait_for(&format!("{target}?.dataset.key === '50'")).await;
    let top = ann.page.eval(&format!("{target}.getBoundingClientRect().top")).await.as_f64().unwrap();
    assert!((0.0..800.0).contains(&top), "the message is in view: {top}");
    bob.says("far below").await;
    ann.page.wait_for("!document.querySelector('#jump').hidden").await;
    assert_eq!(ann.page.eval("document.querySelector('#messages').innerText.includes('far below')").await, false);
    // Scrolling down leads, page by page, to the newest, without a gap.
    while ann.page.eval("!!document.querySelector('#newer')").await == true {
        let count = ann.page.eval(COUNT).await;
        ann.page.eval("(list => void (list.scrollTop = list.scrollHeight))(document.querySelector('#scroller'))").await;
        ann.page.wait_for(&format!("{COUNT} > {count} || !document.querySelector('#newer')")).await;
    }
    ann.sees("far below").await;
    let keys = ann.page.eval("[...document.querySelectorAll('#messages > article')].map(a => +a.dataset.key)").await;
    let keys: Vec<i64> = keys.as_array().unwrap().iter().map(|key| key.as_i64().unwrap()).collect();
    assert!(keys.windows(2).all(|pair| pair[1] == pair[0] + 1), "{keys:?}");
    assert_eq!(keys.last(), Some(&131));
    bob.says("and live").await;
    ann.sees("and live").await;
}

#[tokio::test]
async fn groups_days_and_local_times_are_put_right_by_the_page() {
    let browser = browser_or_skip!();
    let (server, ann, _bob) = started(&browser, 4).await;
    let day = 24 * 60 * 60 * 1000;
    server
        .db
        .write(move |tx| Ok(tx.execute("UPDATE messages SET created_at_ms = created_at_ms - ?1 WHERE id <= 2", [day])?))
        .await
        .unwrap();
    ann.page
        .cdp("Emulation.setTimezoneOverride", serde_json::json!({"timezoneId": "Pacific/Kiritimati"}))
        .await
        .unwrap();
    ann.page.reload().await;
    ann.page.wait_for("document.querySelector('#present .present__count')").await;
    let flags = "[...document.querySelectorAll('#messages > article')]
        .map(a => [a.hasAttribute('data-day'), a.hasAttribute('data-follows')])";
    let expected = serde_json::json!([[true, false], [false, true], [true, false], [false, true]]);
    assert_eq!(ann.page.eval(flags).await, expected);
    let local = "(a => a.querySelector('time').innerText.trim() ===
        new Intl.DateTimeFormat(undefined, {hour: 'numeric', minute: '2-digit'}).format(+a.dataset.createdAtMs))
        (document.querySelector('#messages > article'))";
    assert_eq!(ann.page.eval(local).await, true);
}

#[tokio::test]
async fn nothing_scrolls_sideways_on_any_screen() {
    let browser = browser_or_skip!();
    let (_server, ann, bob) = started(&browser, 0).await;
    bob.says(&"unbroken".repeat(60)).await;
    bob.says(&format!("https://example.com/{}", "path".repeat(60))).await;
    bob.says("مرحبا بالعالم 🔥").await;
    let link = ann.invite_link().await;
    for (width, height, is_phone) in [(1280, 800, false), (390, 844, true), (320, 600, true)] {
        ann.page.set_viewport(width, height, is_phone).await;
        for path in ["/rooms/1", "/rooms/999"] {
            ann.page.goto(&format!("{}{path}", ann.base)).await;
            let wider = ann.page.eval("document.documentElement.scrollWidth - innerWidth").await;
            assert!(wider.as_f64().unwrap() <= 0.0, "{path} at {width} is {wider} px too wide");
        }
    }
    let visitor = browser.context().await.page().await;
    visitor.set_viewport(320, 600, true).await;
    for url in [link, format!("{}/session/new", ann.base)] {
        visitor.goto(&url).await;
        let wider = visitor.eval("document.documentElement.scrollWidth - innerWidth").await;
        assert!(wider.as_f64().unwrap() <= 0.0, "{url} is {wider} px too wide");
    }
}

#[tokio::test]
async fn a_room_with_much_that_is_new_opens_at_the_line_before_it() {
    let browser = browser_or_skip!();
    let (_server, ann, bob) = started(&browser, 5).await;
    ann.page.wait_for("fetch('/rooms', {headers: {accept: 'application/json'}}).then(r => r.json()).then(rooms => !rooms[0].unread)").await;
    ann.page.goto("about:blank").await;
    for number in 1..=30 {
        bob.says(&format!("new {number}")).await;
    }
    ann.page.goto(&format!("{}/rooms/1", ann.base)).await;
    let marked = "document.querySelectorAll('[data-first-unread]')";
    ann.page.wait_for(&format!("{marked}.length === 1")).await;
    let row = ann.page.eval(&format!("{marked}[0].querySelector('.message__body').innerText")).await;
    assert_eq!(row, "new 1");
    let top = format!("{marked}[0].getBoundingClientRect().top");
    ann.page.wait_for(&format!("{top} > 40 && {top} < 250 && {FROM_BOTTOM} > 500")).await;
    ann.page.click("#jump").await;
    ann.page.wait_for(&format!("{FROM_BOTTOM} < 2")).await;
}

#[tokio::test]
async fn with_much_unread_a_room_opens_at_the_line_and_only_what_was_on_screen_is_read() {
    let browser = browser_or_skip!();
    let (server, ann, bob) = started(&browser, 10).await;
    let unread = "SELECT count(*) FROM messages, memberships WHERE memberships.user_id = 1 AND memberships.room_id = 1
        AND messages.id > last_read_message_id";
    let mark = "Number(document.querySelector('#unread_1').dataset.count)";
    ann.page.goto(&format!("{}/users/me/profile", ann.base)).await;
    for number in 11..=150 {
        bob.says(&format!("message {number}\n\nand more")).await;
    }
    assert!(server.number(unread).await >= 140);
    ann.page.goto(&format!("{}/rooms/1", ann.base)).await;
    ann.page.wait_for("document.querySelector('#present .present__count')").await;
    let line = "document.querySelector('[data-first-unread]')";
    assert_eq!(ann.page.eval(&format!("{line}.dataset.key")).await, "11");
    let top = ann.page.eval(&format!("{line}.getBoundingClientRect().top")).await.as_f64().unwrap();
    assert!((0.0..250.0).contains(&top), "the line is near the top: {top}");
    // What is on screen is read, what is below is not; and the way down says how much that is.
    ann.page.wait_for(&format!("{mark} < 140")).await;
    let left = ann.page.eval(mark).await.as_i64().unwrap();
    assert!(left > 100, "{left}");
    ann.page.wait_for("document.querySelector('[data-jump-count]').innerText === document.querySelector('#unread_1').dataset.count").await;
    assert_eq!(ann.page.eval("document.querySelector('#jump').hidden").await, false);
    ann.page.eval("void (document.querySelector('#scroller').scrollTop += 800)").await;
    ann.page.wait_for(&format!("{mark} < {left}")).await;
    bob.says("the very last").await;
    ann.page.wait_for(&format!("{mark} > 90")).await;
    // All the way down, everything is read.
    while ann.page.eval("!!document.querySelector('#newer')").await == true {
        let count = ann.page.eval(COUNT).await;
        ann.page.eval("(list => void (list.scrollTop = list.scrollHeight))(document.querySelector('#scroller'))").await;
        ann.page.wait_for(&format!("{COUNT} > {count} || !document.querySelector('#newer')")).await;
    }
    ann.page.eval("(list => void (list.scrollTop = list.scrollHeight))(document.querySelector('#scroller'))").await;
    ann.sees("the very last").await;
    ann.page.wait_for(&format!("{mark} === 0")).await;
    ann.page.wait_for("document.querySelector('#jump').hidden").await;
    bob.says("and live").await;
    ann.sees("and live").await;

    // The way to the newest leads there at once.
    ann.page.goto(&format!("{}/users/me/profile", ann.base)).await;
    for number in 1..=60 {
        bob.says(&format!("again {number}")).await;
    }
    ann.page.goto(&format!("{}/rooms/1", ann.base)).await;
    ann.page.wait_for(line).await;
    ann.page.click("#jump").await;
    ann.page.wait_for("location.search === '?newest' && document.querySelector('#present .present__count')").await;
    ann.sees("again 60").await;
    assert!(ann.page.eval(FROM_BOTTOM).await.as_f64().unwrap() < 2.0);
    ann.page.wait_for(&format!("{mark} === 0")).await;
    assert_eq!(ann.page.problems(), Vec::<String>::new());
}
