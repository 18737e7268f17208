// <sound-player>: a sound in a message. Its button plays it; when its message arrives live, it plays by itself, once, for those who
// look at the room and have not muted sounds. Catching up, older messages and edits play nothing.
import { complete } from "./completion.js";
import { isNewest, when } from "./page.js";

const main = document.getElementById("main");
let isLive = false; // what comes now happens now
let playing = null; // one at a time: a new sound ends the one before

customElements.define(
  "sound-player",
  class extends HTMLElement {
    connectedCallback() {
      this.button = this.querySelector("button");
      this.audio = this.querySelector("audio");
      this.button.onclick = () => (this.audio.paused ? this.play() : this.audio.pause());
      for (const change of ["play", "pause", "ended"]) {
        this.audio.addEventListener(change, () => this.toggleAttribute("data-playing", !this.audio.paused));
      }
    }

    async play() {
      if (playing !== this.audio) playing?.pause();
      playing = this.audio;
      this.audio.currentTime = 0;
      try {
        await this.audio.play();
        this.dataset.played = "";
      } catch {
        // The browser wants a click first, or something else came in between. The button stays.
      }
    }
  },
);

when("connecting", () => (isLive = false));
when("level", () => (isLive = true));
when("applied", (frame) => {
  if (!isLive || document.hidden || !isNewest() || "mutesSounds" in main.dataset) return;
  if (!frame.includes('hx-target="#messages"') || !frame.includes("data-sound=")) return;
  const [, id] = /id="(message_[0-9a-f-]+)"/.exec(frame) ?? [];
  const player = document.getElementById(id)?.querySelector("sound-player");
  if (player && !("played" in player.dataset)) player.play();
});

let names = null; // a line for each: the name and what is shown with it
const load = async () => {
  const response = await fetch(new URL("../sounds/names.txt", import.meta.url));
  return (await response.text()).trim().split("\n").map((line) => line.split("\t"));
};

complete({
  trigger: /^\/(?:p(?:l(?:a(?:y(?: +(\S*))?)?)?)?)?$/,
  async choose(_, name = "") {
    try {
      names ??= await load();
    } catch {
      return []; // Offline: names can still be typed.
    }
    return names.filter(([known]) => known.startsWith(name)).map(([known, hint]) => ({ text: `/play ${known}`, label: known, hint }));
  },
});
