//! Finding things again: search, and the ways to rooms and people by keys.

use crate::browser_or_skip;
use crate::people::Human;
use crate::support::TestServer;

#[tokio::test]
async fn somebody_finds_last_springs_link_and_follows_it_to_its_room() {
    let browser = browser_or_skip!();
    let server = TestServer::start().await;
    let ann = Human::first(&browser, &server.url(""), "Ann").await;
    ann.says("The lunch place is https://lunch.example/menu").await;
    ann.sees("The lunch place is https://lunch.example/menu").await;
    ann.says("Something else").await;
    ann.sees("Something else").await;

    ann.page.click("[aria-label='Search in this room']").await;
    ann.page.wait_for("document.querySelector('#q')?.value === 'in:\"All Talk\" '").await;
    ann.page.fill("#q", "lunch pla has:link").await;
    ann.page.wait_for("document.querySelectorAll('.search__result').length === 1").await;
    ann.page.wait_for("[...document.querySelectorAll('mark')].map(mark => mark.innerText).includes('place')").await;
    ann.page.wait_for("location.search === '?q=lunch+pla+has%3Alink'").await;
    ann.page.press("Enter").await;
    ann.page.wait_for("document.querySelector('.search__chip')?.innerText === 'lunch pla has:link'").await;
    ann.page.click(".search__place a").await;
    ann.page
        .wait_for("location.pathname.startsWith('/rooms/1/@') && document.querySelector('#messages')?.dataset.targetId")
        .await;
    assert_eq!(ann.page.problems(), Vec::<String>::new());
}

#[tokio::test]
async fn keys_lead_to_a_person_to_a_room_and_to_what_keys_there_are() {
    let browser = browser_or_skip!();
    let server = TestServer::start().await;
    let ann = Human::first(&browser, &server.url(""), "Ann").await;
    server.member("Ada Lovelace").await;
    let is_live = "document.querySelector('#present .present__count')";
    let opens = |key: &str, more: &str| {
        format!("void document.dispatchEvent(new KeyboardEvent('keydown', {{key: '{key}', bubbles: true, {more}}}))")
    };
    ann.page.eval(&opens("k", "ctrlKey: true")).await;
    ann.page.fill(".jumper__field", "al").await;
    ann.page.wait_for("document.querySelector('.jumper__entry[aria-selected=true]')?.innerText.includes('All Talk') || [...document.querySelectorAll('.jumper__name')].some(name => name.innerText === 'Ada Lovelace')").await;
    ann.page.fill(".jumper__field", "love").await;
    ann.page
        .wait_for(
            "document.querySelector('.jumper__entry[aria-selected=true] .jumper__name')?.innerText === 'Ada Lovelace'",
        )
        .await;
    ann.page.press("Enter").await;
    ann.page.wait_for("document.querySelector('#room_name')?.innerText === 'Ada Lovelace'").await;
    ann.page.wait_for(is_live).await;

    // Down from the last goes round to the first: the room.
    ann.page.eval("void document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowDown', altKey: true, bubbles: true}))").await;
    ann.page.wait_for("document.querySelector('#room_name')?.innerText === 'All Talk'").await;
    ann.page.wait_for(is_live).await;
    ann.page.eval("void document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '?', bubbles: true}))").await;
    ann.page.wait_for("document.querySelector('#shortcuts').open").await;
    ann.page.press("Escape").await;
    ann.page.wait_for("!document.querySelector('#shortcuts').open").await;

    ann.page.eval(&opens("k", "metaKey: true")).await;
    ann.page.fill(".jumper__field", "soup of the day").await;
    ann.page.wait_for("document.querySelectorAll('.jumper__entry').length === 1").await;
    ann.page.press("Enter").await;
    ann.page
        .wait_for("location.pathname === '/searches' && document.querySelector('#q')?.value === 'soup of the day'")
        .await;
    assert_eq!(ann.page.problems(), Vec::<String>::new());
}

#[tokio::test]
async fn search_is_a_plain_form_without_javascript() {
    let browser = browser_or_skip!();
    let server = TestServer::start().await;
    let ann = Human::first(&browser, &server.url(""), "Ann").await;
    ann.says("The lunch place").await;
    ann.sees("The lunch place").await;
    ann.page.set_javascript(false).await;
    ann.page.goto(&server.url("/searches")).await;
    ann.page.fill("#q", "lunch").await;
    ann.page.click(".search__form button").await;
    ann.page.wait_for("document.querySelector('.search__result mark')?.innerText === 'lunch'").await;
}
