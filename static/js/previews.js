// Previews of links: removed at once by those who may.
import { ask, pathOf } from "./change.js";
import { sayBriefly } from "./page.js";

document.addEventListener("submit", async (event) => {
  if (!event.target.matches(".preview__removal")) return;
  event.preventDefault();
  const { submitter, target } = event;
  submitter.disabled = true;
  const { ok, reason } = await ask("DELETE", `${pathOf(target.closest(".message").dataset.messageId)}/preview`);
  if (ok) return;
  submitter.disabled = false;
  sayBriefly(reason);
});
