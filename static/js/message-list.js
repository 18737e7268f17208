// <message-list>: the scrolling list. Groups messages, puts days and times in the reader's own time zone, follows the newest
// when it was at the bottom, and otherwise keeps its place.
import { isNewest, when } from "./page.js";
import { trim } from "./trimming.js";

const NEAR_BOTTOM = 100; // pixels that still count as the bottom
const AHEAD = "400px 0px"; // how near an end must come for more to be fetched
const GROUP_MS = 5 * 60 * 1000; // as the server groups

const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const timeFormat = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const fullFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });

const createdAt = (article) => Number(article.dataset.createdAtMs ?? Date.now());
const dayOf = (ms) => new Date(ms).toDateString();

function setFlag(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

customElements.define(
  "message-list",
  class extends HTMLElement {
    connectedCallback() {
      this.messages = this.querySelector("#messages");
      this.pending = this.querySelector("#pending");
      this.jump = document.getElementById("jump");
      this.isAtBottom = true;
      this.format();
      const target = this.messages.querySelector(`[data-message-id="${this.messages.dataset.targetId}"]`);
      if (target) this.show(target);
      else this.open();
      this.addEventListener("scroll", () => this.look(), { passive: true });
      this.changes = new MutationObserver(() => this.changed());
      this.changes.observe(this.messages, { childList: true, subtree: true });
      this.changes.observe(this.pending, { childList: true, subtree: true });
      this.sizes = new ResizeObserver(() => this.keep());
      for (const part of [this, this.messages, this.pending]) this.sizes.observe(part);
      this.ends = new IntersectionObserver((ends) => this.reveal(ends), { root: this, rootMargin: AHEAD });
      this.jump.onclick = (event) => {
        if (!isNewest()) return;
        event.preventDefault();
        this.toBottom();
      };
      this.look();
    }

    disconnectedCallback() {
      for (const observer of [this.changes, this.sizes, this.ends]) observer.disconnect();
    }

    /** Notes where the reader is. */
    look() {
      this.isAtBottom = isNewest() && this.scrollHeight - this.scrollTop - this.clientHeight < NEAR_BOTTOM;
      if (this.isAtBottom) this.hasUnseen = false;
      const top = this.getBoundingClientRect().top;
      this.anchor = [...this.messages.children].find((article) => article.getBoundingClientRect().bottom > top);
      this.anchorTop = this.anchor?.getBoundingClientRect().top;
      this.jump.hidden = isNewest() && !this.hasUnseen;
      for (const end of this.querySelectorAll(".history-link")) this.ends.observe(end);
    }

    /** Fetches more when an end of the list comes near; not before the page has found its place. */
    reveal(ends) {
      for (const { target, isIntersecting } of ends) if (isIntersecting) htmx.trigger(target, "reveal");
    }

    /** Opens at the newest; where much is new, at the line before it. */
    open() {
      this.toBottom();
      const line = this.messages.querySelector("[data-first-unread]");
      const top = this.getBoundingClientRect().top + parseFloat(getComputedStyle(this).scrollPaddingTop || 0);
      if (!line || line.getBoundingClientRect().top >= top) return;
      line.scrollIntoView({ block: "start" });
      this.isAtBottom = false;
      this.hasUnseen = true;
    }

    changed() {
      const last = this.messages.lastElementChild;
      if (last !== this.last && !this.isAtBottom) this.hasUnseen = true;
      this.last = last;
      this.format();
      this.keep();
      if (trim(this, this.messages)) this.keep();
      this.look();
    }

    /** Follows the newest, or puts what was being read back where it was. */
    keep() {
      if (this.isAtBottom) return this.toBottom();
      if (this.anchor?.isConnected) this.scrollTop += this.anchor.getBoundingClientRect().top - this.anchorTop;
    }

    toBottom() {
      this.scrollTop = this.scrollHeight;
      this.isAtBottom = isNewest();
    }

    show(article) {
      article.dataset.target = "";
      article.scrollIntoView({ block: "center" });
      this.isAtBottom = false;
    }

    /** Groups, days and local times. */
    format() {
      let previous = null;
      for (const article of [...this.messages.children, ...this.pending.children]) {
        const at = createdAt(article);
        const isNewDay = !previous || dayOf(createdAt(previous)) !== dayOf(at);
        const isSameAuthor = previous?.dataset.userId === article.dataset.userId;
        const follows = !isNewDay && isSameAuthor && at - createdAt(previous) < GROUP_MS;
        setFlag(article, "data-day", isNewDay ? dayFormat.format(at) : null);
        setFlag(article, "data-follows", follows ? "" : null);
        const time = article.querySelector("time");
        if (time && !time.title) {
          time.textContent = timeFormat.format(at);
          time.title = fullFormat.format(at);
        }
        previous = article;
      }
    }
  },
);

const list = () => document.querySelector("message-list");
when("sent", () => list().toBottom());
// What could not be fetched while the network was gone is asked for again.
when("level", () => {
  for (const end of list().querySelectorAll(".history-link")) {
    list().ends.unobserve(end);
    list().ends.observe(end);
  }
});
when("not-shown", () => (document.getElementById("jump").hidden = false));
