// The lightbox: a picture of the conversation over the whole page. Arrows lead to the ones before and after it; Esc closes it.
import { messages } from "./page.js";

const dialog = document.getElementById("lightbox");
const part = (name) => dialog.querySelector(`[data-lightbox-${name}]`);
const all = () => [...(messages()?.querySelectorAll("[data-lightbox]") ?? [])];
let shown = null;

function show(link) {
  shown = link;
  const small = link.querySelector("img");
  const picture = part("picture");
  picture.src = link.href;
  picture.alt = part("name").textContent = small.alt;
  part("download").href = `${link.href}?download`;
  for (const button of dialog.querySelectorAll("[data-lightbox-step]")) button.hidden = !neighbour(button.dataset.lightboxStep);
  if (!dialog.open) dialog.showModal();
}

const neighbour = (step) => all()[all().indexOf(shown) + Number(step)];

function move(step) {
  const next = neighbour(step);
  if (!next) return;
  show(next);
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-lightbox]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  show(link);
});
dialog.addEventListener("click", ({ target }) => {
  const step = target.closest("[data-lightbox-step]");
  if (step) move(step.dataset.lightboxStep);
  else if (target === dialog || target.closest("[data-lightbox-close]")) dialog.close();
});
dialog.addEventListener("keydown", (event) => {
  if (event.key === "ArrowLeft") move(-1);
  else if (event.key === "ArrowRight") move(1);
  else return;
  event.preventDefault();
});
dialog.addEventListener("close", () => {
  part("picture").removeAttribute("src");
  if (shown?.isConnected) shown.focus({ preventScroll: true });
});
// A picture whose message is removed is gone from here too.
new MutationObserver(() => dialog.open && !shown.isConnected && dialog.close()).observe(document.getElementById("main"), {
  childList: true,
  subtree: true,
});
