// <message-composer>: the field that messages are written in. Enter sends, Shift+Enter breaks the line; on touch screens the
// button sends. What is being written is kept on the device.
import { device, isNewest, roomId, tell, viewerId } from "./page.js";
import { add } from "./outbox.js";
import { send } from "./socket.js";
import { hasFiles, takeFiles } from "./tray.js";
import { upload } from "./uploads.js";

const MESSAGE_MAX = 10_000; // characters, as the server counts them
const TYPING_EVERY = 1_000;
const DRAFT_KEY = `campfire.draft.${viewerId}.${roomId}`;

const isTouch = () => matchMedia("(pointer: coarse)").matches && !matchMedia("(any-pointer: fine)").matches;

customElements.define(
  "message-composer",
  class extends HTMLElement {
    connectedCallback() {
      this.form = this.querySelector("form");
      this.field = this.querySelector("textarea");
      this.error = this.querySelector("[data-composer-error]");
      this.typedAt = 0;
      this.form.noValidate = true;
      this.form.addEventListener("submit", (event) => this.submit(event));
      this.field.addEventListener("keydown", (event) => this.press(event));
      this.field.addEventListener("input", () => this.change());
      this.field.value ||= device.get(DRAFT_KEY) ?? "";
      this.grow();
      if (!isTouch()) this.field.focus({ preventScroll: true });
    }

    press(event) {
      if (event.key === "ArrowUp" && !this.field.value && !event.isComposing) {
        event.preventDefault();
        tell("edit-last");
      }
      const isSending = event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
      const isForced = event.ctrlKey || event.metaKey;
      if (!isSending || (isTouch() && !isForced)) return;
      event.preventDefault();
      this.form.requestSubmit();
    }

    submit(event) {
      event.preventDefault();
      const body = this.field.value.trim();
      if (!body && !hasFiles()) return;
      const length = [...body].length;
      if (length > MESSAGE_MAX) {
        this.complain(`A message can have at most 10,000 characters; this one has ${length.toLocaleString("en")}.`);
        return;
      }
      if (body) add(body); // Kept on the device before the field forgets it.
      const files = takeFiles();
      files.forEach(upload);
      this.field.value = "";
      this.change();
      // Among older messages it would not be seen: the room's newest end is where it goes.
      if (!isNewest()) return files.length ? tell("stale") : location.assign(`/rooms/${roomId}?newest`);
      tell("sent");
      this.field.focus({ preventScroll: true });
    }

    change() {
      const text = this.field.value;
      this.complain("");
      this.grow();
      device.set(DRAFT_KEY, text || null);
      const now = Date.now();
      if (!text.trim()) {
        if (this.typedAt) send({ type: "typing_stop" });
        this.typedAt = 0;
      } else if (now - this.typedAt > TYPING_EVERY) {
        this.typedAt = now;
        send({ type: "typing_start" });
      }
    }

    complain(text) {
      this.error.textContent = text;
      this.error.hidden = !text;
    }

    /** Fits the field to its text where the stylesheet can't (field-sizing). */
    grow() {
      if (CSS.supports("field-sizing", "content")) return;
      this.field.style.height = "auto";
      this.field.style.height = `${this.field.scrollHeight}px`;
    }
  },
);
