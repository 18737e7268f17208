// The tray above the composer: files that were picked, dropped or pasted, until they are sent with what is written.
const FILES_MAX = 20; // at once: fewer than the server takes in one go

const composer = () => document.querySelector("message-composer");
const tray = () => composer().querySelector("[data-tray]");
const chosen = [];

export const hasFiles = () => chosen.length > 0;

/** Hands the files over, in the order they were chosen. */
export function takeFiles() {
  const files = chosen.map(({ file }) => file);
  for (const entry of [...chosen]) remove(entry);
  return files;
}

/** A size as the server says it. */
function label(bytes) {
  if (bytes < 1000) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  return bytes < 999_500 ? `${Math.round(bytes / 1e3)} kB` : `${Math.round(bytes / 1e5) / 10} MB`;
}

function add(files) {
  const max = Number(composer().dataset.uploadMax);
  const refusals = [];
  for (const file of files) {
    if (file.size > max) refusals.push(`“${file.name}” is too large: ${label(file.size)}. At most ${label(max)} fit.`);
    else if (chosen.length >= FILES_MAX) refusals.push(`“${file.name}” is one too many: at most ${FILES_MAX} files go at once.`);
    else put(file);
  }
  if (refusals.length) composer().complain(refusals.slice(0, 3).join(" "));
}

function put(file) {
  const item = document.getElementById("tray_template").content.firstElementChild.cloneNode(true);
  const entry = { file, item };
  item.querySelector(".tray__name").textContent = file.name;
  item.querySelector(".tray__size").textContent = label(file.size);
  const button = item.querySelector("button");
  button.setAttribute("aria-label", `Remove ${file.name}`);
  button.onclick = () => {
    remove(entry);
    composer().querySelector("textarea").focus({ preventScroll: true });
  };
  const preview = item.querySelector("img");
  // What is no picture stays an icon.
  preview.onload = () => {
    preview.hidden = false;
    item.querySelector(".tray__icon").remove();
  };
  if (file.type.startsWith("image/")) preview.src = entry.url = URL.createObjectURL(file);
  chosen.push(entry);
  tray().append(item);
  tray().hidden = false;
}

function remove(entry) {
  chosen.splice(chosen.indexOf(entry), 1);
  entry.item.remove();
  if (entry.url) URL.revokeObjectURL(entry.url);
  tray().hidden = !chosen.length;
}

/** What was dropped, without folders. */
const dropped = ({ items, files }) =>
  items[0]?.webkitGetAsEntry
    ? [...items].filter((item) => item.kind === "file" && !item.webkitGetAsEntry()?.isDirectory).map((item) => item.getAsFile())
    : [...files];

const hasDragged = ({ dataTransfer }) => dataTransfer?.types.includes("Files");

const input = document.querySelector("[data-files]");
input.multiple = true;
input.addEventListener("change", () => {
  add(input.files);
  // The same file may be picked again, and none is sent by the form itself.
  input.value = "";
  composer().querySelector("textarea").focus({ preventScroll: true });
});

document.addEventListener("paste", (event) => {
  const { files, types } = event.clipboardData;
  // A table that is copied comes as a picture too: its text is meant.
  if (!files.length || types.includes("text/plain") || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  add(files);
});

document.addEventListener("dragover", (event) => {
  if (!hasDragged(event)) return;
  event.preventDefault();
  composer().toggleAttribute("data-dropping", true);
});
document.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || composer().removeAttribute("data-dropping"));
document.addEventListener("drop", (event) => {
  if (!hasDragged(event)) return;
  event.preventDefault();
  composer().removeAttribute("data-dropping");
  add(dropped(event.dataTransfer));
  composer().querySelector("textarea").focus({ preventScroll: true });
});
