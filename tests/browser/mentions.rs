//! Mentions and emoji, as they are typed, chosen and seen.

use crate::browser_or_skip;
use crate::people::Human;
use crate::support::TestServer;
use serde_json::json;

const OPTIONS: &str = "[...document.querySelectorAll('#completion:not([hidden]) li')].map(li => li.querySelector('.completion__label').innerText)";
const SELECTED: &str =
    "document.querySelector('#completion:not([hidden]) [aria-selected=true] .completion__label')?.innerText";
const FIELD: &str = "document.querySelector('#composer_body').value";

fn is(what: &str, value: &serde_json::Value) -> String {
    format!("JSON.stringify({what} ?? null) === JSON.stringify({value})")
}

async fn types(human: &Human, text: &str) {
    for c in text.chars() {
        human.page.press(&c.to_string()).await;
    }
}

#[tokio::test]
async fn somebody_is_called_by_name_from_the_keyboard_and_a_new_name_is_shown_at_once() {
    let browser = browser_or_skip!();
    let server = TestServer::start().await;
    let base = format!("http://{}", server.address);
    let ann = Human::first(&browser, &base, "Ann").await;
    let link = ann.invite_link().await;
    let bob = Human::invited(&browser, &base, &link, "Bob").await;
    server.member("Zoë <i>").await;
    for human in [&ann, &bob] {
        human.marks_the_page().await;
    }

    ann.page.fill("#composer_body", "hey ").await;
    types(&ann, "@").await;
    ann.page.wait_for(&is(OPTIONS, &json!(["Ann", "Bob", "Zoë <i>"]))).await;
    ann.page.press("ArrowDown").await;
    ann.page.wait_for(&is(SELECTED, &json!("Bob"))).await;
    ann.page.press("ArrowUp").await;
    ann.page.press("ArrowUp").await;
    ann.page.wait_for(&is(SELECTED, &json!("Zoë <i>"))).await;
    ann.page.press("Escape").await;
    assert_eq!(ann.page.eval(OPTIONS).await, json!([]));
    types(&ann, "zo").await;
    ann.page.wait_for(&is(OPTIONS, &json!(["Zoë <i>"]))).await;
    let list =
        "(list => [list.role, list.children[0].role, document.activeElement.getAttribute('aria-activedescendant'),
        document.activeElement.getAttribute('aria-controls')])(document.querySelector('#completion'))";
    assert_eq!(ann.page.eval(list).await, json!(["listbox", "option", "completion_0", "completion"]));
    ann.page.press("Tab").await;
    assert_eq!(ann.page.eval(FIELD).await, "hey @[Zoë <i>] ");
    types(&ann, "@bo").await;
    ann.page.wait_for(&is(SELECTED, &json!("Bob"))).await;
    ann.page.press("Enter").await;
    assert_eq!(ann.page.eval(FIELD).await, "hey @[Zoë <i>] @[Bob] ", "Enter chose, and sent nothing");
    ann.page.press("Enter").await;
    bob.sees("hey @Zoë <i> @Bob").await;

    // The one who is called sees it in other colours, and the others don't.
    bob.says("nobody is called").await;
    ann.sees("nobody is called").await;
    ann.says("plain").await;
    bob.sees("plain").await;
    let background = |number: usize| {
        format!("getComputedStyle(document.querySelectorAll('#messages .message__bubble')[{number}]).backgroundColor")
    };
    assert_ne!(bob.page.eval(&background(0)).await, bob.page.eval(&background(2)).await);
    assert_eq!(ann.page.eval(&background(0)).await, ann.page.eval(&background(2)).await);

    // It leads to the person, and follows their name.
    bob.page.eval("void fetch('/users/me/profile', {method: 'PUT', headers: {'content-type': 'application/json'}, body: '{\"name\": \"Robert\"}'})").await;
    ann.sees("hey @Zoë <i> @Robert").await;
    assert!(ann.has_not_reloaded().await);
    ann.page.click("#messages .mention:last-of-type").await;
    ann.page.wait_for("location.pathname.startsWith('/users/') && document.body.innerText.includes('Robert')").await;
    for human in [&ann, &bob] {
        assert_eq!(human.page.problems(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn on_a_phone_a_name_is_chosen_by_touch_also_in_the_form_of_an_edit() {
    let browser = browser_or_skip!();
    let server = TestServer::start().await;
    let page = browser.context().await.page().await;
    page.set_viewport(390, 844, true).await;
    let ann = Human::comes_in(page, &format!("http://{}", server.address), "Ann").await;
    server.member("Bob Lee").await;
    ann.page.fill("#composer_body", "@").await;
    ann.page.wait_for(&is(OPTIONS, &json!(["Ann", "Bob Lee"]))).await;
    let fits = "(box => box.left >= 0 && box.right <= innerWidth && box.top >= 0 &&
        box.bottom <= document.querySelector('#composer_body').getBoundingClientRect().top)
        (document.querySelector('#completion').getBoundingClientRect())";
    assert_eq!(ann.page.eval(fits).await, true);
    ann.page.click("#completion li:nth-child(2)").await;
    assert_eq!(ann.page.eval(FIELD).await, "@[Bob Lee] ");
    assert_eq!(ann.page.eval("document.activeElement.id").await, "composer_body");
    ann.page.click(".composer__send").await;
    ann.sees("@Bob Lee").await;

    ann.page.set_viewport(1280, 800, false).await;
    ann.page.press("ArrowUp").await;
    ann.page.wait_for("document.activeElement.matches('.edit-form__body')").await;
    assert_eq!(ann.page.eval("document.activeElement.value").await, "@[Bob Lee]");
    types(&ann, " @").await;
    types(&ann, "an").await;
    ann.page.wait_for(&is(SELECTED, &json!("Ann"))).await;
    ann.page.press("Enter").await;
    ann.page.press("Enter").await;
    ann.sees("@Bob Lee @Ann").await;
    assert_eq!(ann.page.problems(), Vec::<String>::new());
}

#[tokio::test]
async fn emoji_come_by_shortcode_and_from_a_picker_that_remembers() {
    let browser = browser_or_skip!();
    let server = TestServer::start().await;
    let ann = Human::first(&browser, &format!("http://{}", server.address), "Ann").await;
    types(&ann, "at 10:30 :").await;
    types(&ann, "t").await;
    types(&ann, "ad").await;
    ann.page.wait_for(&is(SELECTED, &json!(":tada:"))).await;
    ann.page.press("Enter").await;
    assert_eq!(ann.page.eval(FIELD).await, "at 10:30 🎉 ");

    ann.page.click("emoji-picker summary").await;
    ann.page
        .wait_for("document.activeElement.matches('emoji-picker input') && document.querySelector('[data-sign]')")
        .await;
    types(&ann, "pizza").await;
    ann.page.wait_for("document.querySelector('[data-sign]').dataset.sign === '🍕'").await;
    ann.page.press("ArrowDown").await;
    ann.page.wait_for("document.activeElement.dataset.sign === '🍕'").await;
    ann.page.press("Enter").await;
    assert_eq!(ann.page.eval(FIELD).await, "at 10:30 🎉 🍕");
    assert_eq!(ann.page.eval("document.activeElement.id").await, "composer_body");
    // It is the first from now on, also after the page was left.
    ann.page.reload().await;
    ann.page.click("emoji-picker summary").await;
    ann.page.wait_for("document.querySelector('[data-sign]')?.dataset.sign === '🍕'").await;
    ann.page.fill("emoji-picker input", "nothing is called this").await;
    ann.page.wait_for("!document.querySelector('[data-emoji-none]').hidden").await;
    ann.page.press("Escape").await;
    ann.page.wait_for("!document.querySelector('emoji-picker details').open").await;
    assert_eq!(ann.page.problems(), Vec::<String>::new());
}

#[tokio::test]
async fn elsewhere_the_count_of_what_is_unread_turns_to_ember_when_one_is_called_and_goes_when_one_has_read() {
    let browser = browser_or_skip!();
    let server = TestServer::start().await;
    let base = format!("http://{}", server.address);
    let ann = Human::first(&browser, &base, "Ann").await;
    let bob = Human::invited(&browser, &base, &ann.invite_link().await, "Bob").await;
    let posts = async |path: &str, field: &str, value: &str| {
        let body = format!("new URLSearchParams({{ {field}: {} }})", json!(value));
        let post = format!("fetch('{path}', {{ method: 'POST', body: {body} }}).then(it => it.status)");
        assert_eq!(ann.page.eval(&post).await, 200);
    };
    posts("/rooms/opens", "name", "Elsewhere").await;
    let mark = "document.querySelector('#unread_2')";
    bob.page.wait_for(&format!("{mark}?.dataset.count === '0'")).await;
    bob.marks_the_page().await;
    posts("/rooms/2/messages", "body", "to whom it may concern").await;
    bob.page.wait_for(&format!("{mark}.dataset.count === '1'")).await;
    let colour = format!("getComputedStyle({mark}).backgroundColor");
    let calm = bob.page.eval(&colour).await;
    posts("/rooms/2/messages", "body", "@bob, have a look").await;
    bob.page.wait_for(&format!("{mark}.dataset.count === '2' && 'mention' in {mark}.dataset")).await;
    assert_ne!(bob.page.eval(&colour).await, calm);
    assert!(bob.has_not_reloaded().await);
    bob.page.reload().await;
    bob.page.wait_for(&format!("{mark}?.dataset.count === '2' && 'mention' in {mark}.dataset")).await;
    bob.page.click("[data-room-id='2']").await;
    bob.page.wait_for(&format!("{mark}?.dataset.count === '0' && !('mention' in {mark}.dataset)")).await;
    assert_eq!(bob.page.problems(), Vec::<String>::new());
}
