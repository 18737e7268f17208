// Editing in place, and deleting. The form stands beside the body, not in it: what others change is put where it belongs, and the
// form stays and says so.
import { ask, pathOf } from "./change.js";
import { said } from "./reply.js";
import { mayEdit, messages, sayBriefly, viewerId, when } from "./page.js";

let form = null; // the one that is open
let messageId = null;

const isTouch = () => matchMedia("(pointer: coarse)").matches && !matchMedia("(any-pointer: fine)").matches;
const article = () => messages()?.querySelector(`[data-message-id="${messageId}"]`);
const formIn = (html) => new DOMParser().parseFromString(html, "text/html").querySelector("form");
const revision = () => Number(form.elements.revision.value);

/** Opens the form in place of a message's body. */
export async function edit(target) {
  const id = target.dataset.messageId;
  if (form && messageId === id) return form.elements.body.focus();
  const { ok, text, reason } = await ask("GET", `${pathOf(id)}/edit`);
  if (!ok) return sayBriefly(reason);
  close();
  messageId = id;
  return put(formIn(text));
}

/** Puts a form, in place of the one that is there. */
function put(fresh) {
  const isFirst = !form;
  form?.remove();
  form = document.adoptNode(fresh);
  form.noValidate = true;
  form.addEventListener("submit", save);
  form.addEventListener("keydown", press);
  form.querySelector("[data-cancel]").addEventListener("click", cancel);
  place();
  const field = form.elements.body;
  field.focus({ preventScroll: true });
  field.setSelectionRange(field.value.length, field.value.length);
  if (isFirst) form.scrollIntoView({ block: "nearest" });
}

/** Keeps the form in its message: also when the message, or the list, was put anew. */
function place() {
  if (!form) return;
  const home = article();
  if (!home) return messages() && giveBack();
  const body = home.querySelector(".message__body");
  if (form.parentElement !== body.parentElement) {
    const isFocused = form.contains(document.activeElement) || document.activeElement === document.body;
    body.after(form);
    if (isFocused) form.elements.body.focus({ preventScroll: true });
  }
  home.toggleAttribute("data-editing", true);
  const isOvertaken = Number(body.dataset.revision) > revision();
  if (isOvertaken && !home.hasAttribute("data-overtaken")) {
    complain("Somebody has just changed this message: it stands above. What you save replaces it only after you were asked.");
  }
  home.toggleAttribute("data-overtaken", isOvertaken);
}

/** The message is gone, or no longer in the list: what was typed goes to the composer. */
function giveBack() {
  const field = document.getElementById("composer_body");
  const typed = form.elements.body;
  if (typed.value !== typed.defaultValue) {
    field.value = [field.value, typed.value].filter(Boolean).join("\n\n");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    sayBriefly("The message you were editing is gone. What you typed is in the field below.");
  }
  close();
}

function close() {
  const home = messageId && article();
  home?.removeAttribute("data-editing");
  home?.removeAttribute("data-overtaken");
  form?.remove();
  form = messageId = null;
}

function cancel(event) {
  event?.preventDefault();
  close();
  document.getElementById("composer_body")?.focus({ preventScroll: true });
}

function press(event) {
  if (event.isComposing || event.keyCode === 229) return;
  if (event.key === "Escape") {
    event.stopPropagation();
    cancel(event);
  } else if (event.key === "Enter" && event.target.matches("textarea") && !event.shiftKey) {
    if (isTouch() && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    form.requestSubmit();
  }
}

function complain(text) {
  const line = form.querySelector("[data-edit-error]");
  line.textContent = text;
  line.hidden = !text;
}

async function save(event) {
  event.preventDefault();
  const sent = form;
  const button = form.querySelector("[type=submit]");
  if (button.disabled) return;
  const { value, defaultValue } = form.elements.body;
  if (value === defaultValue && !form.querySelector(".edit-form__current")) return cancel();
  button.disabled = true;
  const fields = { body: value, revision: form.elements.revision.value };
  const { ok, status, text, reason } = await ask("PUT", pathOf(messageId), fields);
  button.disabled = false;
  if (form !== sent) return;
  if (ok) cancel();
  else if (status === 409 && formIn(text)) put(formIn(text));
  else complain(reason);
}

/** Asks, and deletes a message for everyone. */
export function remove(target) {
  const dialog = document.getElementById("remove_dialog");
  const id = target.dataset.messageId;
  dialog.querySelector("[data-remove-text]").textContent = said(target.querySelector(".message__body")).slice(0, 200);
  dialog.returnValue = "";
  dialog.onclose = async () => {
    if (dialog.returnValue !== "remove") return;
    const { ok, status, reason } = await ask("DELETE", pathOf(id));
    if (!ok && status !== 404) sayBriefly(reason);
  };
  dialog.showModal();
}

when("edit-last", () => {
  const mine = [...messages().children].filter((one) => one.dataset.userId === viewerId && mayEdit(one)).pop();
  if (mine) edit(mine);
});
when("list", place);
new MutationObserver(() => form && place()).observe(document.getElementById("main"), { childList: true, subtree: true });
