// Keeps the list at a bound: what is far from the reader goes, and the way to it comes back.
import { roomId } from "./page.js";

const ARTICLES_MAX = 300; // far more than a screen, and still quick
const LEEWAY = 20; // so that it is not trimmed at every message

const WAYS = { older: ["before", "Older messages"], newer: ["after", "Newer messages"] };

/** The way to what is before or after a message, as the server makes it (templates/rooms/_older.html, _newer.html). */
function putLink(name, messageId) {
  const [direction, text] = WAYS[name];
  const path = `/rooms/${roomId}/messages?${direction}=${messageId}`;
  const link = document.createElement("a");
  Object.assign(link, { id: name, className: "history-link", href: path, textContent: text });
  link.setAttribute("hx-get", path);
  link.setAttribute("hx-trigger", "click, reveal");
  link.setAttribute("hx-swap", "none");
  document.getElementById(`${name}_place`).replaceChildren(link);
  htmx.process(link);
}

/** Drops messages from the end that is farther from what is on the screen; tells whether it did. */
export function trim(list, messages) {
  const articles = [...messages.children];
  const excess = articles.length - ARTICLES_MAX;
  // What is on its way is the neighbour of the end that is there.
  if (excess <= LEEWAY || list.querySelector(".htmx-request")) return false;
  const below = list.scrollHeight - list.scrollTop - list.clientHeight;
  const isOlder = list.scrollTop > below;
  const far = isOlder ? articles.slice(0, excess) : articles.slice(-excess);
  // Not under somebody's hands.
  if (far.some((article) => article.hasAttribute("data-editing") || article.contains(document.activeElement))) return false;
  const [first, last] = isOlder ? [articles[excess], null] : [null, articles[articles.length - excess - 1]];
  for (const article of far) article.remove();
  if (first) putLink("older", first.dataset.messageId);
  if (last) putLink("newer", last.dataset.messageId);
  return true;
}
