// Ctrl+K or ⌘K: one field over rooms, pings and people, those visited last first. Without scripts its button leads to search.
import { device, roomId } from "./page.js";

const RECENT = "campfire:recent-rooms";
const RECENT_MAX = 50; // rooms whose last visit is remembered
const SHOWN_MAX = 12; // entries in the list: more are not looked through
const MANY = 1000; // people in one answer of the server

const dialog = document.getElementById("jumper");
const field = dialog.querySelector(".jumper__field");
const list = dialog.querySelector(".jumper__list");
let people = null; // once they have been asked for
let shown = [];
let selected = 0;

const recent = () => (device.get(RECENT) ?? "").split(" ").filter(Boolean);
if (roomId) device.set(RECENT, [roomId, ...recent().filter((id) => id !== roomId)].slice(0, RECENT_MAX).join(" "));

const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** How well a name fits: by its beginning, that of a word, its initials, a part, or its letters in order; 0 when it doesn't. */
function fit(name, wanted) {
  if (!wanted) return 1;
  const folded = fold(name);
  const words = folded.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  if (folded.startsWith(wanted)) return 6;
  if (words.some((word) => word.startsWith(wanted))) return 5;
  if (words.map((word) => word[0]).join("").startsWith(wanted.replaceAll(" ", ""))) return 4;
  if (folded.includes(wanted)) return 3;
  let at = -1;
  return [...wanted.replaceAll(" ", "")].every((letter) => (at = folded.indexOf(letter, at + 1)) >= 0) ? 1 : 0;
}

/** Everything there is to jump to, from the sidebar and the list of people. */
function entries() {
  const links = [...document.querySelectorAll("#sidebar a[data-room-id]")].map((link) => ({
    name: link.title || link.querySelector(".sidebar__name").textContent,
    kind: link.matches(".ping") ? "ping" : "room",
    room: link.dataset.roomId,
    person: link.querySelector("[data-person-id]")?.dataset.personId,
    pictures: [...link.querySelectorAll("img")].map((picture) => picture.src).slice(0, 1),
    open: () => link.click(),
  }));
  const pinged = new Set(links.map((entry) => entry.person));
  const others = (people ?? []).filter(({ id }) => !pinged.has(String(id)));
  const ping = (id) => {
    const form = dialog.querySelector("form");
    form.elements.user_ids.value = id;
    form.requestSubmit();
  };
  return links.concat(others.map(({ id, name, avatar_url: url }) => ({ name, kind: "person", pictures: [url], open: () => ping(id) })));
}

function find() {
  const text = field.value.trim();
  const order = recent();
  const visited = ({ room }) => (room && order.includes(room) ? order.indexOf(room) : RECENT_MAX);
  const found = entries()
    .filter((entry) => entry.room !== roomId || !roomId)
    .map((entry) => ({ ...entry, fits: fit(entry.name, fold(text)) }))
    .filter((entry) => entry.fits > 0)
    .sort((one, other) => other.fits - one.fits || visited(one) - visited(other))
    .slice(0, SHOWN_MAX);
  const search = {
    name: text ? `Search messages for “${text}”` : "Search messages",
    kind: "search",
    pictures: [],
    open: () => location.assign(`/searches?${new URLSearchParams(text ? { q: text } : {})}`),
  };
  shown = [...found, search];
  list.replaceChildren(...shown.map(show));
  select(0);
}

function show({ name, kind, pictures }, place) {
  const element = document.getElementById("jumper_entry").content.firstElementChild.cloneNode(true);
  element.id = `jumper_${place}`;
  element.querySelector(".jumper__name").textContent = name;
  element.querySelector(".jumper__kind").textContent = kind === "search" ? "" : kind;
  for (const url of pictures) {
    const picture = document.createElement("img");
    Object.assign(picture, { src: url, alt: "", width: 28, height: 28 });
    element.firstElementChild.append(picture);
  }
  element.dataset.kind = kind;
  return element;
}

function select(place) {
  selected = (place + shown.length) % shown.length;
  for (const [at, element] of [...list.children].entries()) element.setAttribute("aria-selected", at === selected);
  list.children[selected].scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", `jumper_${selected}`);
}

async function ask(query) {
  const answer = await fetch(`/users?${new URLSearchParams({ query })}`, { headers: { accept: "application/json" } }).catch(() => null);
  if (answer?.ok) people = await answer.json();
  if (dialog.open) find();
}

function open() {
  if (dialog.open) return dialog.close();
  field.value = "";
  dialog.showModal();
  find();
  if (!people) ask("");
  return undefined;
}

field.addEventListener("input", () => {
  find();
  // All of a large account did not fit into one answer.
  if (people?.length >= MANY || (people && field.value.length > 1 && shown.length === 1)) ask(field.value);
});
dialog.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) select(selected + step);
  else if (event.key === "Enter" && !event.isComposing) shown[selected].open();
  else return;
  event.preventDefault();
  if (!step) dialog.close();
});
dialog.addEventListener("click", (event) => {
  const place = [...list.children].indexOf(event.target.closest("[role=option]"));
  if (place < 0 && event.target !== dialog) return;
  dialog.close();
  shown[place]?.open();
});
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-jump]")) return;
  event.preventDefault();
  open();
});
document.addEventListener("keydown", (event) => {
  // Over selected text the composer makes a link of it.
  if (event.defaultPrevented) return;
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  open();
});
