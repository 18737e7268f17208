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
