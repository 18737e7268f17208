// <copy-field>: a text with a button that copies it, also over plain http, where browsers offer no clipboard.

customElements.define(
  "copy-field",
  class extends HTMLElement {
    connectedCallback() {
      const source = this.querySelector("[data-copy-source]");
      const button = this.querySelector("[data-copy-button]");
      const label = button.textContent;
      button.hidden = false;
      button.onclick = async () => {
        const isCopied = await this.copy(source);
        button.textContent = isCopied ? "Copied" : "Press Ctrl+C";
        setTimeout(() => (button.textContent = label), 2_000);
      };
    }

    async copy(source) {
      source.select();
      try {
        if (navigator.clipboard) return await navigator.clipboard.writeText(source.value).then(() => true);
        return document.execCommand("copy");
      } catch {
        return false;
      }
    }
  },
);
