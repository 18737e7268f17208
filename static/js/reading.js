// Moves the read cursor through what was really on screen and the page visible. Where a gap may lie between the cursor and what the page
// shows, only its newest end counts: who went there has left the rest behind. Marking something as unread pauses it all until the room is left.
import { isNewest, messages, roomId, say, when } from "./page.js";
import { send } from "./socket.js";

const EVERY = 250; // milliseconds: while reading on, not for each line

let readId = 0;
let toldAt = 0;
let later = 0;
let isPaused = false;
let hasLine = false; // the list goes on from where the reader was

/** The last message of which anything is on screen. */
function lastSeen() {
  const bottom = document.getElementById("scroller").getBoundingClientRect().bottom;
  const isSeen = (article) => article.getBoundingClientRect().top < bottom;
  const all = [...messages().children];
  return isNewest() && !hasLine ? all.slice(-1).find(isSeen) : all.findLast(isSeen);
}

function look(isLast = false) {
  if (isPaused || document.hidden || !messages() || !(isNewest() || hasLine)) return;
  const id = Number(lastSeen()?.dataset.messageId ?? 0);
  if (id <= readId) return;
  clearTimeout(later);
  const wait = isLast ? 0 : toldAt + EVERY - Date.now();
  if (wait > 0) later = setTimeout(() => look(), wait);
  else if (send({ type: "read", message_id: id })) [readId, toldAt] = [id, Date.now()];
}

const findLine = () => (hasLine = Boolean(messages()?.querySelector("[data-first-unread]")));

/** Marks the room as unread from a message on. */
export async function markUnread(messageId) {
  isPaused = true;
  const url = `/rooms/${roomId}/read`;
  const answer = await fetch(url, {
    method: "DELETE",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ message_id: messageId }),
  }).catch(() => null);
  if (answer?.ok) return;
  isPaused = false;
  say("That could not be marked as unread. Try again?");
}

/** Reads on from now on. */
export function start() {
  let frame = 0;
  const soon = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => look());
  };
  findLine();
  document.getElementById("scroller").parentElement.addEventListener("scroll", soon, { capture: true, passive: true });
  document.addEventListener("visibilitychange", soon);
  addEventListener("pagehide", () => look(true));
  new MutationObserver(soon).observe(document.getElementById("main"), { childList: true, subtree: true });
  when("list", findLine);
  when("level", () => {
    readId = 0; // What was said into a connection that was gone may not have been heard.
    soon();
  });
}
