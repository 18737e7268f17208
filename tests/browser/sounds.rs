//! Sounds: who hears one, and how one is chosen.

use crate::browser_or_skip;
use crate::people::Human;
use crate::proxy::Proxy;
use crate::support::TestServer;

const PLAYED: &str = "document.querySelectorAll('#messages sound-player[data-played]').length";

#[tokio::test]
async fn a_sound_is_heard_once_by_who_looks_and_by_the_others_when_they_press_its_button() {
    let browser = browser_or_skip!();
    let server = TestServer::start().await;
    let base = format!("http://{}", server.address);
    let ann = Human::first(&browser, &base, "Ann").await;
    let link = ann.invite_link().await;
    // Bob is somewhere else.
    let proxy = Proxy::start(server.address).await;
    let through = |url: &str| url.replace(&server.address.to_string(), &proxy.address().to_string());
    let bob = Human::invited(&browser, &through(&base), &through(&link), "Bob").await;
    let eve = Human::invited(&browser, &base, &link, "Eve").await;
    let cat = Human::invited(&browser, &base, &link, "Cat").await;
    server.sql("UPDATE users SET mutes_sounds = 1 WHERE name = 'Eve'").await;
    eve.page.reload().await;
    cat.page.hide().await;
    for human in [&ann, &bob, &eve] {
        human.page.click("#composer_body").await; // Browsers play nothing before somebody has touched the page.
        human.is_level().await;
    }
    ann.says("/play tada").await;
    for human in [&ann, &bob] {
        human.page.wait_for(&format!("{PLAYED} === 1")).await;
    }
    // Whatever would have played there has had its turn once the next message is shown.
    ann.says("did you hear that?").await;
    for human in [&eve, &cat] {
        human.sees("did you hear that?").await;
        assert_eq!(human.page.eval(PLAYED).await, 0);
    }
    eve.page.click("#messages .sound__button").await;
    eve.page.wait_for(&format!("{PLAYED} === 1")).await;
    // Neither a reload nor an edit nor a return from elsewhere plays it again.
    bob.page.reload().await;
    bob.is_level().await;
    proxy.cut();
    bob.sees_that_the_connection_is_lost().await;
    ann.says("/play bell").await;
    ann.page.wait_for(&format!("{PLAYED} === 2")).await;
    proxy.mend();
    bob.page.wait_for("document.querySelectorAll('#messages sound-player').length === 2").await;
    ann.says("/play nothing at all").await;
    bob.sees("/play nothing at all").await;
    assert_eq!(bob.page.eval(PLAYED).await, 0);
    for human in [&ann, &eve, &cat] {
        assert_eq!(human.page.problems(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_sound_is_chosen_by_a_few_letters_and_keys_or_a_tap() {
    let browser = browser_or_skip!();
    let server = TestServer::start().await;
    let ann = Human::first(&browser, &format!("http://{}", server.address), "Ann").await;
    let shown = "document.querySelectorAll('#completion:not([hidden]) [role=option]').length";
    let value = "document.querySelector('#composer_body').value";
    ann.page.fill("#composer_body", "/").await;
    ann.page.wait_for(&format!("{shown} > 50")).await;
    ann.page.press("Escape").await;
    ann.page.wait_for(&format!("{shown} === 0")).await;
    ann.page.fill("#composer_body", "/play tro").await;
    ann.page.wait_for(&format!("{shown} === 2")).await;
    ann.page.press("ArrowDown").await;
    let marked = "document.querySelector('#completion [aria-selected=true]').innerText";
    assert!(ann.page.eval(marked).await.as_str().unwrap().starts_with("trombone"));
    ann.page.press("Enter").await;
    assert_eq!(ann.page.eval(value).await, "/play trombone");
    ann.page.wait_for(&format!("{shown} === 0")).await;
    assert_eq!(server.rows().await.len(), 0, "the first Enter takes, it does not send");
    ann.page.press("Enter").await;
    ann.page.wait_for("document.querySelector('#messages [data-sound=trombone]')").await;
    // By a tap; and what is typed out is sent at once.
    ann.page.fill("#composer_body", "/play rims").await;
    ann.page.wait_for(&format!("{shown} === 1")).await;
    ann.page.click("#completion [role=option]").await;
    assert_eq!(ann.page.eval(value).await, "/play rimshot");
    ann.page.fill("#composer_body", "/play tada").await;
    ann.page.press("Enter").await;
    ann.page.wait_for("document.querySelector('#messages [data-sound=tada]')").await;
    ann.page.fill("#composer_body", "no / play").await;
    assert_eq!(ann.page.eval(shown).await, 0);
    assert_eq!(ann.page.problems(), Vec::<String>::new());
}
