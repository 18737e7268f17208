// What is unread in all: in the page's title and on the app's icon. A ping with something new moves to the front.

const title = document.title.replace(/^\(\d+\+?\) /, "");
const marks = () => [...document.querySelectorAll("#sidebar [data-count]")];
const label = (count) => (count > 999 ? "999+" : String(count));
const counts = new Map();
let newest = null; // message of the room on screen

function name() {
  const room = document.getElementById("room_name")?.textContent;
  return room && title.includes(" · ") ? `${room} · ${title.slice(title.lastIndexOf(" · ") + 3)}` : title;
}

function look() {
  let total = 0;
  for (const mark of marks()) {
    const count = Number(mark.dataset.count);
    total += count;
    if (count > (counts.get(mark.id) ?? count)) toFront(mark.closest("#pings > li"));
    counts.set(mark.id, count);
  }
  const last = document.querySelector("#messages > :last-child")?.id;
  if (last && newest && last !== newest) toFront(document.querySelector("#pings .ping[aria-current]")?.closest("li"));
  newest = last ?? newest;
  sayBelow();
  const text = total > 0 ? `(${label(total)}) ${name()}` : name();
  if (document.title !== text) document.title = text;
  document.querySelector("[data-sidebar-button]")?.toggleAttribute("data-unread", total > 0);
  if (!navigator.setAppBadge) return;
  // What the system refuses is not shown; there is nothing else to do about it.
  (total > 0 ? navigator.setAppBadge(total) : navigator.clearAppBadge()).catch(() => {});
}

/** Beside the way to the newest: how much of it is unread, while the list does not reach there. */
function sayBelow() {
  const place = document.querySelector("[data-jump-count]");
  const count = Number(document.querySelector("#sidebar [aria-current] [data-count]")?.dataset.count ?? 0);
  const text = count && document.getElementById("newer") ? label(count) : "";
  if (place && place.textContent !== text) place.textContent = text;
}

function toFront(entry) {
  const list = entry?.parentElement;
  if (list && list.firstElementChild !== entry) list.prepend(entry);
}

/** Keeps title and badge right from now on. */
export function start() {
  look();
  const observer = new MutationObserver(look);
  observer.observe(document.body, { childList: true }); // the sidebar itself, fetched afresh
  observer.observe(document.getElementById("main"), { childList: true, subtree: true, characterData: true });
  const watch = () => {
    const sidebar = document.getElementById("sidebar");
    observer.observe(sidebar, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-count"] });
  };
  watch();
  new MutationObserver(watch).observe(document.body, { childList: true });
}
