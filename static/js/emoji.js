// Emoji: by :shortcode: with completion, and <emoji-picker>, where one is looked for and put into the field beside it.
import { complete } from "./completion.js";
import { put } from "./formatting.js";
import { device } from "./page.js";

const RECENT_KEY = "campfire.emoji";
const RECENT_MAX = 16; // two lines of them
const FOUND_MAX = 64; // more are found by another word
const OFFERED_MAX = 8;
const COMMON = "👍 👎 👏 🙌 🙏 💪 👀 👋 ❤️ 🔥 🎉 🚀 ✅ ❌ 💯 ⭐ 😀 😂 🙂 😉 😊 😍 😎 🤔 😅 😢 😭 😡 😱 🤷 🤦 🥳 😴 🤯 🤝 💡 ☕ 🍕 🎂 🐛".split(" ");

const url = document.querySelector("[data-emoji]")?.dataset.emoji;
let loading = null; // [emoji, name, shortcodes…] of all there are

async function load() {
  loading ??= fetch(url).then((answer) => answer.json());
  // What could not be fetched is asked for again.
  return loading.catch(() => ((loading = null), []));
}

/** Those whose shortcode begins with a word, the shortest first, then those whose name does, then those that have it somewhere. */
async function search(word, limit) {
  const fit = ([, name, ...codes]) => {
    const lengths = codes.filter((code) => code.startsWith(word)).map((code) => code.length);
    if (lengths.length) return Math.min(...lengths);
    return name.startsWith(word) ? 1_000 : `${name} ${codes}`.includes(word) ? 2_000 : Infinity;
  };
  const all = (await load()).map((one) => [fit(one), one]).filter(([rank]) => rank < Infinity);
  return all.sort(([a], [b]) => a - b).slice(0, limit).map(([, one]) => one);
}

const recent = () => (device.get(RECENT_KEY) ?? "").split(" ").filter(Boolean);
const remember = (emoji) => device.set(RECENT_KEY, [...new Set([emoji, ...recent()])].slice(0, RECENT_MAX).join(" "));

complete({
  kind: "emoji",
  trigger: /(?<=^|[\s([{"'>*_~|]):([a-z0-9+][a-z0-9_+-]+)$/iu,
  choose: async (_, word) =>
    (await search(word.toLowerCase(), OFFERED_MAX)).map(([sign, name, code]) => {
      return { text: `${sign} `, label: `:${code ?? name}:`, sign, hint: name };
    }),
});

customElements.define(
  "emoji-picker",
  class extends HTMLElement {
    connectedCallback() {
      this.hidden = false; // without scripts it can do nothing
      this.menu = this.querySelector("details");
      this.field = this.querySelector("input");
      this.grid = this.querySelector("[data-emoji-list]");
      this.menu.addEventListener("toggle", () => this.menu.open && this.open());
      this.field.addEventListener("input", () => this.render());
      this.addEventListener("click", ({ target }) => target.closest("[data-sign]") && this.take(target.closest("[data-sign]")));
      this.addEventListener("keydown", (event) => this.press(event));
    }

    async open() {
      this.field.value = "";
      await this.render();
      this.field.focus({ preventScroll: true });
    }

    async render() {
      const word = this.field.value.trim().toLowerCase().replaceAll(":", "");
      const known = new Map((await load()).map((one) => [one[0], one]));
      const usual = [...new Set([...recent(), ...COMMON])].map((sign) => known.get(sign) ?? [sign, sign]);
      const found = word ? await search(word, FOUND_MAX) : usual;
      this.grid.replaceChildren(...found.map(([sign, name]) => {
        const button = document.createElement("button");
        Object.assign(button, { type: "button", className: "emoji-picker__emoji", textContent: sign, title: name, ariaLabel: name });
        button.dataset.sign = sign;
        return button;
      }));
      this.querySelector("[data-emoji-none]").hidden = found.length > 0;
    }

    take({ dataset: { sign } }) {
      remember(sign);
      this.menu.open = false;
      const target = document.getElementById(this.dataset.for);
      target.focus({ preventScroll: true });
      put(target, sign, sign.length, sign.length);
    }

    press(event) {
      if (!this.menu.open || event.isComposing) return;
      const signs = [...this.grid.children];
      const at = signs.indexOf(document.activeElement);
      const across = document.dir === "rtl" ? -1 : 1;
      const columns = signs.filter((sign) => sign.offsetTop === signs[0].offsetTop).length;
      const step = { ArrowRight: across, ArrowLeft: -across, ArrowDown: at < 0 ? 1 : columns, ArrowUp: -columns }[event.key];
      if (event.key === "Enter" && at < 0) signs[0]?.click();
      else if (step && (at >= 0 || event.key === "ArrowDown")) (signs[at + step] ?? (step < 0 ? this.field : signs[at])).focus();
      else return;
      event.preventDefault();
      event.stopPropagation();
    }
  },
);
