// A button on each block of code that copies it, also over plain http, where browsers offer no clipboard.

const SHOWN = 2_000; // milliseconds that "copied" is shown
const template = document.getElementById("code_copy_template");

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  return field.remove();
}

function add(block) {
  const button = template.content.firstElementChild.cloneNode(true);
  button.onclick = async () => {
    await copy(block.querySelector("code").textContent);
    button.dataset.copied = "";
    button.ariaLabel = "Copied";
    setTimeout(() => {
      delete button.dataset.copied;
      button.ariaLabel = "Copy code";
    }, SHOWN);
  };
  block.prepend(button);
}

const look = () => document.querySelectorAll("#messages pre:not(:has(> .code-copy))").forEach(add);
new MutationObserver(look).observe(document.getElementById("main"), { childList: true, subtree: true });
look();
