// Moves the read cursor: to the newest message, when it was really on screen and the page visible. Marking something as unread
// pauses that until the room is left.
import { isNewest, messages, roomId, say, when } from "./page.js";
import { send } from "./socket.js";

let readId = 0;
let isPaused = false;

function look() {
  const last = messages()?.lastElementChild;
  const scroller = document.getElementById("scroller");
  if (isPaused || document.hidden || !last || !isNewest()) return;
  const id = Number(last.dataset.messageId);
  const isOnScreen = last.getBoundingClientRect().top < scroller.getBoundingClientRect().bottom;
  if (id > readId && isOnScreen && send({ type: "read", message_id: id })) readId = id;
}

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
    frame = requestAnimationFrame(look);
  };
  document.getElementById("scroller").parentElement.addEventListener("scroll", soon, { capture: true, passive: true });
  document.addEventListener("visibilitychange", soon);
  new MutationObserver(soon).observe(document.getElementById("main"), { childList: true, subtree: true });
  when("level", () => {
    readId = 0; // What was said into a connection that was gone may not have been heard.
    soon();
  });
}
