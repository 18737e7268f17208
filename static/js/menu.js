// Menus made of <details data-menu>: one is open at a time; Esc, a click elsewhere and losing the focus close it.

const open = () => document.querySelector("details[data-menu][open]");

function close(menu, isFocusing) {
  menu.open = false;
  if (isFocusing) menu.querySelector("summary").focus();
}

document.addEventListener("click", ({ target }) => {
  const menu = open();
  if (menu && !menu.contains(target)) close(menu, false);
});
document.addEventListener("focusin", ({ target }) => {
  const menu = open();
  if (menu && !menu.contains(target)) close(menu, false);
});
document.addEventListener("keydown", (event) => {
  const menu = open();
  if (!menu) return;
  if (event.key === "Escape") {
    event.stopPropagation();
    close(menu, true);
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const items = [...menu.querySelectorAll(".menu__item")];
    const place = items.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    items.at(place % items.length)?.focus();
  }
});
