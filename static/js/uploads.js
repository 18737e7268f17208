// Files on their way: each its own message under a client_message_id of its own, so trying again can't create a second one. They go
// out one at a time, in order; one that fails says why and waits for its person, and the others go on.
import { reasonIn } from "./change.js";
import { pending, roomId, tell, viewerId, when } from "./page.js";
import { applyAnswer } from "./revisions.js";
import { uuid } from "./uuid.js";

const SILENCE_MAX = 60_000; // an upload of which nothing moves for so long has lost its network
const BUSY = [429, 503]; // refusals that pass by themselves
const LOST = "The connection was lost before all of it was sent.";

const entries = [];
let isPumping = false;

export function start() {
  when("list", () => entries.forEach(({ article }) => pending().append(article)));
  addEventListener("beforeunload", (event) => entries.some(({ failure }) => !failure) && event.preventDefault());
}

/** Takes a file on: shows it as pending and sends it when it is its turn. */
export function upload(file) {
  const template = document.getElementById("pending_template");
  const entry = { id: uuid(), file, article: template.content.firstElementChild.cloneNode(true) };
  const { article } = entry;
  article.id = `message_${entry.id}`;
  const name = document.createElement("p");
  name.textContent = file.name;
  article.querySelector("[data-pending-body]").append(name);
  article.querySelector("[data-retry]").onclick = () => (fail(entry, null), pump());
  for (const way of ["[data-discard]", "[data-upload-cancel]"]) article.querySelector(way).onclick = () => remove(entry);
  fail(entry, null);
  entries.push(entry);
  pending().append(article);
  pump();
}

function remove(entry) {
  if (entries.includes(entry)) entries.splice(entries.indexOf(entry), 1);
  entry.request?.abort();
  entry.article.remove();
}

/** Shows why it was not sent, or, without a reason, that it will be. */
function fail(entry, failure) {
  entry.failure = failure;
  const { article } = entry;
  article.classList.toggle("message--failed", Boolean(failure));
  article.querySelector("[data-upload]").hidden = Boolean(failure);
  article.querySelector("[data-pending-failure]").hidden = !failure;
  article.querySelector("[data-pending-reason]").textContent = failure ?? "";
  article.querySelector("[data-pending-state]").textContent = failure ? "not sent" : "waiting…";
  progress(entry, 0);
}

function progress({ article }, part) {
  article.querySelector("progress").value = part;
  article.querySelector("[data-upload-percent]").textContent = `${Math.floor(part * 100)} %`;
}

async function pump() {
  if (isPumping) return;
  isPumping = true;
  for (let entry; (entry = entries.find(({ failure }) => !failure)); ) {
    entry.article.querySelector("[data-pending-state]").textContent = "sending…";
    const answer = await post(entry);
    if (!entries.includes(entry)) continue;
    if (BUSY.includes(answer.status)) await new Promise((resolve) => setTimeout(resolve, answer.waitMs));
    else finish(entry, answer);
  }
  isPumping = false;
}

function finish(entry, { status, text }) {
  if (status === 401) tell("signed-out");
  // Only our server knows the message; a page of the network's own is no acknowledgement.
  if (status >= 200 && status < 300 && text.includes(`message_${entry.id}`)) applyAnswer(text);
  else if (status !== 410) return fail(entry, status && status !== 200 ? reasonIn(text) : LOST); // 410: it arrived, and was removed since.
  return remove(entry);
}

/** Sends one file; tells the status, 0 when there was no answer, and the text. */
const post = (entry) =>
  new Promise((resolve) => {
    const request = new XMLHttpRequest();
    let silence;
    const move = () => {
      clearTimeout(silence);
      silence = setTimeout(() => request.abort(), SILENCE_MAX);
    };
    request.open("POST", `/rooms/${roomId}/messages`);
    const headers = { "HX-Request": "true", "HX-Request-Type": "partial", "Campfire-Viewer": viewerId };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => {
      move();
      progress(entry, total ? loaded / total : 1);
    };
    request.onloadend = () => {
      clearTimeout(silence);
      entry.request = null;
      const waitMs = (Number(request.getResponseHeader("Retry-After")) || 2) * 1000;
      resolve({ status: request.status, text: request.responseText, waitMs });
    };
    const form = new FormData();
    form.append("client_message_id", entry.id);
    form.append("attachment", entry.file, entry.file.name);
    entry.request = request;
    move();
    request.send(form);
  });
