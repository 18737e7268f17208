// What this page is about, and its few parts that several modules need.

const main = document.getElementById("main");

export const roomId = main.dataset.roomId;
export const viewerId = main.dataset.viewerId;

export const messages = () => document.getElementById("messages");
export const pending = () => document.getElementById("pending");

/** Whether the list shows the newest message: there is no way to newer ones. */
export const isNewest = () => !document.getElementById("newer");

/** The page's cursor: everything up to this revision has been taken in. Only socket frames move it. */
export const cursor = () => Number(messages().dataset.revision);
export const advance = (revision) => {
  if (revision > cursor()) messages().dataset.revision = revision;
};

/** Tells other modules of something: `level`, `signed-out`, `list`, `not-shown`. */
export const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`campfire:${name}`, { detail }));
export const when = (name, act) => document.addEventListener(`campfire:${name}`, (event) => act(event.detail));

/** Shows a line above the composer, or hides it when there is nothing to say. */
export function say(text, link) {
  const line = document.getElementById("connection");
  line.hidden = !text;
  line.textContent = text ?? "";
  if (!link) return;
  const way = document.createElement("a");
  way.href = link.href;
  way.textContent = link.text;
  line.append(" ", way);
}

/** Keeps small things on the device. A browser that refuses loses them with the page, not before. */
const memory = new Map();
export const device = {
  get(key) {
    try {
      return localStorage.getItem(key) ?? memory.get(key) ?? null;
    } catch {
      return memory.get(key) ?? null;
    }
  },
  set(key, value) {
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, value);
      memory.delete(key);
    } catch {
      memory.set(key, value);
    }
  },
};
