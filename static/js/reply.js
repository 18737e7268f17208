// Replying: the start of a message as a quote in the composer, with who said it and where.

const LINES_MAX = 4;
const CHARACTERS_MAX = 300;

/** What a message says, without what it quotes itself; of a file alone, its name. */
export function said(body) {
  const parts = [...body.children].filter((part) => !part.matches(".message__edited"));
  const own = parts.filter((part) => !part.matches("blockquote"));
  const text = (own.length ? own : parts).map((part) => part.innerText.trim()).join("\n\n").trim();
  const file = body.parentElement.querySelector(".attachment__name, .attachment--picture > img");
  return text || file?.alt || file?.textContent || "";
}

/** Puts the quote before what is being written, and the caret behind it. */
export function reply(article) {
  const field = document.getElementById("composer_body");
  const all = said(article.querySelector(".message__body"));
  const short = [...all.split("\n").slice(0, LINES_MAX).join("\n")].slice(0, CHARACTERS_MAX).join("");
  const quote = (short.length < all.length ? `${short}…` : short).split("\n").map((line) => `> ${line}`.trimEnd());
  const name = article.querySelector(".message__author").textContent.replace(/[\\[\]]/g, "\\$&");
  const link = article.querySelector("a.message__time").getAttribute("href");
  field.value = `${quote.join("\n")}\n>\n> — [${name}](${link})\n\n${field.value}`;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
  field.scrollTop = field.scrollHeight;
}
