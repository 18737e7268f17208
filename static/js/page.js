// What this page is about, and its few parts that several modules need.

const main = document.getElementById("main");

export const roomId = main.dataset.roomId;
export const viewerId = main.dataset.viewerId;

export const isAdministrator = "viewerAdministrator" in main.dataset;

/** Whether the viewer may change a message. The server decides; this only shows what it would allow. */
export const mayEdit = ({ dataset }) => dataset.userId === viewerId || isAdministrator;

export const messages = () => document.getElementById("messages");
export const pending = () => document.getElementById("pending");

/** Whether the list shows the newest message: there is no way to newer ones. */
export const isNewest = () => !document.getElementById("newer");

/** The page's cursor: everything up to this revision has been taken in. Only socket frames move it. */
const keeper = () => messages() ?? main;
export const cursor = () => Number(keeper().dataset.revision);
export const advance = (revision) => {
  if (revision > cursor()) keeper().dataset.revision = revision;
};

/** Likewise of people's names and pictures. */
export const people = () => Number(main.dataset.people);
export const advancePeople = (revision) => {
  if (revision > people()) main.dataset.people = revision;
};

/** Tells other modules of something: `applied`, `connecting`, `edit-last`, `frame`, `level`, `list`, `not-shown`, `sent`, `signed-out`, `stale`. */
export const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`campfire:${name}`, { detail }));
export const when = (name, act) => document.addEventListener(`campfire:${name}`, (event) => act(event.detail));

/** Shows a line above the composer, or hides it when there is nothing to say. */
export function say(text, link) {
  const line = document.getElementById("connection");
  if (!line) return;
  line.hidden = !text;
  line.textContent = text ?? "";
  if (!link) return;
  const way = document.createElement("a");
  way.href = link.href;
  way.textContent = link.text;
  line.append(" ", way);
}

/** Shows a line for a while, unless something else is said meanwhile. */
export function sayBriefly(text) {
  say(text);
  setTimeout(() => document.getElementById("connection").textContent === text && say(null), 5_000);
}

/** Text as the server will show it: blank lines part paragraphs, line breaks are kept. */
export const paragraphs = (text) =>
  text.split(/\n\s*\n/).map((paragraph) => {
    const element = document.createElement("p");
    const lines = paragraph.split("\n");
    element.append(...lines.flatMap((line, place) => (place ? [document.createElement("br"), line] : line)));
    return element;
  });

/** Keeps small things on the device. What a browser refuses to keep is lost with the page, not before. */
const memory = new Map();
const stored = (act) => {
  try {
    return act(localStorage);
  } catch {
    return undefined;
  }
};
export const device = {
  get: (key) => memory.get(key) ?? stored((storage) => storage.getItem(key)) ?? null,
  set(key, value) {
    memory.delete(key);
    if (value === null) return stored((storage) => storage.removeItem(key));
    if (stored((storage) => (storage.setItem(key, value), true))) return undefined;
    // What is there is older than what could not be kept.
    stored((storage) => storage.removeItem(key));
    return memory.set(key, value);
  },
  keys: (prefix) =>
    [...new Set([...(stored(Object.keys) ?? []), ...memory.keys()])].filter((key) => key.startsWith(prefix)),
};
