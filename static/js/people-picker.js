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
      this.chosen = this.people.filter(({ box }) => box.checked); // in the order they were chosen
      this.addEventListener("change", ({ target }) => {
        const person = this.people.find(({ box }) => box === target);
        if (person) this.choose(person, target.checked);
      });
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
        if (this.chosen.length) this.choose(this.chosen.at(-1), false);
      } else if (event.key === "Escape") {
        this.field.value = "";
        this.filter();
      }
    }

    choose(person, isChosen) {
      person.box.checked = isChosen;
      this.chosen = this.chosen.filter((other) => other !== person).concat(isChosen ? person : []);
      this.show();
      if (document.activeElement === person.box) return; // by hand, among the others
      this.field.value = "";
      this.filter();
      this.field.focus();
    }

    /** The chosen as chips, each with a button that takes it away. */
    show() {
      const chosen = this.hasAttribute("data-chips") ? this.chosen : [];
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
