// <message-actions>: what can be done with the message under the pointer, the focus or a long press, as a small bar.
import { markUnread } from "./reading.js";

const LONG_PRESS = 500; // milliseconds
const GAP = 8; // pixels

customElements.define(
  "message-actions",
  class extends HTMLElement {
    connectedCallback() {
      const room = this.parentElement;
      room.addEventListener("pointerover", (event) => event.pointerType === "mouse" && this.follow(event.target));
      room.addEventListener("focusin", (event) => this.follow(event.target));
      room.addEventListener("scroll", () => this.hide(), { capture: true, passive: true });
      room.addEventListener("pointerdown", (event) => this.press(event));
      for (const end of ["pointerup", "pointercancel", "pointermove"]) {
        room.addEventListener(end, () => clearTimeout(this.pressed), { passive: true });
      }
      this.addEventListener("click", (event) => this.act(event.target.closest("button")?.dataset.action));
      // From a message's time the bar comes next, wherever it stands in the page.
      room.addEventListener("keydown", (event) => {
        const isForward = event.key === "Tab" && !event.shiftKey && !this.hidden;
        if (!isForward || !event.target.matches?.(".message__time")) return;
        event.preventDefault();
        this.querySelector("button").focus();
      });
      document.addEventListener("keydown", (event) => event.key === "Escape" && this.hide());
    }

    press(event) {
      clearTimeout(this.pressed);
      if (this.contains(event.target)) return;
      this.hide();
      if (event.pointerType !== "mouse") this.pressed = setTimeout(() => this.follow(event.target), LONG_PRESS);
    }

    follow(target) {
      if (this.contains(target)) return;
      const article = target.closest?.(".message[data-message-id]");
      if (!article) return this.hide();
      this.message = article;
      this.hidden = false;
      const bubble = article.querySelector(".message__bubble").getBoundingClientRect();
      const room = this.parentElement.getBoundingClientRect();
      const floor = document.querySelector(".room-header").getBoundingClientRect().bottom - room.top;
      const isMine = getComputedStyle(article).flexDirection === "row-reverse";
      // Beside the bubble where there is room; else over its upper edge.
      const beside = isMine ? bubble.left - this.offsetWidth - GAP : bubble.right + GAP;
      const isBeside = beside >= room.left + GAP && beside + this.offsetWidth <= room.right - GAP;
      const over = isMine ? bubble.left : bubble.right - this.offsetWidth;
      const left = isBeside ? beside : Math.max(room.left + GAP, Math.min(over, room.right - this.offsetWidth - GAP));
      const top = isBeside ? bubble.top + Math.min(bubble.height, 40) / 2 : bubble.top;
      this.style.left = `${left - room.left}px`;
      this.style.top = `${Math.max(floor, top - room.top - this.offsetHeight / 2)}px`;
    }

    hide() {
      this.hidden = true;
    }

    async act(action) {
      const { message } = this;
      if (action === "unread") await markUnread(Number(message.dataset.messageId));
      if (action === "link") await this.copyLink(message);
      if (action) this.hide();
    }

    async copyLink(message) {
      const { href } = message.querySelector("a.message__time");
      // Without a clipboard (plain http), the address bar is the next best place to copy from.
      if (navigator.clipboard) await navigator.clipboard.writeText(href);
      else location.assign(href);
    }
  },
);
