// Keeps the list at a bound: what is far from the reader goes, and the way to it comes back.

const ARTICLES_MAX = 300; // far more than a screen, and still quick
const LEEWAY = 20; // so that it is not trimmed at every message

/** The way to what is before or after, from a message on. */
function putLink(name, messageId) {
  const template = document.getElementById("history_template");
  const link = template.content.querySelector(`#${name}`).cloneNode(true);
  const path = link.getAttribute("href").replace(/=.*/, `=${messageId}`);
  link.setAttribute("href", path);
  link.setAttribute("hx-get", path);
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
