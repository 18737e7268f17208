// The socket: connects, keeps the connection alive, catches up, and comes back when it is lost.
import { advance, cursor, messages, roomId, say, tell, when } from "./page.js";
import { applyFrame, forget } from "./revisions.js";

const PING_EVERY = 20_000; // the server hears of us
const SILENCE_MAX = 30_000; // without any frame for so long, the connection is dead
const PROBE_MAX = 5_000; // after waking up, an answer must come sooner
const DELAY_MIN = 500;
const DELAY_MAX = 16_000;
const ABSENT_AFTER = 5_000; // a page hidden for a moment is still being read
const SPREAD = 3_000; // after a restart, not every page fetches its sidebar at once

let socket = null;
let attempt = 0;
let heardAt = 0;
let comeBack = null;
let absence = null;
let isOver = false;

export function start() {
  connect();
  setInterval(() => send({ type: "ping" }), PING_EVERY);
  setInterval(() => socket && Date.now() - heardAt > SILENCE_MAX && lost(), 1_000);
  document.addEventListener("visibilitychange", onVisibility);
  addEventListener("online", wake);
  addEventListener("pagehide", hangUp);
  addEventListener("pageshow", (event) => event.persisted && wake());
  when("signed-out", () => end("You are signed out.", signInLink()));
  when("stale", refresh);
}

/** Says something to the server, if it can be heard. */
export function send(frame) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
}

function connect() {
  clearTimeout(comeBack);
  comeBack = null;
  if (isOver || socket) return;
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const mine = new WebSocket(`${scheme}//${location.host}/ws?room=${roomId}&since=${cursor()}`);
  socket = mine;
  heardAt = Date.now();
  mine.onmessage = ({ data }) => mine === socket && hear(data);
  mine.onclose = ({ code }) => mine === socket && lost(code);
}

function hear(data) {
  heardAt = Date.now();
  if (data.startsWith("{")) return heed(JSON.parse(data));
  const revision = applyFrame(data);
  if (revision) advance(revision);
}

/** What the page must act on rather than show. */
function heed(frame) {
  if (frame.type === "caught_up") {
    attempt = 0;
    advance(frame.revision);
    say(null);
    tell("level");
    if (document.hidden) send({ type: "absent" });
    if (frame.version !== document.documentElement.dataset.version) offerReload();
    if (frame.sidebar !== document.getElementById("sidebar").dataset.version) {
      setTimeout(fetchSidebar, Math.random() * SPREAD);
    }
  } else if (frame.type === "reload") {
    refresh();
  }
}

/** The connection is gone: says so and comes back later, unless the server said not to. */
function lost(code) {
  hangUp();
  if (code === 4401) return tell("signed-out");
  if (code === 4403 || code === 4404) return end("You are no longer in this room.", { href: "/", text: "To your rooms" });
  if (code === 4429) return end("Too many pages are open. Close some, then reload this one.");
  say("Reconnecting… your messages are kept");
  const delay = Math.min(DELAY_MAX, DELAY_MIN * 2 ** attempt++);
  comeBack ??= setTimeout(connect, delay * (0.5 + Math.random() / 2));
}

function hangUp() {
  const mine = socket;
  socket = null;
  mine?.close();
}

function end(text, link) {
  isOver = true;
  hangUp();
  clearTimeout(comeBack);
  say(text, link);
}

/** Comes back at once; a connection that looks alive must prove it. */
function wake() {
  if (!socket) return connect();
  const askedAt = Date.now();
  send({ type: "ping" });
  setTimeout(() => {
    if (socket && heardAt < askedAt) {
      hangUp();
      connect();
    }
  }, PROBE_MAX);
}

function onVisibility() {
  clearTimeout(absence);
  if (document.hidden) {
    absence = setTimeout(() => send({ type: "absent" }), ABSENT_AFTER);
  } else {
    wake();
    send({ type: "present" });
  }
}

/** Fetches the list afresh and goes on from there. What is being written or waits to be sent stays. */
async function refresh() {
  hangUp();
  forget();
  const before = messages();
  const target = document.getElementById("scroller");
  try {
    await htmx.ajax("GET", `/rooms/${roomId}/messages`, { target, swap: "outerHTML" });
  } catch {
    // Offline again: the way back leads here.
  }
  if (messages() === before) return lost();
  tell("list");
  connect();
}

function fetchSidebar() {
  htmx.ajax("GET", `/users/me/sidebar?room_id=${roomId}`, { target: "#sidebar", swap: "outerHTML" });
}

function offerReload() {
  document.querySelector("[data-update]").hidden = false;
}

function signInLink() {
  const here = encodeURIComponent(location.pathname);
  return { href: `/session/new?return_to=${here}`, text: "Sign in; what you wrote is kept" };
}

