// People on the page: their names and pictures as they are now, and who of them is online.
import { advancePeople, when } from "./page.js";
import { fetchSidebar } from "./afresh.js";

function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

function update({ people_revision: revision, user, spread_ms: spread }) {
  advancePeople(revision);
  for (const article of document.querySelectorAll(`.message[data-user-id="${user.id}"]`)) {
    setText(article.querySelector(".message__author"), user.name);
    const picture = article.querySelector(".message__avatar");
    if (picture) picture.src = user.avatar_url;
  }
  for (const mention of document.querySelectorAll(`[data-mention="${user.id}"]`)) setText(mention, `@${user.name}`);
  for (const face of document.querySelectorAll(`.present__face[data-user-id="${user.id}"]`)) {
    face.src = user.avatar_url;
    face.alt = face.title = user.name;
  }
  // Pings are named after them, and one's own name stands at the bottom.
  fetchSidebar(spread);
}

function setOnline({ user_ids: ids }) {
  for (const face of document.querySelectorAll("#sidebar [data-person-id]")) {
    face.toggleAttribute("data-online", ids.includes(Number(face.dataset.personId)));
  }
}

when("frame", (frame) => {
  if (frame.type === "person_updated") update(frame);
  else if (frame.type === "online") setOnline(frame);
});
