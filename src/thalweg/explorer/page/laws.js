// What the known laws say of the run that is seen: asked for by a button, as it takes seconds.
import { short } from "/page/numbers.js";

/** @param {string} name @param {(Node|string)[]} children */
function made(name, ...children) {
  const one = document.createElement(name);
  one.append(...children);
  return one;
}

export class Laws {
  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = place;
    this.query = "";
    this.button = document.createElement("button");
    this.button.type = "button";
    this.button.id = "lay";
    this.button.textContent = "Lay the theory over this run";
    this.button.addEventListener("click", () => this.ask());
    this.said = document.createElement("p");
    this.said.setAttribute("role", "status");
    this.found = document.createElement("div");
    this.place.append(made("h2", "What the theory says of it"), this.button, this.said, this.found);
  }

  /** A run that can be asked about, or none. @param {string} query the experiment and its knobs, empty where there is none */
  offer(query) {
    if (query === this.query) return;
    this.query = query;
    this.place.hidden = !query;
    this.button.hidden = false;
    this.button.disabled = false;
    this.said.textContent = "";
    this.found.replaceChildren();
  }

  async ask() {
    const query = this.query;
    this.button.disabled = true;
    this.said.textContent = "Every known law is tried on the path of this run, which takes seconds.";
    const answer = await fetch(`/api/laws/${query}`).catch(() => null);
    if (query !== this.query) return;
    this.button.disabled = false;
    if (!answer?.ok) {
      this.said.textContent = answer ? await answer.text() : "The server does not answer.";
      return;
    }
    const { lanes } = await answer.json();
    this.button.hidden = true;
    this.said.textContent = lanes.length ? lanes.map(sentence).join(" ") : "These laws are of products of matrices, and this run is of none.";
    this.found.replaceChildren(...lanes.map(table));
  }
}

/** How many laws apply to a lane and were kept. @param {any} lane */
export function sentence({ lane, laid, left_out: out }) {
  const kept = laid.filter((/** @type {any} */ one) => one.holds).length;
  const tried = laid.length + out.length;
  const apply = laid.length === 1 ? "1 law applies" : `${laid.length} laws apply`;
  return `${lane}: of ${tried} that were tried ${apply} to this run${laid.length ? `, and ${kept} of ${laid.length} held along its whole path` : ""}.`;
}

/** @param {any} lane */
function table({ lane, laid, left_out: out }) {
  const head = made("tr", ...["", "law", "residual", "allowed"].map((word) => made("th", word)));
  const rows = laid.map((/** @type {any} */ one) => {
    const badge = made("span", one.holds ? "✓ held" : "✗ did not hold");
    badge.className = `badge ${one.holds ? "pass" : "fail"}`;
    return made("tr", made("td", badge), made("td", `${one.sentence} `, made("small", `${one.law}, ${one.source}`)), made("td", short(one.residual)), made("td", short(one.allowed)));
  });
  const others = made("ul", ...out.map((/** @type {any} */ one) => made("li", made("strong", one.law), `: ${one.why}`)));
  const why = made("details", made("summary", "those that do not apply, and why"), others);
  if (!rows.length) return made("section", why);
  const scroll = made("div", made("table", made("caption", lane), made("thead", head), made("tbody", ...rows)));
  scroll.className = "scroll";
  scroll.tabIndex = 0;
  return made("section", scroll, why);
}
