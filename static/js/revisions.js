// Keeps the newest state of every message on the page, whatever order answers come in.
//
// A fragment that is not newer than what is shown is dropped. A fragment that did not come by the socket (an older page, the
// answer to one's own post) may be older than frames that came meanwhile, so those are applied again after it.
import { isNewest, messages, tell } from "./page.js";

// Frames kept for that: more than come while a request is under way; past it, the list is fetched afresh.
const RECENT_MAX = 512;
const recent = [];
let forgottenRevision = 0;

const revisionIn = (text) => Number(/data-revision="(\d+)"/.exec(text)?.[1] ?? 0);

/** Carries out a frame of the socket; returns its revision, 0 for what passes. */
export function applyFrame(text) {
  const revision = revisionIn(text);
  if (revision) {
    recent.push({ revision, text });
    if (recent.length > RECENT_MAX) forgottenRevision = recent.shift().revision;
  }
  swap(text, true);
  tell("applied", text);
  return revision;
}

/** Carries out the answer to a post of one's own. */
export function applyAnswer(text) {
  swap(text, true);
  replay(revisionIn(text));
}

/** Forgets what was kept: the list was fetched afresh, as of `revision`. */
export function forget(revision) {
  recent.length = 0;
  forgottenRevision = revision;
}

function swap(text, isLive) {
  htmx.swap({ text, swap: "none", sourceElement: document.getElementById("main"), isLive });
}

/** Applies again what came after `revision`. */
function replay(revision) {
  if (revision < forgottenRevision) return tell("stale");
  for (const frame of recent) if (frame.revision > revision) swap(frame.text, true);
}

/** Whether a fragment's child is to be shown; clears the way for it. */
function isWanted(child, task, isLive) {
  const shown = child.id ? document.getElementById(child.id) : null;
  if (shown?.hasAttribute("data-pending")) shown.remove();
  else if (shown?.dataset.revision && child.dataset.revision) {
    return Number(child.dataset.revision) > Number(shown.dataset.revision);
  }
  if (isLive && child.dataset.messageId && !shown?.isConnected && !isNewest()) {
    tell("not-shown");
    return false;
  }
  return true;
}

// A part of the page that could not be fetched because the session has ended: the page stays, and says so.
document.addEventListener("htmx:response:error", ({ detail }) => {
  if (detail.ctx?.response?.status === 401) tell("signed-out");
});

htmx.registerExtension("revisions", {
  htmx_before_swap(_, { ctx, tasks }) {
    for (const task of [...tasks]) {
      const children = [...(task.fragment?.children ?? [])];
      const unwanted = children.filter((child) => !isWanted(child, task, ctx.isLive));
      for (const child of unwanted) child.remove();
      // An emptied replacement would delete what it was to replace.
      if (children.length && unwanted.length === children.length) tasks.splice(tasks.indexOf(task), 1);
    }
    // Older messages are not news: they are not read aloud.
    if (!ctx.isLive) messages()?.setAttribute("aria-live", "off");
  },
  htmx_after_swap(_, { ctx }) {
    const isPage = !ctx.isLive && ctx.text?.includes('hx-target="#messages"');
    if (isPage && messages()) replay(revisionIn(ctx.text));
    setTimeout(() => messages()?.removeAttribute("aria-live"), 1_000);
  },
});
