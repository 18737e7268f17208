// The sidebar as a sheet on narrow screens: opened by its button, closed by Esc, a tap outside, or its own button. Without
// scripts its link and the :target selector do the same.

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
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && sidebar().hasAttribute("data-open")) set(false);
});
