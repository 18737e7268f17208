//! What a page survives: no network, a reload, a killed server, and what others did meanwhile.

use crate::browser_or_skip;
use crate::people::Human;
use crate::proxy::Proxy;
use crate::support::process::Process;
use crate::support::{PASSWORD, Person, TestServer, as_object};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

const SETTINGS: &[(&str, &str)] = &[("CAMPFIRE_POST_BURST", "1000")];

/// Holds back every socket that the page opens from now on, until `letSocketsGo()`: the network lets posts through first.
const HOLD_SOCKETS: &str = "(() => {
    const Real = WebSocket, held = [];
    let isHolding = true;
    window.heldSockets = () => held.length;
    window.letSocketsGo = () => { isHolding = false; held.forEach(open => open()); };
    window.WebSocket = class extends EventTarget {
        static OPEN = 1;
        constructor(url) {
            super();
            const open = () => {
                const real = this.real = new Real(url);
                real.onmessage = event => this.onmessage?.(event);
                real.onclose = event => this.onclose?.(event);
            };
            if (isHolding) held.push(open); else open();
        }
        get readyState() { return this.real?.readyState ?? 0; }
        send(text) { this.real?.send(text); }
        close() { this.real?.close(); }
    };
})()";

/// Somebody's token, for what is done behind the pages' backs.
async fn api(base: String, name: &str) -> Person {
    let person = Person { client: reqwest::Client::new(), base, id: 0, token: String::new() };
    let address = format!("{}@example.com", name.to_lowercase());
    let form = [("email_address", address.as_str()), ("password", PASSWORD)];
    let answer = person.json(Method::POST, "/api/session", &as_object(&form)).await;
    let token = answer.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
    Person { token, ..person }
}

#[tokio::test]
async fn forty_posts_made_offline_arrive_once_in_order_and_both_pages_equal_a_fresh_load() {
    let browser = browser_or_skip!();
    let folder = TempDir::new().unwrap();
    let process = Process::start(folder.path(), SETTINGS).await;
    let proxy = Proxy::start(process.address).await;
    let base = format!("http://{}", proxy.address());
    let ann = Human::first(&browser, &base, "Ann").await;
    let bob = Human::invited(&browser, &base, &ann.invite_link().await, "Bob").await;
    for text in ["to be edited", "to be removed"] {
        ann.says(text).await;
        bob.sees(text).await;
    }
    bob.marks_the_page().await;

    // The network goes, the server is killed; Ann writes forty messages, Bob one.
    bob.page.eval(HOLD_SOCKETS).await;
    proxy.cut();
    process.kill().await;
    ann.sees_that_the_connection_is_lost().await;
    for number in 1..=40 {
        ann.says(&format!("offline {number}")).await;
    }
    bob.says("from Bob, offline").await;
    ann.page.wait_for("document.querySelectorAll('#pending article').length === 40").await;
    bob.page.wait_for("document.querySelectorAll('#pending article').length === 1").await;

    // The server comes back; before the network does, one message is edited and one removed.
    let process = Process::start(folder.path(), SETTINGS).await;
    let hand = api(format!("http://{}", process.address), "Ann").await;
    let messages = hand.messages().await;
    let path = |place: usize| format!("/rooms/1/messages/{}", messages[place]["id"]);
    assert_eq!(hand.json(Method::PUT, &path(0), &json!({"body": "edited"})).await.status(), 200);
    assert_eq!(hand.json(Method::DELETE, &path(1), &json!({})).await.status(), 204);

    // Ann reloads. Posts get through before sockets do, for both. The page that she leaves posts nothing more: what it
    // posts while the next one is on its way, the next one learns from its socket alone.
    ann.page.eval("window.fetch = () => new Promise(() => {})").await;
    let hold = json!({"source": HOLD_SOCKETS});
    ann.page.cdp("Page.addScriptToEvaluateOnNewDocument", hold).await.unwrap();
    proxy.set_upstream(process.address);
    proxy.mend();
    ann.page.reload().await;
    ann.sees("offline 40").await;
    bob.sees("from Bob, offline").await;
    for human in [&ann, &bob] {
        human.page.wait_for("heldSockets() > 0").await;
    }
    assert!(bob.conversation().await.to_string().contains("to be removed"), "Bob's socket is not back yet");
    for human in [&ann, &bob] {
        human.page.eval("letSocketsGo()").await;
    }

    bob.sees("offline 40").await;
    ann.is_level().await;
    bob.is_level().await;
    let fresh = browser.context().await.page().await;
    let cookie = json!({"name": "session_token", "value": hand.token, "url": base});
    fresh.cdp("Network.setCookie", cookie).await.unwrap();
    let fresh = Human { page: fresh, base: base.clone() };
    fresh.page.goto(&format!("{base}/rooms/1")).await;
    let fresh = fresh.conversation().await;
    let fresh = fresh.as_array().unwrap();
    let everything: Vec<Value> = hand.messages().await;
    let texts: Vec<&str> = everything.iter().map(|message| message["content"].as_str().unwrap()).collect();
    // A fresh load begins with the newest forty; a page shows these and all that it had before them.
    for human in [&ann, &bob] {
        let shown = human.conversation().await;
        let shown = shown.as_array().unwrap();
        assert!(shown.ends_with(fresh), "{shown:?} does not end with {fresh:?}");
        let shown: Vec<&str> = shown.iter().map(|row| row[2].as_str().unwrap()).collect();
        assert!(texts.ends_with(&shown) && shown.len() >= 40, "{shown:?}");
    }
    let whole = bob.conversation().await;
    assert_eq!(whole.as_array().unwrap().len(), texts.len());
    assert_eq!((&whole[0][2], &whole[0][4]), (&json!("edited"), &json!(true)));
    let offline: Vec<String> =
        texts.iter().filter(|text| text.starts_with("offline")).map(ToString::to_string).collect();
    assert_eq!(offline, (1..=40).map(|number| format!("offline {number}")).collect::<Vec<_>>());
    assert!(!texts.contains(&"to be removed") && texts[0] == "edited");
    assert!(bob.has_not_reloaded().await);
}

#[tokio::test]
async fn a_page_that_missed_too_much_fetches_the_list_afresh_and_keeps_what_was_being_written() {
    let browser = browser_or_skip!();
    let server = TestServer::start_with(SETTINGS).await;
    let proxy = Proxy::start(server.address).await;
    let base = format!("http://{}", proxy.address());
    let ann = Human::first(&browser, &base, "Ann").await;
    ann.says("before").await;
    ann.sees("before").await;
    ann.marks_the_page().await;
    proxy.cut();
    ann.sees_that_the_connection_is_lost().await;
    ann.says("waiting to be sent").await;
    ann.page.fill("#composer_body", "half a thou").await;
    let hand = api(format!("http://{}", server.address), "Ann").await;
    for number in 0..250 {
        hand.says(&format!("missed {number}")).await;
    }
    proxy.mend();
    ann.sees("missed 249").await;
    ann.sees("waiting to be sent").await;
    ann.is_level().await;
    assert!(ann.has_not_reloaded().await);
    assert_eq!(ann.page.eval("document.querySelector('#composer_body').value").await, "half a thou");
    // And it is live again.
    hand.says("afterwards").await;
    ann.sees("afterwards").await;
}

#[tokio::test]
async fn a_network_that_swallows_everything_is_noticed_and_left_behind() {
    let browser = browser_or_skip!();
    let server = TestServer::start_with(SETTINGS).await;
    let proxy = Proxy::start(server.address).await;
    let base = format!("http://{}", proxy.address());
    let ann = Human::first(&browser, &base, "Ann").await;
    proxy.stall();
    let hand = api(format!("http://{}", server.address), "Ann").await;
    hand.says("into the dark").await;
    // Waking up, as a laptop does, asks the connection to prove itself; this one can't.
    proxy.cut();
    proxy.resume();
    proxy.mend();
    ann.page.eval("dispatchEvent(new Event('online'))").await;
    ann.sees("into the dark").await;
}

#[tokio::test]
async fn a_page_that_is_restored_by_back_catches_up() {
    let browser = browser_or_skip!();
    let server = TestServer::start_with(SETTINGS).await;
    let base = format!("http://{}", server.address);
    let ann = Human::first(&browser, &base, "Ann").await;
    ann.says("before leaving").await;
    ann.sees("before leaving").await;
    ann.page.goto(&format!("{base}/health")).await;
    let hand = api(base, "Ann").await;
    let messages = hand.messages().await;
    let path = format!("/rooms/1/messages/{}", messages[0]["id"]);
    hand.json(Method::PUT, &path, &json!({"body": "edited while away"})).await;
    hand.says("said while away").await;
    ann.page.back().await;
    ann.sees("said while away").await;
    ann.page.wait_for("document.querySelector('#messages').innerText.includes('edited while away')").await;
}

#[tokio::test]
async fn a_session_that_ended_says_so_and_keeps_what_was_written() {
    let browser = browser_or_skip!();
    let server = TestServer::start_with(SETTINGS).await;
    let base = format!("http://{}", server.address);
    let ann = Human::first(&browser, &base, "Ann").await;
    server.db.write(|tx| Ok(tx.execute("DELETE FROM sessions", [])?)).await.unwrap();
    ann.says("written too late").await;
    ann.page.wait_for("document.querySelector('#connection a')?.href.includes('/session/new')").await;
    ann.page.click("#connection a").await;
    ann.page.fill("#email_address", "ann@example.com").await;
    ann.page.fill("#password", PASSWORD).await;
    ann.page.press("Enter").await;
    ann.sees("written too late").await;
}

#[tokio::test]
async fn two_pages_of_one_person_offline_lose_nothing_and_send_nothing_twice() {
    let browser = browser_or_skip!();
    let server = TestServer::start_with(SETTINGS).await;
    let proxy = Proxy::start(server.address).await;
    let base = format!("http://{}", proxy.address());
    let context = browser.context().await;
    let first = Human::comes_in(context.page().await, &base, "Ann").await;
    let second = Human { page: context.page().await, base: base.clone() };
    second.page.goto(&format!("{base}/rooms/1")).await;
    second.page.wait_for("document.querySelector('#present .present__count')").await;
    proxy.cut();
    for human in [&first, &second] {
        human.sees_that_the_connection_is_lost().await;
    }
    for number in 1..=5 {
        first.says(&format!("first {number}")).await;
        second.says(&format!("second {number}")).await;
    }
    proxy.mend();
    for human in [&first, &second] {
        human.sees("first 5").await;
        human.sees("second 5").await;
        human.is_level().await;
    }
    let rows = server.rows().await;
    let of = |whose: &str| -> Vec<String> {
        rows.iter().map(|(_, _, text)| text.clone()).filter(|text| text.starts_with(whose)).collect()
    };
    for whose in ["first", "second"] {
        assert_eq!(of(whose), (1..=5).map(|number| format!("{whose} {number}")).collect::<Vec<_>>());
    }
    assert_eq!(rows.len(), 10);
    assert_eq!(first.conversation().await, second.conversation().await);
}

#[tokio::test]
async fn an_answer_that_is_not_our_servers_acknowledges_nothing() {
    let browser = browser_or_skip!();
    let server = TestServer::start_with(SETTINGS).await;
    let ann = Human::first(&browser, &format!("http://{}", server.address), "Ann").await;
    // A network's own page, then a proxy whose server is away, then the real answer.
    let between = "(() => {
        const real = fetch;
        const answers = [new Response('<html>Welcome to the hotel</html>'), new Response('', {status: 502})];
        window.fetch = (...request) => answers.length ? Promise.resolve(answers.shift()) : real(...request);
    })()";
    ann.page.eval(between).await;
    ann.says("through all of it").await;
    ann.sees("through all of it").await;
    ann.is_level().await;
    assert_eq!(server.rows().await.len(), 1);
}
