// Mentions: people of the room after an @.
import { complete } from "./completion.js";
import { isAdministrator, roomId } from "./page.js";

const SHOWN = 8; // people offered at once
const EVERYONE = { text: "@everyone ", label: "everyone", sign: "📣", hint: "calls everyone in this room" };

let nobody = null; // what found nobody: more letters don't either

async function choose(_, query) {
  if (query.endsWith(" ") || (nobody && query.startsWith(nobody))) return [];
  const path = `/rooms/${roomId}/members?limit=${SHOWN}&query=${encodeURIComponent(query)}`;
  const answer = await fetch(path, { headers: { accept: "application/json" } });
  const people = answer.ok ? await answer.json() : [];
  const items = people.map(({ name, avatar_url: icon, role }) => {
    return { text: `@[${name}] `, label: name, icon, hint: role === "bot" ? "bot" : "" };
  });
  if (isAdministrator && query && EVERYONE.label.startsWith(query.toLowerCase())) items.push(EVERYONE);
  nobody = answer.ok && !items.length ? query : null;
  return items;
}

// Up to three words, the last of them begun.
const trigger = /(?<=^|[\s([{"'“„«‘>|,:;—–*_~])@((?:[^\s@[\]`]+ ){0,2}[^\s@[\]`]*)$/u;
complete({ kind: "mentions", trigger, choose });
