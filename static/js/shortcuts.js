// Keys that lead from room to room, and `?`, which says what keys there are.

const help = document.getElementById("shortcuts");
const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]");

/** Opens the room that is `step` further in the sidebar, rooms before pings; the next unread one, if that is asked for. */
function move(step, isUnread) {
  const links = [...document.querySelectorAll("#rooms a[data-room-id]"), ...document.querySelectorAll("#pings a[data-room-id]")];
  const here = links.findIndex((link) => link.hasAttribute("aria-current"));
  const start = here < 0 && step < 0 ? links.length : here;
  for (let away = 1; away <= links.length; away += 1) {
    const link = links[(start + step * away + links.length * 2) % links.length];
    const count = Number(link.querySelector("[data-count]")?.dataset.count ?? 0);
    if (link !== links[here] && (!isUnread || count > 0)) return link.click();
  }
  return undefined;
}

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]")) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && event.altKey && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    move(step, event.shiftKey);
  } else if (event.key === "?" && !isTyping(event.target)) {
    event.preventDefault();
    help.showModal();
  }
});
help.addEventListener("click", ({ target }) => target === help && help.close());
