// Parts of the page that are fetched afresh, and ways out of it.
import { messages, roomId } from "./page.js";

/** Fetches the list of messages; tells whether it came. What is being written or waits to be sent stays. */
export async function fetchList() {
  const before = messages();
  const target = document.getElementById("scroller");
  try {
    await htmx.ajax("GET", `/rooms/${roomId}/messages`, { target, swap: "outerHTML" });
  } catch {
    return false;
  }
  return messages() !== before;
}

export function fetchSidebar() {
  htmx.ajax("GET", `/users/me/sidebar?room_id=${roomId}`, { target: "#sidebar", swap: "outerHTML" });
}

/** Says that the server was updated: the page goes on, and is offered to be loaded anew. */
export function offerReload() {
  document.querySelector("[data-update]").hidden = false;
}

/** The way back in, to this page. */
export function signInLink() {
  const here = encodeURIComponent(location.pathname);
  return { href: `/session/new?return_to=${here}`, text: "Sign in; what you wrote is kept" };
}
