// <copy-field>: a text with a button that copies it, also over plain http, where browsers offer no clipboard; and one that
// hands it to another app, where the system can.

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
      const share = this.querySelector("[data-share-button]");
      if (!share || !navigator.share) return;
      share.hidden = false;
      // Whoever closes the system's sheet again has changed their mind; that is no error.
      share.onclick = () => navigator.share({ url: source.value }).catch(() => {});
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
