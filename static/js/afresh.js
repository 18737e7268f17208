// Parts of the page that are fetched afresh, and ways out of it.
import { messages, roomId, when } from "./page.js";
import { applyFrame } from "./revisions.js";

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

let sidebarTimer = null;
let renewing = Promise.resolve(); // one after the other: of two answers on their way, the older could come last
let held = null; // unread marks that came while the sidebar was being fetched: it may be older than they

/** Fetches the sidebar, some time within `spread` milliseconds. */
export function fetchSidebar(spread = 0) {
  sidebarTimer ??= setTimeout(() => (renewing = renewing.then(renewSidebar)), Math.random() * spread);
}

async function renewSidebar() {
  sidebarTimer = null;
  held = [];
  const isOpen = document.getElementById("sidebar").hasAttribute("data-open");
  try {
    // A source of its own: htmx drops what waits in line behind two others of the same.
    const how = { source: "#sidebar", target: "#sidebar", swap: "outerMorph" };
    await htmx.ajax("GET", `/users/me/sidebar?room_id=${roomId ?? ""}`, how);
  } catch {
    // Offline: the way back fetches it again.
  }
  document.getElementById("sidebar").toggleAttribute("data-open", isOpen);
  const marks = held;
  held = null;
  marks?.forEach(applyFrame);
}

/** Keeps an unread mark, to be put again after the sidebar has come. */
export function holdForSidebar(text) {
  const mark = /hx-target="#(unread_\d+)"/.exec(text)?.[1];
  if (!mark) return;
  held?.push(text);
  // A ping so old that it was not listed comes back with its next message.
  if (!document.getElementById(mark)) fetchSidebar();
}

when("frame", ({ type, spread_ms: spread }) => type === "sidebar_changed" && fetchSidebar(spread));

/** Says that the server was updated: the page goes on, and is offered to be loaded anew. */
export function offerReload() {
  const offer = document.querySelector("[data-update]");
  if (offer) offer.hidden = false;
}

/** The way back in, to this page. */
export function signInLink() {
  const here = encodeURIComponent(location.pathname);
  return { href: `/session/new?return_to=${here}`, text: "Sign in; what you wrote is kept" };
}
