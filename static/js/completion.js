// Completion in fields that are marked `data-completion`: a list of what could be meant by what is being typed.
//
// A module that offers something says so by `complete({ trigger, choose, kind })`. `trigger` is a pattern that what stands before the
// caret must match; what it matches is replaced. `choose(match, ...groups)` answers, at once or later, with an array of
// `{ text, label, hint }`: what is put in, what it is called, and what is said of it; `icon`, the address of a picture, or `sign`, a
// character, may stand before it. A field may name the kinds it wants (`data-completion="emoji"`). ↑ and ↓ choose, Enter, Tab or a tap
// takes, Esc closes until something else is typed.
import { put } from "./formatting.js";

const SHOWN_MAX = 60; // more is not looked through: typing another letter is quicker
const DELAY = 80; // milliseconds without a key before it is looked for
const LINE = 200; // characters before the caret that are looked at
const GAP = 6; // pixels

const sources = [];
let field = null; // the one that the list is for
let found = null; // what is being completed: what is typed of it, and what could be meant
let dismissed = ""; // what Esc was pressed at
let timer = 0;

const list = document.createElement("ul");
Object.assign(list, { id: "completion", className: "completion", role: "listbox", ariaLabel: "Suggestions", hidden: true });
document.body.append(list);

export const complete = (source) => sources.push(source);

/** What stands before the caret that could be completed, and by whom. */
function current(target) {
  if (target.selectionStart !== target.selectionEnd) return null;
  const before = target.value.slice(Math.max(0, target.selectionEnd - LINE), target.selectionEnd);
  const kinds = target.dataset.completion;
  for (const source of sources.filter(({ kind }) => !kinds || kinds.includes(kind))) {
    const match = source.trigger.exec(before);
    if (match) return { source, match, typed: match[0] };
  }
  return null;
}

function close() {
  clearTimeout(timer);
  list.hidden = true;
  field?.removeAttribute("aria-activedescendant");
  field = found = null;
}

function look(target) {
  const wanted = current(target);
  if (!wanted || wanted.typed === dismissed) return close();
  dismissed = "";
  clearTimeout(timer);
  timer = setTimeout(async () => {
    const items = await Promise.resolve(wanted.source.choose(...wanted.match)).catch(() => []);
    // Something else may stand there by now.
    const now = document.activeElement === target ? current(target) : null;
    if (now?.source !== wanted.source || now.typed !== wanted.typed) return;
    // What is there already needs no completion.
    const isDone = items.length === 1 && items[0].text.trim() === wanted.typed.trim();
    if (!items.length || isDone) return close();
    field = target;
    show(wanted, items.slice(0, SHOWN_MAX));
  }, DELAY);
}

function option({ label, hint, icon, sign }, place) {
  const item = document.createElement("li");
  Object.assign(item, { id: `completion_${place}`, className: "completion__item", role: "option" });
  const mark = document.createElement(icon ? "img" : "span");
  mark.className = "completion__icon";
  if (icon) Object.assign(mark, { src: icon, alt: "" });
  else mark.textContent = sign;
  if (icon || sign) item.append(mark);
  for (const [name, text] of [["label", label], ["hint", hint]]) {
    if (text) item.append(Object.assign(document.createElement("bdi"), { className: `completion__${name}`, textContent: text }));
  }
  return item;
}

function show({ typed }, items) {
  found = { typed, items };
  list.replaceChildren(...items.map(option));
  list.hidden = false;
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  mark(0);
  // Over the field, or below it where there is more room; never beyond the window.
  const { top, bottom, left, width } = field.getBoundingClientRect();
  const isBelow = top < list.offsetHeight + GAP && innerHeight - bottom > top;
  list.style.top = `${isBelow ? bottom + GAP : Math.max(GAP, top - list.offsetHeight - GAP)}px`;
  const start = getComputedStyle(field).direction === "rtl" ? left + width - list.offsetWidth : left;
  list.style.left = `${Math.max(GAP, Math.min(start, innerWidth - list.offsetWidth - GAP))}px`;
}

function mark(place) {
  found.place = (place + found.items.length) % found.items.length;
  [...list.children].forEach((item, at) => (item.ariaSelected = String(at === found.place)));
  list.children[found.place].scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", `completion_${found.place}`);
}

function take(place) {
  const [target, { typed, items }] = [field, found];
  close();
  const end = target.selectionEnd;
  target.focus({ preventScroll: true });
  target.setSelectionRange(end - typed.length, end);
  put(target, items[place].text, items[place].text.length, items[place].text.length);
}

const keys = {
  ArrowDown: () => mark(found.place + 1),
  ArrowUp: () => mark(found.place - 1),
  Enter: () => take(found.place),
  Tab: () => take(found.place),
  Escape() {
    dismissed = found.typed;
    close();
  },
};

// Before the field's own keys: Enter takes what is marked rather than send what is half typed. What is typed out is sent.
function press(event) {
  if (!found || event.target !== field || event.isComposing || event.keyCode === 229) return;
  if (event.shiftKey || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
  if (event.key === "Enter" && found.items.some(({ text }) => text.trim() === found.typed.trim())) return close();
  event.preventDefault();
  event.stopImmediatePropagation();
  keys[event.key]();
}

document.addEventListener("input", ({ target }) => target.matches?.("[data-completion]") && look(target));
document.addEventListener("keydown", press, { capture: true });
document.addEventListener("selectionchange", () => found && current(field)?.typed !== found.typed && look(field));
document.addEventListener("focusout", ({ target }) => target === field && close());
// The field keeps the focus, and a phone its keyboard.
list.addEventListener("pointerdown", (event) => event.preventDefault());
list.addEventListener("click", ({ target }) => target.closest("li") && take([...list.children].indexOf(target.closest("li"))));
addEventListener("resize", close);
