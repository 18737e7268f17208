//! A small driver for headless Chromium, over the Chrome DevTools Protocol.
//!
//! A [`Browser`] is one Chromium process with a fresh profile. Each of its [`Context`]s has its own cookies
//! and storage, as if it were another person's browser, and each [`Page`] is a window.
//! ```ignore
//! let browser = Browser::launch().await;
//! let page = browser.context().await.page().await;
//! assert_eq!(page.goto("http://127.0.0.1:8080/").await, 200);
//! page.fill("input[name=who]", "Ada").await;
//! page.press("Enter").await;
//! page.wait_for("document.title === 'Hello, Ada'").await;
//! ```
//! What fails panics, with the reason, the page's address and its text; `RUST_BACKTRACE=1` tells the test's
//! line. The methods that take a selector wait for the element, through navigations too: no test needs to
//! sleep. Chromium has 30 s to start and to answer a call, a page 20 s to become what a test waits for.
//!
//! Bounds: only the top document (no frames, no shadow trees, no windows that a page opens); dialogs are
//! accepted at once; a browser lives on the tokio runtime that launched it. Needs `sh`, and the features
//! `connect` of tokio-tungstenite and `sink` of futures-util.
#![expect(dead_code, reason = "tests use a part of it")]

use std::collections::HashMap;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config, tungstenite as ws};

const CALL: Duration = Duration::from_secs(30); // For Chromium to start, and to answer a call.
const PATIENCE: Duration = Duration::from_secs(20); // For a page to be as a test expects it.
const PAUSE: Duration = Duration::from_millis(25); // Between two looks at the same thing.

/// Runs a quiet Chromium, for which `campfire.lan` is this machine by a name that it does not trust, whose background pages run as fast as the one in front, until standard input closes,
/// as it does however this process ends; then ends the process group, which is Chromium's and this shell's.
const KEEPER: &str = r#"{ "$0" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage \
    --disable-breakpad --disable-crash-reporter --disable-background-timer-throttling \
    --host-resolver-rules="MAP campfire.lan 127.0.0.1" --disable-backgrounding-occluded-windows --disable-renderer-backgrounding --remote-debugging-port=0 \
    --user-data-dir="$HOME/profile" about:blank; echo "chromium ended: $?" >&2; } & read -r _; kill -9 0"#;

/// Where Chromium is: the program that `CHROME` names, else the first of `chromium`, `chromium-browser` and
/// `google-chrome` on `PATH`.
pub fn find() -> Option<PathBuf> {
    let names = std::env::var_os("CHROME").unwrap_or("chromium:chromium-browser:google-chrome".into());
    let folders = std::env::var_os("PATH")?;
    let at = |name: PathBuf| std::env::split_paths(&folders).map(|at| at.join(&name)).find(|at| at.is_file());
    std::env::split_paths(&names).find_map(at) // An absolute path stays as it is when joined.
}

/// A Chromium process with a profile of its own. Dropping it ends it and removes its files.
pub struct Browser {
    wire: Arc<Wire>,
    keeper: Child,
    folder: tempfile::TempDir,
}

impl Browser {
    /// Starts the Chromium that [`find`] finds.
    pub async fn launch() -> Browser {
        let chrome = find().expect("Chromium should be on PATH, or named by CHROME");
        let folder = tempfile::tempdir().expect("a temporary folder should be creatable");
        let log = folder.path().join("stderr");
        let keeper = Command::new("sh")
            .args(["-c", KEEPER])
            .arg(chrome)
            .envs([("HOME", folder.path()), ("TMPDIR", folder.path())])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).expect("the log file should be creatable"))
            .process_group(0)
            .spawn()
            .expect("sh should start");
        let (out, calls) = mpsc::unbounded_channel();
        let wire = Wire { out, next: 1.into(), waiting: Mutex::default(), problems: Mutex::default() };
        let browser = Browser { wire: wire.into(), keeper, folder }; // From here on a panic ends Chromium too.
        let limits = ws::protocol::WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let connecting = connect_async_with_config(address(&log).await, Some(limits), true);
        let connected = timeout(CALL, connecting).await.expect("Chromium should answer in time");
        let (socket, _) = connected.expect("Chromium should take a WebSocket");
        tokio::spawn(converse(browser.wire.clone(), calls, socket));
        browser
    }

    /// Another person: cookies and storage of their own.
    pub async fn context(&self) -> Context {
        let made = self.wire.call("", "Target.createBrowserContext", json!({})).await;
        Context { wire: self.wire.clone(), id: made.expect("a context")["browserContextId"].take() }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take()); // The keeper reads the end, and ends its group.
        for _ in 0..200 {
            let ended = self.keeper.try_wait().is_ok_and(|status| status.is_some());
            if ended && std::fs::remove_dir_all(self.folder.path()).is_ok() {
                return; // Else Chromium's last writes raced with the removal: it succeeds the next time.
            }
            std::thread::sleep(PAUSE);
        }
    }
}

/// Waits for the line in which Chromium tells its WebSocket's address.
async fn address(log: &Path) -> String {
    let end = Instant::now() + CALL;
    loop {
        let said =
            String::from_utf8_lossy(&std::fs::read(log).expect("Chromium's log should be readable")).into_owned();
        let told = said.split_once("DevTools listening on ").and_then(|(_, rest)| rest.split_once('\n'));
        if let Some((address, _)) = told {
            return address.to_owned();
        }
        assert!(!said.contains("chromium ended: ") && Instant::now() < end, "Chromium didn't start; it said:\n{said}");
        sleep(PAUSE).await;
    }
}

/// One person's cookies, storage and pages.
pub struct Context {
    wire: Arc<Wire>,
    id: Value,
}

impl Context {
    /// Opens a blank page in a window of its own, 1280 × 800, which believes that it is visible and focused.
    pub async fn page(&self) -> Page {
        let wanted = json!({"url": "about:blank", "browserContextId": self.id, "newWindow": true});
        let made = self.wire.call("", "Target.createTarget", wanted).await.expect("a window should open");
        let wanted = json!({"targetId": made["targetId"], "flatten": true});
        let made = self.wire.call("", "Target.attachToTarget", wanted).await.expect("it should be open");
        let page = Page { wire: self.wire.clone(), session: string(&made["sessionId"]) };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.must(&format!("{domain}.enable"), json!({})).await;
        }
        page.must("Emulation.setFocusEmulationEnabled", json!({"enabled": true})).await;
        page.set_viewport(1280, 800, false).await;
        page
    }
}

/// A window with one page. It stays open when dropped; [`Page::close`] closes it.
pub struct Page {
    wire: Arc<Wire>,
    session: String,
}

impl Page {
    /// Goes to an address, waits until the document there is loaded, and returns its HTTP status (0 when it
    /// has none). Panics when there is no document to show.
    pub async fn goto(&self, url: &str) -> u16 {
        let before = self.poll("a document", DOCUMENT).await;
        let went = self.must("Page.navigate", json!({"url": url})).await;
        assert!(went["errorText"].is_null(), "cannot go to {url}: {}", went["errorText"]);
        // Without a loader it was a move within the document.
        self.moved(if went["loaderId"].is_null() { "null" } else { DOCUMENT }, before).await
    }

    /// Loads the page again, and returns the HTTP status (0 when the browser shows an error instead).
    pub async fn reload(&self) -> u16 {
        let before = self.poll("a document", DOCUMENT).await;
        self.must("Page.reload", json!({})).await;
        self.moved(DOCUMENT, before).await
    }

    /// Goes one step back in the page's history, and waits until it is there and loaded.
    pub async fn back(&self) -> u16 {
        let before = self.poll("an entry of the history", ENTRY).await;
        self.eval("history.back()").await;
        self.moved(ENTRY, before).await
    }

    /// Goes one step forward in the page's history, and waits until it is there and loaded.
    pub async fn forward(&self) -> u16 {
        let before = self.poll("an entry of the history", ENTRY).await;
        self.eval("history.forward()").await;
        self.moved(ENTRY, before).await
    }

    /// Waits until something is no more as before and the document is loaded; returns the HTTP status.
    async fn moved(&self, what: &str, before: Value) -> u16 {
        let moved = self.poll("the page to move and load", &format!("{what} !== {before} && {LOADED}")).await;
        moved[0].as_u64().and_then(|status| status.try_into().ok()).unwrap_or(0)
    }

    /// The value of a JavaScript expression, as JSON, awaited when it is a promise. What it throws becomes a
    /// panic, and so does a navigation meanwhile.
    pub async fn eval(&self, js: &str) -> Value {
        match self.evaluate(js).await {
            Ok(value) => value,
            Err(error) => panic!("cannot evaluate {js}: {error}\nat {}", self.describe().await),
        }
    }

    async fn evaluate(&self, js: &str) -> Result<Value, String> {
        let wanted = json!({"expression": js, "awaitPromise": true, "returnByValue": true});
        let answer = self.cdp("Runtime.evaluate", wanted).await?;
        if let Some(details) = answer.get("exceptionDetails") {
            return Err(told(&details["exception"]));
        }
        let result = &answer["result"];
        Ok(result.get("value").or(result.get("unserializableValue")).cloned().unwrap_or_default())
    }

    /// Waits until a JavaScript expression, or what it promises, is truthy. An error that it throws means "not
    /// yet", but a `SyntaxError` panics at once.
    pub async fn wait_for(&self, js: &str) {
        self.poll(js, &format!("(async () => !!(await ({js}\n)))()")).await;
    }

    /// Evaluates until the value is neither null nor false.
    async fn poll(&self, what: &str, js: &str) -> Value {
        let end = Instant::now() + PATIENCE;
        let mut last = String::from("it was never true");
        loop {
            match timeout(Duration::from_secs(5), self.evaluate(js)).await {
                Ok(Ok(Value::Null | Value::Bool(false))) => {}
                Ok(Ok(value)) => return value,
                Ok(Err(error)) => last = error,
                Err(_) => last = "the page didn't answer".into(),
            }
            if Instant::now() >= end || last.starts_with("SyntaxError") {
                panic!("waited in vain for {what}: {last}\nat {}", self.describe().await);
            }
            sleep(PAUSE).await;
        }
    }

    /// The page's address and the start of its text.
    async fn describe(&self) -> String {
        let js = "location.href + '\\n' + (document.body?.innerText ?? '').slice(0, 2000)";
        match timeout(Duration::from_secs(2), self.evaluate(js)).await {
            Ok(Ok(Value::String(page))) => page,
            other => format!("an address that it doesn't tell: {other:?}"),
        }
    }

    /// Waits until a JavaScript function of the element returns something.
    async fn element(&self, css: &str, to: &str, function: &str) -> Value {
        // A page that a link led to may be seen before its scripts have run: keys would not mean yet what they mean.
        let loaded = "if (document.readyState !== 'complete') throw 'still loading'";
        let js = format!("const e = document.querySelector({}); if (!e) throw 'nothing matches'", json!(css));
        self.poll(&format!("{css} to {to}"), &format!("{{ {loaded}; {js}; ({function})(e) }}")).await
    }

    /// The text of the first element that matches, as a person sees it (`innerText`).
    pub async fn text(&self, css: &str) -> String {
        string(&self.element(css, "be there", "e => [e.innerText ?? e.textContent]").await[0])
    }

    /// Replaces what a field holds, as a person does who selects all of it and pastes.
    pub async fn fill(&self, css: &str, text: &str) {
        self.element(css, "take text", FOCUS_ALL).await;
        match text {
            "" => self.press("Delete").await,
            _ => drop(self.must("Input.insertText", json!({"text": text})).await),
        }
    }

    /// Presses and releases a key: one of `Enter`, `Tab`, `Escape`, `Backspace`, `Delete`, `Home`, `End`,
    /// `PageUp`, `PageDown`, `ArrowUp` (…), or a character, after any of `Shift+`, `Control+` and `Alt+`.
    pub async fn press(&self, key: &str) {
        let (held, name) = key.rsplit_once('+').unwrap_or(("", key));
        let held = |modifier, bit| if held.contains(modifier) { bit } else { 0 };
        let modifiers = held("Alt", 1) | held("Control", 2) | held("Shift", 8);
        let number = KEYS.split(' ').find_map(|key| key.strip_prefix(name)?.strip_prefix('=')?.parse().ok());
        let (code, number, text): (_, u32, _) = match (number, name.as_bytes()) {
            (Some(number), _) => (name.to_owned(), number, if name == "Enter" { "\r" } else { "" }),
            (None, [c]) => (format!("Key{}", name.to_uppercase()), c.to_ascii_uppercase().into(), name),
            _ => panic!("{key} is no key that this driver knows"),
        };
        let text = if modifiers & 3 == 0 { text } else { "" };
        for (kind, text) in [(if text.is_empty() { "rawKeyDown" } else { "keyDown" }, text), ("keyUp", "")] {
            let event = json!({"type": kind, "key": name, "code": code, "windowsVirtualKeyCode": number,
                "text": text, "modifiers": modifiers});
            self.must("Input.dispatchKeyEvent", event).await;
        }
    }

    /// Clicks the middle of an element with the mouse, once it is in view, at rest and not covered.
    pub async fn click(&self, css: &str) {
        let end = Instant::now() + PATIENCE;
        let (mut before, mut middle) = (Value::Null, self.element(css, "be clickable", MIDDLE).await);
        while before != middle {
            assert!(Instant::now() < end, "{css} should come to rest to be clicked");
            sleep(PAUSE).await;
            (before, middle) = (middle, self.element(css, "be clickable", MIDDLE).await);
        }
        for (kind, button, count) in [("Moved", "none", 0), ("Pressed", "left", 1), ("Released", "left", 1)] {
            let event = json!({"type": format!("mouse{kind}"), "button": button, "clickCount": count,
                "x": middle[0], "y": middle[1]});
            self.must("Input.dispatchMouseEvent", event).await;
        }
    }

    /// Saves what the page shows as a PNG file.
    pub async fn screenshot(&self, path: impl AsRef<Path>) {
        let shot = self.must("Page.captureScreenshot", json!({"format": "png"})).await;
        std::fs::write(path, from_base64(&string(&shot["data"]))).expect("the screenshot should be writable");
    }

    /// The page's size in CSS pixels. A mobile page has a coarse pointer, and obeys its `meta` viewport.
    pub async fn set_viewport(&self, width: u32, height: u32, mobile: bool) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile});
        self.must("Emulation.setDeviceMetricsOverride", size).await;
        self.must("Emulation.setTouchEmulationEnabled", json!({"enabled": mobile})).await;
    }

    /// Whether the scripts of documents loaded from now on run. All other methods work without them, since the
    /// protocol's own scripts run all the same, but a timer in [`Page::eval`] never fires.
    pub async fn set_javascript(&self, enabled: bool) {
        self.must("Emulation.setScriptExecutionDisabled", json!({"value": !enabled})).await;
    }

    /// Whether the page is offline: `navigator.onLine` tells, and new requests and WebSockets fail. An open
    /// WebSocket stays open but stalls: what either side sends arrives once the page is online again.
    pub async fn set_offline(&self, offline: bool) {
        let net = json!({"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        self.must("Network.emulateNetworkConditions", net).await;
    }

    /// Minimizes the window and takes its focus: `document.visibilityState` is `hidden`, and clicks take 5 s.
    pub async fn hide(&self) {
        self.set_window("minimized", false, "hidden").await;
    }

    /// Undoes [`Page::hide`].
    pub async fn show(&self) {
        self.set_window("normal", true, "visible").await;
    }

    async fn set_window(&self, state: &str, focus: bool, seen: &str) {
        self.must("Emulation.setFocusEmulationEnabled", json!({"enabled": focus})).await;
        let window = self.must("Browser.getWindowForTarget", json!({})).await;
        let wanted = json!({"windowId": window["windowId"], "bounds": {"windowState": state}});
        self.must("Browser.setWindowBounds", wanted).await;
        self.wait_for(&format!("document.visibilityState === '{seen}'")).await;
    }

    /// The errors so far: exceptions, `console.error`, failed requests, breaches of the content policy.
    pub fn problems(&self) -> Vec<String> {
        let problems = self.wire.problems.lock().expect("unpoisoned");
        problems.get(&self.session).cloned().unwrap_or_default()
    }

    /// The sum of the document's layout shifts that followed no recent input.
    pub async fn layout_shift(&self) -> f64 {
        self.eval(LAYOUT_SHIFT).await.as_f64().expect("layout shifts should add up to a number")
    }

    /// Closes the page's window.
    pub async fn close(self) {
        self.must("Page.close", json!({})).await;
    }

    /// Any other method of the protocol: its answer, or why it failed.
    pub async fn cdp(&self, method: &str, params: Value) -> Result<Value, String> {
        self.wire.call(&self.session, method, params).await
    }

    async fn must(&self, method: &str, params: Value) -> Value {
        let told = params.to_string();
        self.cdp(method, params).await.unwrap_or_else(|error| panic!("{method} {told}: {error}"))
    }
}

/// The named keys and their numbers.
const KEYS: &str = "Backspace=8 Tab=9 Enter=13 Escape=27 PageUp=33 PageDown=34 End=35 Home=36 ArrowLeft=37 \
    ArrowUp=38 ArrowRight=39 ArrowDown=40 Delete=46";

/// Gives a field the focus and selects all of it.
const FOCUS_ALL: &str = "e => {
    if (e.disabled || e.readOnly) throw 'it takes no text';
    e.focus();
    if (e.select) e.select(); else getSelection().selectAllChildren(e);
    return document.activeElement === e }";

/// Scrolls an element into view if it isn't, and returns its middle.
const MIDDLE: &str = "e => {
    if (e.disabled) throw 'it is disabled';
    e.scrollIntoViewIfNeeded();
    const box = e.getClientRects()[0];
    if (!box?.width || !box.height) throw 'it has no area';
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const hit = document.elementFromPoint(x, y);
    if (hit && (e.contains(hit) || hit.closest('label')?.control === e)) return [x, y];
    e.scrollIntoView({block: 'center', behavior: 'instant'});
    throw 'it is covered by ' + hit?.outerHTML.slice(0, 200) }";

const DOCUMENT: &str = "String(performance.timeOrigin)"; // Another in each document.
const ENTRY: &str = "String(navigation.currentEntry?.key)"; // Another in each entry of the page's history.
const LOADED: &str = "document.readyState === 'complete' &&
    [performance.getEntriesByType('navigation')[0]?.responseStatus ?? 0]"; // The HTTP status, once loaded.

/// Adds up the layout shifts, once the last frame's are told.
const LAYOUT_SHIFT: &str = "new Promise(done => setTimeout(() => {
    const shifts = new PerformanceObserver(() => {});
    shifts.observe({type: 'layout-shift', buffered: true});
    done(shifts.takeRecords().reduce((sum, e) => e.hadRecentInput ? sum : sum + e.value, 0)) }, 100))";

/// The problem that an event of a page tells of, if it does.
fn problem(method: &str, event: &Value) -> Option<String> {
    match method {
        "Runtime.consoleAPICalled" if event["type"] == "error" => {
            let said: Vec<_> = event["args"].as_array()?.iter().map(told).collect();
            Some(said.join(" "))
        }
        "Runtime.exceptionThrown" => Some(told(&event["exceptionDetails"]["exception"])),
        "Log.entryAdded" if event["entry"]["level"] == "error" => {
            Some(["text", "url"].map(|part| string(&event["entry"][part])).join(" "))
        }
        "Inspector.targetCrashed" => Some("the page crashed".into()),
        _ => None,
    }
}

/// The one connection to Chromium, which all that belongs to a browser shares.
struct Wire {
    out: mpsc::UnboundedSender<String>,
    next: AtomicU64,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Result<Value, String>>>>, // By the call's number.
    problems: Mutex<HashMap<String, Vec<String>>>,                        // By the page's session.
}

impl Wire {
    async fn call(&self, session: &str, method: &str, params: Value) -> Result<Value, String> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let mut call = json!({"id": id, "method": method, "params": params});
        if !session.is_empty() {
            call["sessionId"] = session.into();
        }
        let (answer, waiting) = oneshot::channel();
        self.waiting.lock().expect("unpoisoned").insert(id, answer);
        self.out.send(call.to_string()).map_err(|_| "Chromium has hung up")?;
        match timeout(CALL, waiting).await {
            Ok(answer) => answer.unwrap_or_else(|_| Err("Chromium has hung up".into())),
            Err(_) => Err(format!("no answer within {CALL:?}")),
        }
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Carries calls to Chromium, and its answers and events back, until Chromium hangs up.
async fn converse(wire: Arc<Wire>, mut calls: mpsc::UnboundedReceiver<String>, mut socket: Socket) {
    loop {
        let message = tokio::select! {
            Some(call) = calls.recv() =>
                if socket.send(ws::Message::text(call)).await.is_ok() { continue } else { break },
            message = socket.next() => message,
        };
        let Some(Ok(message)) = message else { break };
        let mut message = serde_json::from_slice(&message.into_data()).unwrap_or(Value::Null);
        let [method, session] = [&message["method"], &message["sessionId"]].map(string);
        if let Some(id) = message["id"].as_u64() {
            let error = message["error"]["message"].as_str().map(String::from);
            let answer = error.map_or_else(|| Ok(message["result"].take()), Err);
            let waiting = wire.waiting.lock().expect("unpoisoned").remove(&id);
            let _ = waiting.map(|waiting| waiting.send(answer));
        } else if method == "Page.javascriptDialogOpening" {
            let accept = json!({"id": 0, "sessionId": session, "method": "Page.handleJavaScriptDialog",
                "params": {"accept": true}});
            let _ = wire.out.send(accept.to_string());
        } else if let Some(problem) = problem(&method, &message["params"]) {
            wire.problems.lock().expect("unpoisoned").entry(session).or_default().push(problem);
        }
    }
    drop(calls);
    wire.waiting.lock().expect("unpoisoned").clear();
}

/// A string as it is, and any other value as JSON.
fn string(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What a value of the page is, in words.
fn told(value: &Value) -> String {
    string(value.get("description").unwrap_or(&value["value"]))
}

/// The bytes of a screenshot.
fn from_base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let value = |c: &u8| DIGITS.iter().position(|digit| digit == c).expect("a screenshot should be base 64");
    let mut bytes = Vec::new();
    for four in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = four.iter().fold(0, |bits, c| bits << 6 | value(c)) << (6 * (4 - four.len()));
        bytes.extend((0..four.len() - 1).map(|byte| (bits >> (16 - 8 * byte)) as u8));
    }
    bytes
}
