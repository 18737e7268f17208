// The search page: results come while one types (by htmx), the address follows, and times are told in the reader's own zone.
import "./menu.js";

const form = document.querySelector("[data-search]");
const field = form.elements.q;
const results = document.getElementById("results");
const timeFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

function look() {
  for (const time of results.querySelectorAll("time:not([title])")) {
    time.title = time.textContent;
    time.textContent = timeFormat.format(new Date(time.dateTime));
  }
}

// The address is that of what is shown, so that it can be passed on.
function follow() {
  const text = field.value.trim();
  const url = text ? `/searches?${new URLSearchParams({ q: text })}` : "/searches";
  if (url !== location.pathname + location.search) history.replaceState(null, "", url);
  const hint = document.querySelector("[data-empty]");
  if (hint) hint.hidden = Boolean(text);
}

field.addEventListener("input", follow);
field.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !field.value) return;
  event.preventDefault();
  field.value = "";
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
field.setSelectionRange(field.value.length, field.value.length);

// A filter that is chosen is typed.
document.addEventListener("click", ({ target }) => {
  const filter = target.closest("[data-filter]")?.dataset.filter;
  if (!filter) return;
  const begun = /^(from|in|on):/.exec(filter)?.[0] ?? filter;
  field.value = `${field.value.trimEnd()} ${begun}`.trimStart();
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

look();
new MutationObserver(look).observe(results, { childList: true, subtree: true });
