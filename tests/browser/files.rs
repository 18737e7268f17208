//! Files: picked, dropped and pasted, on their way, in the conversation, and without scripts.

use crate::browser_or_skip;
use crate::chromium::Page;
use crate::people::Human;
use crate::proxy::Proxy;
use crate::support::TestServer;
use serde_json::{Value, json};
use std::time::Duration;

/// A picture of 300 × 200 pixels, made in the page.
const PICTURE: &str = "await new Promise(done => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 300, height: 200 });
    canvas.getContext('2d').fillRect(0, 0, 150, 200);
    canvas.toBlob(blob => done(new File([blob], 'holiday.png', { type: 'image/png' })));
})";

/// A file of so many bytes.
fn bytes(name: &str, count: usize) -> String {
    format!("new File([new Uint8Array({count})], {})", Value::from(name))
}

/// Gives the page files in one of the ways there are.
async fn gives(page: &Page, way: &str, files: &[String]) {
    let files = files.iter().map(|file| format!("dt.items.add({file});")).collect::<String>();
    let act = match way {
        "pick" => {
            "const input = document.querySelector('[data-files]'); input.files = dt.files;
                   input.dispatchEvent(new Event('change'));"
        }
        "drop" => {
            "document.querySelector('.messages').dispatchEvent(new DragEvent('drop', { dataTransfer: dt, bubbles: true }));"
        }
        _ => {
            "document.querySelector('#composer_body').dispatchEvent(
                  new ClipboardEvent('paste', { clipboardData: dt, bubbles: true, cancelable: true }));"
        }
    };
    page.eval(&format!("(async () => {{ const dt = new DataTransfer(); {files} {act} }})()")).await;
}

async fn is_in_the_tray(page: &Page, names: &[&str]) {
    let shown = "JSON.stringify([...document.querySelectorAll('.tray__name')].map(name => name.textContent))";
    page.wait_for(&format!("{shown} === JSON.stringify({})", json!(names))).await;
}

/// Waits until the conversation has these files, in this order, acknowledged.
async fn has_files(page: &Page, names: &[&str]) {
    let shown = "JSON.stringify([...document.querySelectorAll('#messages .attachment')].map(
        file => file.querySelector('.attachment__name')?.textContent ?? file.querySelector('img').alt))";
    page.wait_for(&format!("{shown} === JSON.stringify({})", json!(names))).await;
}

#[tokio::test]
async fn files_are_picked_dropped_and_pasted_and_each_becomes_a_message_that_the_other_sees() {
    let browser = browser_or_skip!();
    let server = TestServer::start().await;
    let base = server.url("");
    let ann = Human::first(&browser, &base, "Ann").await;
    let bob = Human::invited(&browser, &base, &ann.invite_link().await, "Bob").await;
    gives(&ann.page, "pick", &[bytes("plan.bin", 2_400_000), bytes("mistake.bin", 10)]).await;
    gives(&ann.page, "drop", &[PICTURE.to_owned()]).await;
    gives(&ann.page, "paste", &[bytes("notes.bin", 1_500)]).await;
    is_in_the_tray(&ann.page, &["plan.bin", "mistake.bin", "holiday.png", "notes.bin"]).await;
    ann.page.wait_for("document.querySelectorAll('.tray__preview:not([hidden])').length === 1").await;
    ann.page.click(".tray__file:nth-child(2) button").await;
    is_in_the_tray(&ann.page, &["plan.bin", "holiday.png", "notes.bin"]).await;
    ann.says("Here they are").await;
    for human in [&ann, &bob] {
        human.sees("Here they are").await;
        has_files(&human.page, &["plan.bin", "holiday.png", "notes.bin"]).await;
        human.page.wait_for("document.querySelector('.attachment--picture > img').naturalWidth === 300").await;
    }
    // Ann's own tray moved what was above it; what arrives moves nothing.
    let shift = bob.page.layout_shift().await;
    assert!(shift < 0.02, "{shift}");
    assert_eq!(ann.page.eval("document.querySelector('.tray').hidden").await, true);
    let size = bob.page.text(".attachment--card .attachment__size").await;
    assert_eq!(size, "2.4 MB");

    // A picture opens over the page, and its message's end is its end.
    gives(&ann.page, "pick", &[PICTURE.replace("holiday", "second")]).await;
    ann.page.click(".composer__send").await;
    has_files(&bob.page, &["plan.bin", "holiday.png", "notes.bin", "second.png"]).await;
    let name = "document.querySelector('#lightbox[open] .lightbox__name')?.textContent";
    bob.page.click(".attachment--picture").await;
    bob.page.wait_for(&format!("{name} === 'holiday.png'")).await;
    bob.page.press("ArrowRight").await;
    bob.page.wait_for(&format!("{name} === 'second.png'")).await;
    bob.page.wait_for("document.querySelector('.lightbox__picture').naturalWidth === 300").await;
    bob.page.press("Escape").await;
    bob.page.wait_for("!document.querySelector('#lightbox').open").await;
    bob.page.click(".message:has([alt='second.png']) .attachment--picture").await;
    bob.page.wait_for(&format!("{name} === 'second.png'")).await;
    let id = ann.page.eval("document.querySelector('.message:has([alt=\"second.png\"])').dataset.messageId").await;
    let path = format!("/rooms/1/messages/{}?_method=DELETE", id.as_str().unwrap());
    ann.page.eval(&format!("fetch('{path}', {{ method: 'POST', headers: {{ 'HX-Request': 'true' }} }})")).await;
    bob.page.wait_for("!document.querySelector('#lightbox').open").await;
    has_files(&bob.page, &["plan.bin", "holiday.png", "notes.bin"]).await;
    for human in [&ann, &bob] {
        assert_eq!(human.page.problems(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_upload_that_loses_the_network_says_so_and_arrives_once_when_it_is_tried_again() {
    let browser = browser_or_skip!();
    let server = TestServer::start().await;
    let proxy = Proxy::start(server.address).await;
    let base = format!("http://{}", proxy.address());
    let ann = Human::first(&browser, &base, "Ann").await;
    let bob =
        Human::invited(&browser, &server.url(""), &ann.invite_link().await.replace(&base, &server.url("")), "Bob")
            .await;
    ann.marks_the_page().await;
    proxy.delay(Duration::from_millis(20));
    gives(&ann.page, "pick", &[bytes("film.bin", 3_000_000), bytes("after.bin", 2_000_000)]).await;
    ann.says("On its way").await;
    ann.page.wait_for("document.querySelector('#pending progress').value > 0.1").await;
    proxy.cut();
    let failed = "document.querySelectorAll('#pending .message--failed').length";
    ann.page.wait_for(&format!("{failed} === 2")).await;
    let reason = ann.page.text("#pending [data-pending-reason]").await;
    assert!(reason.contains("connection was lost"), "{reason}");
    assert_eq!(bob.page.eval("document.querySelectorAll('.attachment').length").await, 0);

    proxy.mend();
    proxy.delay(Duration::ZERO);
    ann.page.click("#pending .message--failed [data-retry]").await;
    ann.page.wait_for(&format!("{failed} === 1")).await;
    has_files(&bob.page, &["film.bin"]).await;
    ann.page.click("#pending .message--failed [data-retry]").await;
    for human in [&ann, &bob] {
        has_files(&human.page, &["film.bin", "after.bin"]).await;
        human.sees("On its way").await;
    }
    ann.is_level().await;
    assert_eq!(server.number("SELECT count(*) FROM attachments").await, 2);
    assert!(ann.has_not_reloaded().await);
}

#[tokio::test]
async fn an_upload_may_be_cancelled_and_one_that_does_not_fit_is_refused_in_words_before_it_begins() {
    let browser = browser_or_skip!();
    let server = TestServer::start_with(&[("CAMPFIRE_UPLOAD_MAX", "3MB")]).await;
    let proxy = Proxy::start(server.address).await;
    let ann = Human::first(&browser, &format!("http://{}", proxy.address()), "Ann").await;
    gives(&ann.page, "pick", &[bytes("film.bin", 3_000_001)]).await;
    ann.page.wait_for("!document.querySelector('[data-composer-error]').hidden").await;
    let reason = ann.page.text("[data-composer-error]").await;
    assert_eq!(reason, "“film.bin” is too large: 3 MB. At most 3 MB fit.");
    is_in_the_tray(&ann.page, &[]).await;

    proxy.delay(Duration::from_millis(20));
    gives(&ann.page, "pick", &[bytes("film.bin", 3_000_000), bytes("other.bin", 10)]).await;
    ann.page.click(".composer__send").await;
    ann.page.wait_for("document.querySelector('#pending progress').value > 0.1").await;
    ann.page.click("#pending [data-upload-cancel]").await;
    has_files(&ann.page, &["other.bin"]).await;
    ann.is_level().await;
    assert_eq!(server.number("SELECT count(*) FROM messages").await, 1);
    assert_eq!(ann.page.problems(), Vec::<String>::new());
}

#[tokio::test]
async fn without_scripts_a_file_goes_with_the_form() {
    let browser = browser_or_skip!();
    let server = TestServer::start().await;
    let ann = Human::first(&browser, &server.url(""), "Ann").await;
    let path = server.folder.path().join("plan.pdf");
    std::fs::write(&path, "%PDF-1.7").unwrap();
    ann.page.set_javascript(false).await;
    ann.page.reload().await;
    let document = ann.page.cdp("DOM.getDocument", json!({})).await.unwrap();
    let query = json!({"nodeId": document["root"]["nodeId"], "selector": "input[type=file]"});
    let input = ann.page.cdp("DOM.querySelector", query).await.unwrap();
    let files = json!({"nodeId": input["nodeId"], "files": [path]});
    ann.page.cdp("DOM.setFileInputFiles", files).await.unwrap();
    let is_seen = "getComputedStyle(document.querySelector('input[type=file]')).opacity === '1'";
    assert_eq!(ann.page.eval(is_seen).await, true);
    ann.page.click(".composer__send").await;
    ann.page.wait_for("document.querySelector('.attachment__name')?.textContent === 'plan.pdf'").await;
}
