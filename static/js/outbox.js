// The outbox: what was sent and is not acknowledged yet. Kept per person on the device, across reloads.
//
// Messages go out one at a time, in order, each under a client_message_id of its own, so trying again can't create a second
// one. Only what the server refuses for good is marked as failed, and the others go on; everything else is tried again.
// Each message has a key of its own on the device, so that pages side by side never write over each other's.
import { device, paragraphs, pending, roomId, tell, viewerId, when } from "./page.js";
import { reasonIn } from "./change.js";
import { applyAnswer } from "./revisions.js";
import { uuid } from "./uuid.js";

const PREFIX = `campfire.outbox.${viewerId}.`;
const POST_MAX = 30_000; // a post without an answer for so long is tried again
const DELAY_MIN = 500;
const DELAY_MAX = 16_000;
const TRY_AGAIN = [408, 425, 429]; // refusals that pass

let isPumping = false;
let isSignedOut = false;
let wakeUp = null;

const load = () => device.keys(PREFIX).sort().map((key) => ({ key, ...JSON.parse(device.get(key)) }));
const store = ({ key, ...entry }) => device.set(key, JSON.stringify(entry));
const elementOf = (id) => document.getElementById(`message_${id}`);

export function start() {
  render();
  pump();
  when("level", wake);
  when("list", render);
  when("signed-out", () => (isSignedOut = true));
  addEventListener("online", wake);
  addEventListener("pageshow", wake);
}

/** Takes a message on: shows it as pending and sends it as soon as it can be sent. */
export function add(body) {
  const id = uuid();
  // Keys sort by time, then by number within this page.
  const key = `${PREFIX}${String(Date.now()).padStart(15, "0")}.${String(added++).padStart(6, "0")}.${id}`;
  store({ key, id, roomId, body });
  render();
  pump();
}
let added = 0;

function remove({ key, id }) {
  device.set(key, null);
  const shown = elementOf(id);
  if (shown?.hasAttribute("data-pending")) shown.remove();
}

function setFailure(entry, failure) {
  store({ ...entry, failure });
  render();
}

async function pump() {
  if (isPumping || isSignedOut) return;
  isPumping = true;
  try {
    let delay = DELAY_MIN;
    for (let entry; !isSignedOut && (entry = load().find(({ failure }) => !failure)); ) {
      const outcome = await post(entry);
      if (outcome === "done") delay = DELAY_MIN;
      else if (outcome > 0) await pause(outcome, false);
      else {
        await pause(delay * (0.5 + Math.random() / 2), true);
        delay = Math.min(DELAY_MAX, delay * 2);
      }
    }
  } finally {
    isPumping = false;
  }
}

/** Posts one message. Says "done", the milliseconds that the server asks to wait, or 0: try again as is usual. */
async function post(entry) {
  const { id, roomId: to, body } = entry;
  let response, text;
  try {
    response = await fetch(`/rooms/${to}/messages`, {
      method: "POST",
      headers: { "HX-Request": "true", "HX-Request-Type": "partial", "Campfire-Viewer": viewerId },
      body: new URLSearchParams({ body, client_message_id: id }),
      signal: AbortSignal.timeout(POST_MAX),
    });
    text = await response.text();
  } catch {
    return 0;
  }
  if (response.ok) {
    // Only our server knows the message; a page of the network's own is no acknowledgement.
    if (!text.includes(`message_${id}`)) return 0;
    if (to === roomId) applyAnswer(text);
    remove(entry);
    return "done";
  }
  const { status } = response;
  if (status === 401) tell("signed-out");
  if (status === 410) remove(entry); // It arrived, and was removed since.
  if (status === 401 || status === 410) return "done";
  if (status >= 500 || TRY_AGAIN.includes(status)) {
    // A server that fails by itself, not for being busy, is not tried for ever: the person decides.
    if (status === 500) return setFailure(entry, reasonIn(text)), "done";
    const seconds = Number(response.headers.get("Retry-After"));
    return Number.isFinite(seconds) ? seconds * 1000 : 0;
  }
  setFailure(entry, reasonIn(text));
  return "done";
}

/** Waits; a wait of our own, not one that the server asked for, ends when trying is worth while again. */
const pause = (ms, isOurs) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    wakeUp = isOurs ? () => (clearTimeout(timer), resolve()) : null;
  });

function wake() {
  wakeUp?.();
  pump();
}

/** Shows what waits for this room, after the messages that are there. */
function render() {
  for (const entry of load().filter((entry) => entry.roomId === roomId)) {
    let article = elementOf(entry.id);
    if (article && !article.hasAttribute("data-pending")) continue;
    if (!article) {
      const template = document.getElementById("pending_template");
      article = template.content.firstElementChild.cloneNode(true);
      article.id = `message_${entry.id}`;
      article.querySelector("[data-pending-body]").append(...paragraphs(entry.body.replace(/@\[([^\n]+?)\]/g, "@$1")));
      article.querySelector("[data-retry]").onclick = () => (setFailure(entry, undefined), pump());
      article.querySelector("[data-discard]").onclick = () => remove(entry);
      pending().append(article);
    }
    article.classList.toggle("message--failed", Boolean(entry.failure));
    article.querySelector("[data-pending-failure]").hidden = !entry.failure;
    article.querySelector("[data-pending-reason]").textContent = entry.failure ?? "";
    article.querySelector("[data-pending-state]").textContent = entry.failure ? "not sent" : "sending…";
  }
}
