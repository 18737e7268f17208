// <people-picker>: finds people among many as one types, and shows the chosen ones as chips. The checkboxes stay what is sent.

const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

customElements.define(
  "people-picker",
  class extends HTMLElement {
    connectedCallback() {
      this.field = this.querySelector("input[type=search]");
      this.chips = this.querySelector("[data-picker-chosen]");
      this.nobody = this.querySelector("[data-picker-nobody]");
      this.people = [...this.querySelectorAll("[data-name]")].map((label) => ({
        label,
        box: label.querySelector("input"),
        name: label.dataset.name,
        key: fold(label.dataset.name),
      }));
      this.querySelector("[data-picker-filter]").hidden = false;
      this.field.addEventListener("input", () => this.filter());
      this.field.addEventListener("keydown", (event) => this.press(event));
      this.addEventListener("change", (event) => event.target.type === "checkbox" && this.show());
      this.show();
    }

    filter() {
      const words = fold(this.field.value).split(/\s+/).filter(Boolean);
      let found = 0;
      for (const { label, key } of this.people) {
        label.hidden = !words.every((word) => key.includes(word));
        found += label.hidden ? 0 : 1;
      }
      this.nobody.hidden = found > 0;
    }

    press(event) {
      if (event.key === "Enter") {
        event.preventDefault();
        const first = this.people.find(({ label, box }) => !label.hidden && !box.checked);
        if (first && this.field.value.trim()) this.choose(first, true);
        else if (!this.field.value.trim()) this.closest("form").requestSubmit();
      } else if (event.key === "Backspace" && !this.field.value) {
        const chosen = this.people.filter(({ box }) => box.checked);
        if (chosen.length) this.choose(chosen.at(-1), false);
      } else if (event.key === "Escape") {
        this.field.value = "";
        this.filter();
      }
    }

    choose(person, isChosen) {
      person.box.checked = isChosen;
      this.field.value = "";
      this.filter();
      this.show();
      this.field.focus();
    }

    /** The chosen as chips, each with a button that takes it away. */
    show() {
      const chosen = this.hasAttribute("data-chips") ? this.people.filter(({ box }) => box.checked) : [];
      this.chips.replaceChildren(
        ...chosen.map((person) => {
          const chip = document.createElement("li");
          const button = document.createElement("button");
          chip.className = "picker__chip";
          button.type = "button";
          button.textContent = person.name;
          button.ariaLabel = `Take ${person.name} away`;
          button.onclick = () => this.choose(person, false);
          chip.append(button);
          return chip;
        }),
      );
      this.chips.hidden = !chosen.length;
    }
  },
);
