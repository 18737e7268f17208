// The socket: connects, keeps the connection alive, catches up, and comes back when it is lost.
import { advance, advancePeople, cursor, people, roomId, say, tell, when } from "./page.js";
import { fetchList, fetchSidebar, holdForSidebar, offerReload, signInLink } from "./afresh.js";
import { applyFrame, forget } from "./revisions.js";

const PING_EVERY = 20_000; // the server hears of us
const ANSWER_MAX = 10_000; // a ping, or a connection, without an answer for so long means that nothing gets through
const PROBE_MAX = 5_000; // after waking up, an answer must come sooner
const DELAY_MIN = 500;
const DELAY_MAX = 16_000;
const ABSENT_AFTER = 5_000; // a page hidden for a moment is still being read
const CROWDED = 60_000; // sockets of a network that is gone count for a minute
const SPREAD = 3_000; // after a restart, not every page fetches its sidebar at once

let socket = null;
let attempt = 0;
let askedAt = 0; // when the first question without an answer was asked
let isRefreshing = false;
let comeBack = null;
let absence = null;
let isOver = false;

export function start() {
  connect();
  setInterval(ping, PING_EVERY);
  setInterval(() => isUnanswered(ANSWER_MAX) && lost(), 1_000);
  document.addEventListener("visibilitychange", onVisibility);
  addEventListener("online", wake);
  addEventListener("pagehide", hangUp);
  addEventListener("pageshow", (event) => event.persisted && wake());
  when("signed-out", () => end("You are signed out.", signInLink()));
  when("stale", refresh);
}

/** Says something to the server; tells whether it can be heard. */
export function send(frame) {
  const isOpen = socket?.readyState === WebSocket.OPEN;
  if (isOpen) socket.send(JSON.stringify(frame));
  return isOpen;
}

function ping() {
  askedAt ||= Date.now();
  send({ type: "ping" });
}

const isUnanswered = (ms) => socket && askedAt && Date.now() - askedAt > ms;

function connect() {
  clearTimeout(comeBack);
  comeBack = null;
  if (isOver || isRefreshing || socket) return;
  tell("connecting");
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const mine = new WebSocket(`${scheme}//${location.host}/ws?${roomId ? `room=${roomId}&` : ""}since=${cursor()}&people=${people()}`);
  socket = mine;
  askedAt = Date.now();
  mine.onmessage = ({ data }) => mine === socket && hear(data);
  mine.onclose = ({ code }) => mine === socket && lost(code);
}

function hear(data) {
  askedAt = 0;
  if (data.startsWith("{")) return heed(JSON.parse(data));
  holdForSidebar(data);
  const revision = applyFrame(data);
  if (revision) advance(revision);
}

/** What the page must act on rather than show. */
function heed(frame) {
  if (frame.type === "caught_up") {
    attempt = 0;
    advance(frame.revision);
    advancePeople(frame.people_revision);
    say(null);
    document.getElementById("typing")?.replaceChildren();
    tell("level");
    if (document.hidden) send({ type: "absent" });
    if (frame.version !== document.documentElement.dataset.version) offerReload();
    if (frame.sidebar !== document.getElementById("sidebar").dataset.version) fetchSidebar(SPREAD);
  } else if (frame.type === "reload") refresh();
  else tell("frame", frame);
}

/** The connection is gone: says so and comes back later, unless the server said not to. */
function lost(code) {
  hangUp();
  if (code === 4401) return tell("signed-out");
  const isOut = { 4403: "You are no longer in this room.", 4404: "This room is not here any more." }[code];
  if (isOut) return end(isOut, { href: "/", text: "To your rooms" });
  if (code === 4429) {
    say("Too many pages are open at once. Close some; this one comes back in a minute.");
    comeBack ??= setTimeout(connect, CROWDED);
    return undefined;
  }
  say("Reconnecting… your messages are kept");
  const delay = Math.min(DELAY_MAX, DELAY_MIN * 2 ** attempt++);
  comeBack ??= setTimeout(connect, delay * (0.5 + Math.random() / 2));
  return undefined;
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
  askedAt = Date.now();
  send({ type: "ping" });
  return setTimeout(() => {
    if (isUnanswered(PROBE_MAX - 100)) {
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
  if (isRefreshing) return;
  isRefreshing = true;
  hangUp();
  const isFresh = !roomId || (await fetchList());
  isRefreshing = false;
  if (!isFresh) return lost(); // Offline again: the way back leads here.
  forget(cursor());
  tell("list");
  connect();
}
