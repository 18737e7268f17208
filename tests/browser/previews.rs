//! Previews of links: arriving, removed, and leaving alone what somebody is doing.

use crate::browser_or_skip;
use crate::people::Human;
use crate::support::TestServer;
use crate::support::site::{Site, page, picture};

const CARD: &str = "document.querySelector('#messages .preview__card')";

#[tokio::test]
async fn a_preview_arrives_below_its_message_and_its_author_removes_it_for_everybody() {
    let browser = browser_or_skip!();
    let site = Site::start(|path| if path == "/picture.png" { picture(1200, 630) } else { page("A long story") }).await;
    let server = TestServer::start_with_site(site.address, &[]).await;
    let base = server.url("");
    let ann = Human::first(&browser, &base, "Ann").await;
    let bob = Human::invited(&browser, &base, &ann.invite_link().await, "Bob").await;
    let cy = Human::invited(&browser, &base, &ann.invite_link().await, "Cy").await;
    // An edit that is under way when the preview comes stays.
    bob.says(&site.url("/gated/story")).await;
    site.is_asked("/gated/story").await;
    bob.page.wait_for("document.querySelector('#messages .message')").await;
    bob.page.eval("document.querySelector('#messages .message__time').focus()").await;
    bob.page.click("message-actions [data-action=edit]").await;
    bob.page.wait_for("document.querySelector('.edit-form textarea')").await;
    site.open_the_gate();
    for human in [&ann, &bob, &cy] {
        human.page.wait_for(&format!("{CARD}?.querySelector('img')?.naturalWidth === 610")).await;
        assert_eq!(human.page.text(".preview__title").await, "A long story");
        assert!(human.page.layout_shift().await < 0.02);
    }
    assert_eq!(bob.page.eval("!!document.querySelector('.edit-form textarea')").await, true);
    bob.page.click("[data-cancel]").await;

    let is_offered = "getComputedStyle(document.querySelector('.preview__removal')).display !== 'none'";
    for (human, may) in [(&ann, true), (&bob, true), (&cy, false)] {
        assert_eq!(human.page.eval(is_offered).await, may);
    }
    for human in [&ann, &bob, &cy] {
        human.marks_the_page().await;
    }
    bob.page.click(".preview__removal button").await;
    for human in [&ann, &bob, &cy] {
        human.page.wait_for(&format!("!{CARD}")).await;
        assert!(human.has_not_reloaded().await);
        assert_eq!(human.page.problems(), Vec::<String>::new());
    }
}
