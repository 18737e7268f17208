// The sidebar as a sheet on narrow screens: opened by its button, closed by Esc, a tap outside, or its own button. Without
// scripts its link and the :target selector do the same.

const SWIPE = 60; // pixels that tell a swipe from a tap

const sidebar = () => document.getElementById("sidebar");
const button = document.querySelector("[data-sidebar-button]");

function set(isOpen) {
  sidebar().toggleAttribute("data-open", isOpen);
  button.setAttribute("aria-expanded", isOpen);
  (isOpen ? sidebar().querySelector("a, button") : button).focus();
}

button.setAttribute("aria-expanded", "false");
// Opened by its link before the scripts were there: from now on it is theirs to close.
if (location.hash === "#sidebar") {
  location.hash = "#main";
  set(true);
}
document.addEventListener("click", (event) => {
  const isOpen = sidebar().hasAttribute("data-open");
  if (event.target.closest("[data-sidebar-button]")) {
    event.preventDefault();
    set(!isOpen);
  } else if (isOpen && (event.target.closest(".sidebar__close") || !event.target.closest("#sidebar"))) {
    event.preventDefault();
    set(false);
  }
});
// A swipe towards its edge closes the sheet.
let touchedAt = null;
document.addEventListener("touchstart", (event) => (touchedAt = event.touches[0]), { passive: true });
document.addEventListener("touchend", ({ changedTouches: [lifted] }) => {
  const across = (lifted.clientX - touchedAt.clientX) * (document.dir === "rtl" ? -1 : 1);
  const along = Math.abs(lifted.clientY - touchedAt.clientY);
  if (sidebar().hasAttribute("data-open") && across > SWIPE && across > 2 * along) set(false);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && sidebar().hasAttribute("data-open")) set(false);
});
