// What the pages beside the rooms need.
import "./copy-field.js";
import "./menu.js";
import "./people-picker.js";

// What was typed as a room's name goes along to the other kind's form.
for (const tab of document.querySelectorAll("[data-keep-name] a")) {
  tab.addEventListener("click", () => {
    const name = document.getElementById("name")?.value;
    if (name) tab.search = new URLSearchParams({ name });
  });
}

// A choice that stands alone is sent as soon as it is made.
for (const list of document.querySelectorAll("[data-auto-submit]")) {
  list.addEventListener("change", ({ target }) => target.form.requestSubmit());
  for (const button of list.querySelectorAll("[type=submit]")) button.hidden = true;
}
