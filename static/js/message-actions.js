// <message-actions>: what can be done with the message under the pointer, the focus or a long press, as a small bar.
import { markUnread } from "./reading.js";

const LONG_PRESS = 500;

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
      const left = isMine ? bubble.left - room.left : bubble.right - room.left - this.offsetWidth;
      this.style.left = `${Math.max(8, Math.min(left, room.width - this.offsetWidth - 8))}px`;
      this.style.top = `${Math.max(floor, bubble.top - room.top - this.offsetHeight / 2)}px`;
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
