// Changes of messages by their author, administrators and boosters: sent at once, shown by the server's answer.
import { roomId, tell, viewerId } from "./page.js";
import { applyAnswer } from "./revisions.js";

/** What a refusal says. */
export const reasonIn = (html) =>
  new DOMParser().parseFromString(html, "text/html").querySelector("[role=alert]")?.textContent.trim() ||
  "The server could not take this.";

export const pathOf = (messageId) => `/rooms/${roomId}/messages/${messageId}`;

/** Asks for a part of the page, or sends a change and shows the answer. Tells `ok`, the status, the text, and why not. */
export async function ask(method, path, fields) {
  let response, text;
  try {
    response = await fetch(path, {
      method,
      headers: { "HX-Request": "true", "HX-Request-Type": "partial", "Campfire-Viewer": viewerId },
      body: fields && new URLSearchParams(fields),
    });
    text = await response.text();
  } catch {
    return { ok: false, status: 0, text: "", reason: "There is no connection. Nothing was changed; try again." };
  }
  const { ok, status } = response;
  if (status === 401) tell("signed-out");
  if (ok && method !== "GET") applyAnswer(text);
  return { ok, status, text, reason: ok ? "" : reasonIn(text) };
}
