//! The first story: somebody sets a Campfire up, invites somebody else, and the two talk, whatever happens to the server.

use crate::browser_or_skip;
use crate::people::Human;
use crate::proxy::Proxy;
use crate::support::PASSWORD;
use crate::support::process::Process;
use tempfile::TempDir;

#[tokio::test]
async fn two_people_talk_the_server_is_killed_and_both_see_the_whole_conversation_without_a_reload() {
    let browser = browser_or_skip!();
    let folder = TempDir::new().unwrap();
    let process = Process::start(folder.path(), &[]).await;
    let proxy = Proxy::start(process.address).await;
    let base = format!("http://{}", proxy.address());

    let ann = Human::first(&browser, &base, "Ann").await;
    let bob = Human::invited(&browser, &base, &ann.invite_link().await, "Bob").await;
    ann.marks_the_page().await;
    bob.marks_the_page().await;
    ann.says("Hello Bob").await;
    bob.sees("Hello Bob").await;
    bob.says("Hello Ann <b>& all</b>").await;
    ann.sees("Hello Ann <b>& all</b>").await;
    ann.page.wait_for("document.querySelector('#present .present__count').innerText === '2 here'").await;
    for human in [&ann, &bob] {
        assert_eq!(human.page.problems(), Vec::<String>::new());
        assert!(human.page.layout_shift().await < 0.02);
    }

    process.kill().await;
    ann.sees_that_the_connection_is_lost().await;
    bob.sees_that_the_connection_is_lost().await;
    ann.says("Are you still there?").await;
    ann.page.wait_for("document.querySelectorAll('#pending article').length === 1").await;
    let process = Process::start(folder.path(), &[]).await;
    proxy.set_upstream(process.address);

    bob.sees("Are you still there?").await;
    bob.says("I am").await;
    ann.sees("I am").await;
    ann.is_level().await;
    bob.is_level().await;
    assert_eq!(ann.conversation().await, bob.conversation().await);
    assert_eq!(ann.conversation().await.as_array().unwrap().len(), 4);
    assert!(ann.has_not_reloaded().await && bob.has_not_reloaded().await);
    assert_eq!(process.stop("-TERM").await.code(), Some(0));
}

#[tokio::test]
async fn the_same_story_without_javascript() {
    let browser = browser_or_skip!();
    let folder = TempDir::new().unwrap();
    let process = Process::start(folder.path(), &[]).await;
    let proxy = Proxy::start(process.address).await;
    let base = format!("http://{}", proxy.address());
    let (ann, bob) = (browser.context().await.page().await, browser.context().await.page().await);
    ann.set_javascript(false).await;
    bob.set_javascript(false).await;

    let comes_in = async |page: &crate::chromium::Page, name: &str| {
        page.fill("#name", name).await;
        page.fill("#email_address", &format!("{name}@example.com")).await;
        page.fill("#password", PASSWORD).await;
        page.click("button[type=submit]").await;
        page.wait_for("document.querySelector('#composer')").await;
    };
    ann.goto(&base).await;
    comes_in(&ann, "Ann").await;
    let link = ann.eval("document.querySelector('[data-copy-source]').value").await;
    bob.goto(link.as_str().unwrap()).await;
    comes_in(&bob, "Bob").await;

    let says = async |page: &crate::chromium::Page, text: &str| {
        page.fill("#composer_body", text).await;
        page.click(".composer__send").await;
        let shown =
            format!("document.querySelector('#messages').innerText.includes({})", serde_json::Value::from(text));
        page.wait_for(&shown).await;
    };
    says(&ann, "Hello Bob").await;
    process.kill().await;
    let process = Process::start(folder.path(), &[]).await;
    proxy.set_upstream(process.address);
    says(&bob, "Hello Ann").await;
    bob.wait_for("document.querySelectorAll('#messages article').length === 2").await;
    ann.reload().await;
    ann.wait_for("document.querySelectorAll('#messages article').length === 2").await;

    // Mine are on my side by the stylesheet alone.
    let mine = "getComputedStyle(document.querySelector('#messages article')).flexDirection";
    assert_eq!(ann.eval(mine).await, "row-reverse");
    assert_eq!(bob.eval(mine).await, "row");
    ann.click(".sidebar__profile").await;
    ann.click(".panel-header__actions button").await;
    ann.wait_for("location.pathname === '/session/new'").await;
    assert_eq!(ann.problems(), Vec::<String>::new());
}

#[tokio::test]
async fn it_all_works_over_plain_http_by_a_name_that_browsers_do_not_trust() {
    let browser = browser_or_skip!();
    let server = crate::support::TestServer::start().await;
    let base = format!("http://campfire.lan:{}", server.address.port());
    let ann = Human::first(&browser, &base, "Ann").await;
    let has_none = "!isSecureContext && !crypto.randomUUID && !navigator.clipboard";
    assert_eq!(ann.page.eval(has_none).await, true);
    let link = ann.invite_link().await;
    assert!(link.starts_with(&format!("{base}/join/")), "{link}");
    ann.page.click("[data-copy-button]").await;
    ann.page.wait_for("document.querySelector('[data-copy-button]').innerText === 'Copied'").await;
    let bob = Human::invited(&browser, &base, &link, "Bob").await;
    bob.says("Hello from the next room").await;
    ann.sees("Hello from the next room").await;
    ann.says("Hello").await;
    bob.sees("Hello").await;
    assert_eq!(ann.page.problems(), Vec::<String>::new());
}
