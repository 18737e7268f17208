// Markdown by keyboard in the field that messages are written in: marks around the selection, links over it.
//
// Text goes in as if it were typed, so that the field's own Undo takes it back.

const MARKS = { b: "**", i: "_", C: "`" };
const ADDRESS = /^(https?:\/\/|mailto:)\S+$/i;

/** Puts `text` in place of the selection, then selects what is from `start` to `end` in it. */
export function put(field, text, start, end) {
  const from = field.selectionStart;
  const { value } = field;
  const isTyped = document.execCommand("insertText", false, text);
  if (!isTyped && field.value === value) {
    field.setRangeText(text, from, field.selectionEnd, "end");
    field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText", data: text }));
  }
  field.setSelectionRange(from + start, from + end);
}

const selected = (field) => field.value.slice(field.selectionStart, field.selectionEnd);

/** Wraps the selection in a mark, or takes the mark off again. */
function wrap(field, mark) {
  const { length } = mark;
  const { selectionStart: start, selectionEnd: end, value } = field;
  const text = value.slice(start, end);
  if (text.length > 2 * length && text.startsWith(mark) && text.endsWith(mark)) {
    const bare = text.slice(length, -length);
    return put(field, bare, 0, bare.length);
  }
  if (start >= length && value.slice(start - length, start) === mark && value.slice(end, end + length) === mark) {
    field.setSelectionRange(start - length, end + length);
    return put(field, text, 0, text.length);
  }
  // Marks hold on to the words: white space stays outside.
  const [, before, words, after] = /^(\s*)([^]*?)(\s*)$/.exec(text);
  const lead = before.length + length;
  return put(field, `${before}${mark}${words}${mark}${after}`, lead, lead + words.length);
}

/** Makes the selection a link, its address still to be written; an address becomes a link still to be named. */
function link(field) {
  const text = selected(field);
  if (ADDRESS.test(text)) return put(field, `[](${text})`, 1, 1);
  const address = text.length + 3;
  return put(field, `[${text}](https://)`, address, address + 8);
}

document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.isComposing || !field.matches?.("[data-markdown]")) return;
  const key = event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase();
  if (MARKS[key]) wrap(field, MARKS[key]);
  else if (key === "k" && selected(field)) link(field);
  else return;
  event.preventDefault();
});

document.addEventListener("paste", (event) => {
  const field = event.target;
  if (!field.matches?.("[data-markdown]")) return;
  const text = selected(field);
  const address = event.clipboardData.getData("text/plain").trim();
  // Over another address, or over several lines, what was pasted takes the place of the selection as ever.
  if (!text.trim() || text.includes("\n") || ADDRESS.test(text.trim()) || !ADDRESS.test(address)) return;
  event.preventDefault();
  const markdown = `[${text}](${address})`;
  put(field, markdown, markdown.length, markdown.length);
});
