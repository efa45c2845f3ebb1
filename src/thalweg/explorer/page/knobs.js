// The form of an experiment, built from what the server says of its knobs.
import { short } from "/page/numbers.js";

const PARTS = 1000;

/** Where a value lies on the way of a slider. @param {any} knob @param {number} value */
export function placeOf(knob, value) {
  if (knob.kind === "whole") return value;
  const map = knob.log ? Math.log10 : (/** @type {number} */ x) => x;
  return Math.round((PARTS * (map(value) - map(knob.low))) / (map(knob.high) - map(knob.low)));
}

/** The value at a place of a slider, in few digits. @param {any} knob @param {number} place */
export function valueAt(knob, place) {
  if (knob.kind === "whole") return place;
  if (place <= 0) return knob.low;
  if (place >= PARTS) return knob.high;
  const share = place / PARTS;
  const exact = knob.log ? 10 ** (Math.log10(knob.low) + share * (Math.log10(knob.high) - Math.log10(knob.low))) : knob.low + share * (knob.high - knob.low);
  return Number(exact.toPrecision(knob.log ? 2 : 3));
}

/** The form; it says `change` when a knob has been turned. */
export class Knobs extends EventTarget {
  /** @param {any} experiment @param {HTMLElement} form @param {URLSearchParams} asked */
  constructor(experiment, form, asked) {
    super();
    this.experiment = experiment;
    /** @type {Record<string, string>} */
    this.values = {};
    form.replaceChildren();
    /** @type {Map<string, HTMLElement>} */
    this.rows = new Map();
    for (const knob of experiment.knobs) {
      this.values[knob.name] = asked.get(knob.name) ?? knob.start;
      const row = document.createElement("div");
      row.className = "knob";
      row.append(...this.controls(knob));
      const help = document.createElement("small");
      help.id = `help-${knob.name}`;
      help.textContent = knob.help;
      row.append(help);
      this.rows.set(knob.name, row);
      form.append(row);
    }
    const reset = document.createElement("button");
    reset.type = "button";
    reset.textContent = "As it was at first";
    reset.addEventListener("click", () => this.dispatchEvent(new Event("reset")));
    form.append(reset);
  }

  /** @param {any} knob @returns {HTMLElement[]} */
  controls(knob) {
    const label = document.createElement("label");
    label.textContent = knob.label;
    label.htmlFor = `knob-${knob.name}`;
    if (knob.kind === "choice") {
      const select = document.createElement("select");
      select.id = label.htmlFor;
      for (const { value, label: words } of knob.options) select.add(new Option(words, value, false, value === this.values[knob.name]));
      select.setAttribute("aria-describedby", `help-${knob.name}`);
      select.addEventListener("change", () => this.set(knob.name, select.value));
      return [label, select];
    }
    if (knob.kind === "choices") {
      const set = document.createElement("fieldset");
      const legend = document.createElement("legend");
      legend.textContent = knob.label;
      set.append(legend);
      const boxes = knob.options.map((/** @type {any} */ option) => {
        const words = document.createElement("label");
        const box = document.createElement("input");
        box.type = "checkbox";
        box.value = option.value;
        box.checked = this.values[knob.name].split(".").includes(option.value);
        box.addEventListener("change", () => {
          const chosen = boxes.filter((/** @type {HTMLInputElement} */ one) => one.checked).map((/** @type {HTMLInputElement} */ one) => one.value);
          if (chosen.length === 0) box.checked = true;
          else this.set(knob.name, chosen.join("."));
        });
        words.append(box, ` ${option.label}`);
        set.append(words);
        return box;
      });
      return [set];
    }
    if (knob.kind === "points") {
      const said = document.createElement("p");
      said.textContent = `${knob.label}: placed in the picture`;
      return [said];
    }
    const slider = document.createElement("input");
    slider.type = "range";
    slider.id = label.htmlFor;
    slider.min = knob.kind === "whole" ? knob.low : "0";
    slider.max = knob.kind === "whole" ? knob.high : String(PARTS);
    slider.step = "1";
    const typed = document.createElement("input");
    typed.type = "text";
    typed.inputMode = "decimal";
    typed.setAttribute("aria-label", `${knob.label}, typed`);
    const show = () => {
      const value = Number(this.values[knob.name]);
      slider.value = String(placeOf(knob, value));
      slider.setAttribute("aria-valuetext", short(value));
      typed.value = knob.kind === "whole" ? String(value) : this.values[knob.name];
    };
    slider.setAttribute("aria-describedby", `help-${knob.name}`);
    slider.addEventListener("input", () => {
      typed.value = String(valueAt(knob, Number(slider.value)));
      slider.setAttribute("aria-valuetext", typed.value);
      this.set(knob.name, typed.value);
    });
    typed.addEventListener("change", () => {
      this.set(knob.name, typed.value.trim());
      if (Number.isFinite(Number(typed.value))) show();
    });
    show();
    const wrap = document.createElement("div");
    wrap.className = "slide";
    wrap.append(slider, typed);
    return [label, wrap];
  }

  /** @param {string} name @param {string} value */
  set(name, value) {
    this.values[name] = value;
    this.complain("", "");
    this.dispatchEvent(new Event("change"));
  }

  /** A sentence at the knob that it is about. @param {string} name @param {string} sentence */
  complain(name, sentence) {
    for (const [knob, row] of this.rows) {
      row.querySelector(".wrong")?.remove();
      row.querySelectorAll("input, select").forEach((one) => one.removeAttribute("aria-invalid"));
      if (knob !== name || !sentence) continue;
      const said = document.createElement("small");
      said.className = "wrong";
      said.textContent = sentence;
      row.append(said);
      row.querySelectorAll("input, select").forEach((one) => one.setAttribute("aria-invalid", "true"));
    }
  }

  /** What an address says of them: those that are not as at first. */
  query() {
    const said = new URLSearchParams();
    for (const knob of this.experiment.knobs) if (this.values[knob.name] !== knob.start) said.set(knob.name, this.values[knob.name]);
    return said;
  }
}
