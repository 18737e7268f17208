// Boosts: the pills below a message, and <boost-menu>, where one is chosen or typed. What is half typed stays, whatever others do.
import { ask, pathOf } from "./change.js";
import { sayBriefly, viewerId } from "./page.js";

const BOOST_MAX = 16; // characters, as the server counts them

/** The id of one's own boost among those of a pill, if there is one. */
const mine = (pill) => new RegExp(`\\|${viewerId}:(\\d+)\\|`).exec(pill?.dataset.boosters ?? "")?.[1];

/** Joins a boost; tells what was wrong. */
const add = async (messageId, content) => (await ask("POST", `${pathOf(messageId)}/boosts`, { content })).reason;

/** Joins, or withdraws one's own. A repeated click while the first is under way would do the opposite of what is meant. */
async function click(form, pill) {
  if (pill.disabled) return;
  pill.disabled = true;
  const { messageId } = form.closest(".message").dataset;
  const id = mine(pill);
  const reason = id
    ? (await ask("DELETE", `${pathOf(messageId)}/boosts/${id}`)).reason
    : await add(messageId, pill.value);
  pill.disabled = false;
  if (reason) sayBriefly(reason);
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches(".boosts__group")) return;
  event.preventDefault();
  click(event.target, event.submitter);
});

customElements.define(
  "boost-menu",
  class extends HTMLElement {
    connectedCallback() {
      this.field = this.querySelector("input");
      this.error = this.querySelector("[role=alert]");
      this.addEventListener("click", (event) => {
        const content = event.target.closest("[data-content]")?.dataset.content;
        if (content) this.send(content);
      });
      this.querySelector("form").addEventListener("submit", (event) => {
        event.preventDefault();
        this.send(this.field.value.trim());
      });
      this.field.addEventListener("input", () => this.complain(""));
    }

    open(messageId) {
      this.messageId = messageId;
      this.hidden = false;
      this.field.value = "";
      this.complain("");
      this.querySelector("button").focus({ preventScroll: true });
    }

    async send(content) {
      if (!content) return this.field.focus();
      if ([...content].length > BOOST_MAX) return this.complain(`A boost can have at most ${BOOST_MAX} characters.`);
      const reason = await add(this.messageId, content);
      if (reason) return this.complain(reason);
      return this.dispatchEvent(new Event("done", { bubbles: true }));
    }

    complain(text) {
      this.error.textContent = text;
      this.error.hidden = !text;
    }
  },
);
