// <message-actions>: what can be done with the message under the pointer, the focus or a long press, as a small bar.
import { edit, remove } from "./editing.js";
import { mayEdit, sayBriefly } from "./page.js";
import { markUnread } from "./reading.js";
import { reply } from "./reply.js";

const LONG_PRESS = 500; // milliseconds
const GAP = 8; // pixels

customElements.define(
  "message-actions",
  class extends HTMLElement {
    connectedCallback() {
      const room = this.parentElement;
      this.menu = this.querySelector("boost-menu");
      room.addEventListener("pointerover", (event) => event.pointerType === "mouse" && this.follow(event.target));
      room.addEventListener("focusin", (event) => this.follow(event.target));
      room.addEventListener("scroll", () => (this.isOpen ? this.place() : this.hide()), { capture: true, passive: true });
      document.addEventListener("pointerdown", (event) => this.press(event));
      for (const end of ["pointerup", "pointercancel", "pointermove"]) {
        room.addEventListener(end, () => clearTimeout(this.pressed), { passive: true });
      }
      this.addEventListener("click", (event) => this.act(event.target.closest("[data-action]")?.dataset.action));
      this.addEventListener("done", () => this.hide());
      // From a message's time the bar comes next, wherever it stands in the page.
      room.addEventListener("keydown", (event) => {
        const isForward = event.key === "Tab" && !event.shiftKey && !this.hidden;
        if (!isForward || !event.target.matches?.(".message__time")) return;
        event.preventDefault();
        this.querySelector("button").focus();
      });
      document.addEventListener("keydown", (event) => event.key === "Escape" && this.hide());
    }

    /** Whether a boost is being chosen: then the bar stays with its message. */
    get isOpen() {
      return !this.menu.hidden;
    }

    /** The message, also when it was put anew meanwhile. */
    get message() {
      return this.elementId ? document.getElementById(this.elementId) : null;
    }

    press(event) {
      clearTimeout(this.pressed);
      if (this.contains(event.target)) return;
      this.hide();
      if (event.pointerType === "mouse" || !this.parentElement.contains(event.target)) return;
      this.pressed = setTimeout(() => this.follow(event.target), LONG_PRESS);
    }

    follow(target) {
      if (this.contains(target) || this.isOpen) return;
      const article = target.closest?.(".message[data-message-id]");
      // What is being edited has buttons of its own.
      if (!article || article.hasAttribute("data-editing")) return this.hide();
      this.elementId = article.id;
      for (const action of ["edit", "remove"]) this.querySelector(`[data-action="${action}"]`).hidden = !mayEdit(article);
      this.hidden = false;
      this.place();
    }

    /** Beside the bubble where there is room; else over its upper edge. */
    place() {
      const article = this.message;
      if (!article) return this.hide();
      const bubble = article.querySelector(".message__bubble").getBoundingClientRect();
      const room = this.parentElement.getBoundingClientRect();
      const floor = document.querySelector(".room-header").getBoundingClientRect().bottom - room.top;
      const isMine = getComputedStyle(article).flexDirection === "row-reverse";
      const beside = isMine ? bubble.left - this.offsetWidth - GAP : bubble.right + GAP;
      const isBeside = beside >= room.left + GAP && beside + this.offsetWidth <= room.right - GAP;
      const over = isMine ? bubble.left : bubble.right - this.offsetWidth;
      const left = isBeside ? beside : Math.max(room.left + GAP, Math.min(over, room.right - this.offsetWidth - GAP));
      // By the height of the bar alone: what opens below it moves nothing.
      const middle = this.querySelector("button").offsetHeight / 2;
      const top = (isBeside ? bubble.top + Math.min(bubble.height, 40) / 2 : bubble.top) - room.top - middle;
      const ceiling = Math.max(floor, room.height - this.offsetHeight - GAP);
      this.style.left = `${left - room.left}px`;
      this.style.top = `${Math.min(ceiling, Math.max(floor, top))}px`;
    }

    hide() {
      if (this.isOpen && this.contains(document.activeElement)) {
        this.message?.querySelector("a.message__time")?.focus({ preventScroll: true });
      }
      this.showMenu(false);
      this.hidden = true;
    }

    showMenu(isShown) {
      this.menu.hidden = !isShown;
      this.querySelector("[data-action=boost]").setAttribute("aria-expanded", isShown);
    }

    async act(action) {
      const { message } = this;
      if (!action || !message) return;
      if (action === "boost") return this.toggleMenu(message);
      this.hide();
      if (action === "unread") await markUnread(Number(message.dataset.messageId));
      if (action === "link") await this.copyLink(message);
      if (action === "reply") reply(message);
      if (action === "edit") await edit(message);
      if (action === "remove") remove(message);
    }

    toggleMenu(message) {
      if (this.isOpen) return this.showMenu(false);
      this.showMenu(true);
      this.place();
      return this.menu.open(message.dataset.messageId);
    }

    async copyLink(message) {
      const { href } = message.querySelector("a.message__time");
      // Without a clipboard (plain http), the address bar is the next best place to copy from.
      if (!navigator.clipboard) return location.assign(href);
      await navigator.clipboard.writeText(href);
      return sayBriefly("The link is copied.");
    }
  },
);
