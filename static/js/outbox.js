// The outbox: what was sent and is not acknowledged yet. Kept per person on the device, across reloads.
//
// Messages go out one at a time, in order, each under a client_message_id of its own, so trying again can't create a second
// one. A message that the server refuses is kept with the reason, and the others go on.
import { device, pending, roomId, tell, viewerId, when } from "./page.js";
import { applyAnswer } from "./revisions.js";
import { uuid } from "./uuid.js";

const KEY = `campfire.outbox.${viewerId}`;
const POST_MAX = 30_000; // a post without an answer for so long is tried again
const DELAY_MIN = 500;
const DELAY_MAX = 16_000;

let isPumping = false;
let wakeUp = null;

const load = () => JSON.parse(device.get(KEY) ?? "[]");
const store = (entries) => device.set(KEY, entries.length ? JSON.stringify(entries) : null);
const elementOf = (id) => document.getElementById(`message_${id}`);

export function start() {
  render();
  pump();
  when("level", wake);
  when("list", render);
  addEventListener("online", wake);
  addEventListener("pageshow", wake);
}

/** Takes a message on: shows it as pending and sends it as soon as it can be sent. */
export function add(body) {
  store([...load(), { id: uuid(), roomId, body }]);
  render();
  pump();
}

const remove = (id) => {
  store(load().filter((entry) => entry.id !== id));
  const shown = elementOf(id);
  if (shown?.hasAttribute("data-pending")) shown.remove();
};

const change = (id, changes) => {
  store(load().map((entry) => (entry.id === id ? { ...entry, ...changes } : entry)));
  render();
};

async function pump() {
  if (isPumping) return;
  isPumping = true;
  let delay = DELAY_MIN;
  for (let entry; (entry = load().find(({ failure }) => !failure)); ) {
    const waitMs = await post(entry);
    if (waitMs === "stop") break;
    if (waitMs === "done") delay = DELAY_MIN;
    else {
      await pause(waitMs ?? delay * (0.5 + Math.random() / 2));
      delay = Math.min(DELAY_MAX, delay * 2);
    }
  }
  isPumping = false;
}

/** Posts one message. Says "done", "stop", or how long to wait before trying again (null: as is usual). */
async function post({ id, roomId: to, body }) {
  let response, text;
  try {
    response = await fetch(`/rooms/${to}/messages`, {
      method: "POST",
      headers: { "HX-Request": "true", "HX-Request-Type": "partial" },
      body: new URLSearchParams({ body, client_message_id: id }),
      signal: AbortSignal.timeout(POST_MAX),
    });
    text = await response.text();
  } catch {
    return null;
  }
  if (response.ok) {
    if (to === roomId) applyAnswer(text);
    remove(id);
    return "done";
  }
  switch (response.status) {
    case 401:
      tell("signed-out");
      return "stop";
    case 410: // It arrived, and was removed since.
      remove(id);
      return "done";
    case 429:
    case 503:
    case 507:
      return Number(response.headers.get("Retry-After") || 1) * 1000;
    default:
      change(id, { failure: reasonIn(text) });
      return "done";
  }
}

const reasonIn = (html) =>
  new DOMParser().parseFromString(html, "text/html").querySelector("[role=alert]")?.textContent.trim() ||
  "The server could not take this message.";

/** Waits, unless something says that trying is worth while now. */
const pause = (ms) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    wakeUp = () => (clearTimeout(timer), resolve());
  });

function wake() {
  wakeUp?.();
  pump();
}

/** Text as the server will show it: blank lines part paragraphs, line breaks are kept. */
const paragraphs = (text) =>
  text.split(/\n\s*\n/).map((paragraph) => {
    const element = document.createElement("p");
    element.append(...paragraph.split("\n").flatMap((line, place) => (place ? [document.createElement("br"), line] : line)));
    return element;
  });

/** Shows what waits for this room, after the messages that are there. */
function render() {
  for (const entry of load().filter((entry) => entry.roomId === roomId)) {
    let article = elementOf(entry.id);
    if (article && !article.hasAttribute("data-pending")) continue;
    if (!article) {
      const template = document.getElementById("pending_template");
      article = template.content.firstElementChild.cloneNode(true);
      article.id = `message_${entry.id}`;
      article.querySelector("[data-pending-body]").append(...paragraphs(entry.body));
      article.querySelector("[data-retry]").onclick = () => (change(entry.id, { failure: undefined }), pump());
      article.querySelector("[data-discard]").onclick = () => remove(entry.id);
      pending().append(article);
    }
    article.classList.toggle("message--failed", Boolean(entry.failure));
    article.querySelector("[data-pending-failure]").hidden = !entry.failure;
    article.querySelector("[data-pending-reason]").textContent = entry.failure ?? "";
    article.querySelector("[data-pending-state]").textContent = entry.failure ? "not sent" : "sending…";
  }
}
