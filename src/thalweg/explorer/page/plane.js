// Points in the plane that are placed and dragged, and the line of each lane as it turns.
import { element, fill, framed } from "/page/chart.js";
import { scale } from "/page/numbers.js";

const SIDE = 460;
const STEP = 0.1;

/** @param {string} text @returns {[number, number, number][]} */
export function pointsOf(text) {
  return text ? text.split(",").map((part) => /** @type {[number, number, number]} */ (part.split("_").map(Number))) : [];
}

/** @param {[number, number, number][]} points */
export function textOf(points) {
  return points.map(([x, y, label]) => `${round(x)}_${round(y)}_${label}`).join(",");
}

/** @param {number} value */
function round(value) {
  return Number(value.toFixed(2));
}

/** The ends, within a square, of the line on which a x + b y + c is zero; null where there is none.
 * @param {number[]} normal @param {number} reach @returns {[number, number, number, number]|null} */
export function lineOf(normal, reach) {
  const [a, b, c = 0] = normal;
  const size = Math.hypot(a, b);
  if (!(size > 0) || !Number.isFinite(size)) return null;
  const [px, py] = [(-a * c) / size ** 2, (-b * c) / size ** 2];
  const far = 3 * reach;
  return [px - (far * b) / size, py + (far * a) / size, px + (far * b) / size, py - (far * a) / size];
}

export class PlaneChart {
  /** @param {any} spec @param {HTMLElement} place @param {any} [knob] */
  constructor(spec, place, knob) {
    this.spec = spec;
    this.reach = knob?.reach ?? 4;
    this.most = knob?.most ?? 60;
    const { figure, svg } = framed(spec, SIDE, SIDE);
    svg.setAttribute("role", "group"); // of points that can be reached, which those of a picture cannot
    this.figure = figure;
    this.svg = svg;
    place.append(figure);
    this.x = scale(-this.reach, this.reach, 0, SIDE, false);
    this.y = scale(-this.reach, this.reach, SIDE, 0, false);
    const ground = element("rect", { x: 0, y: 0, width: SIDE, height: SIDE, class: "ground" }, svg);
    element("path", { d: `M${this.x(0)} 0V${SIDE}M0 ${this.y(0)}H${SIDE}`, class: "cross" }, svg);
    this.lines = element("g", {}, svg);
    this.marks = element("g", {}, svg);
    this.list = document.createElement("ul");
    this.list.className = "legend";
    figure.append(this.list);
    const tools = document.createElement("p");
    tools.className = "tools";
    this.label = 1;
    const choice = document.createElement("button");
    choice.type = "button";
    choice.className = "small";
    const say = () => {
      choice.textContent = this.label === 1 ? "new points: ● class 1" : "new points: ◆ class −1";
    };
    choice.addEventListener("click", () => {
      this.label = -this.label;
      say();
    });
    say();
    tools.append(choice, " Click to place a point, drag to move one; with the keyboard: Tab to a point, arrows move it, Delete takes it away, Enter changes its class.");
    figure.append(tools);
    ground.addEventListener("pointerdown", (event) => {
      if (this.points.length >= this.most) return;
      this.change([...this.points, [...this.where(/** @type {PointerEvent} */ (event)), this.label]]);
    });
    /** @type {[number, number, number][]} */
    this.points = [];
    this.drawn = "";
    this.said = "";
    /** @type {any} */
    this.run = null;
  }

  /** @param {PointerEvent} event @returns {[number, number]} */
  where(event) {
    const box = this.svg.getBoundingClientRect();
    const clamp = (/** @type {number} */ value) => Math.max(-this.reach, Math.min(this.reach, value));
    return [clamp(((event.clientX - box.left) / box.width) * 2 * this.reach - this.reach), clamp(this.reach - ((event.clientY - box.top) / box.height) * 2 * this.reach)];
  }

  /** @param {any[]} points */
  change(points) {
    this.points = points;
    this.show();
    this.figure.dispatchEvent(new CustomEvent("turn", { bubbles: true, detail: { knob: this.spec.knob, value: textOf(points) } }));
  }

  show() {
    const key = textOf(this.points);
    if (key === this.drawn) return;
    this.drawn = key;
    const held = [...this.marks.children].indexOf(/** @type {Element} */ (document.activeElement));
    this.marks.replaceChildren();
    this.points.forEach(([px, py, label], k) => {
      const [x, y] = [this.x(px), this.y(py)];
      const mark = element("path", { d: label === 1 ? `M${x - 6} ${y}a6 6 0 1 0 12 0a6 6 0 1 0 -12 0` : `M${x} ${y - 7}l7 7l-7 7l-7 -7z`, class: label === 1 ? "point one" : "point other", tabindex: "0", role: "button", "aria-label": `point ${k + 1} of class ${label} at ${round(px)}, ${round(py)}` }, this.marks);
      mark.addEventListener("pointerdown", (event) => this.grab(k, /** @type {PointerEvent} */ (event)));
      mark.addEventListener("keydown", (event) => this.key(k, /** @type {KeyboardEvent} */ (event)));
    });
    if (held >= 0) /** @type {any} */ (this.marks.children[Math.min(held, this.marks.children.length - 1)])?.focus();
  }

  /** @param {number} k @param {PointerEvent} event */
  grab(k, event) {
    event.preventDefault();
    const move = (/** @type {PointerEvent} */ now) => {
      this.points = this.points.map((point, place) => (place === k ? [...this.where(now), point[2]] : point));
      this.show();
    };
    const drop = () => {
      removeEventListener("pointermove", move);
      this.change(this.points);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", drop, { once: true });
  }

  /** @param {number} k @param {KeyboardEvent} event */
  key(k, event) {
    const [x, y, label] = this.points[k];
    const moves = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };
    const move = moves[/** @type {keyof typeof moves} */ (event.key)];
    const clamp = (/** @type {number} */ value) => Math.max(-this.reach, Math.min(this.reach, value));
    let next = null;
    if (move) next = [clamp(x + move[0]), clamp(y + move[1]), label];
    else if (event.key === "Enter" || event.key === " ") next = [x, y, -label];
    else if (event.key !== "Delete" && event.key !== "Backspace") return;
    event.preventDefault();
    event.stopPropagation();
    this.change(this.points.flatMap((point, place) => (place === k ? (next ? [/** @type {any} */ (next)] : []) : [point])));
  }

  /** @param {any} run @param {number} upto */
  draw(run, upto) {
    if (run !== this.run) {
      this.run = run;
      this.points = pointsOf(run.points ?? "");
      this.drawn = "";
    }
    this.show();
    const parts = [];
    const words = [];
    for (const [k, one] of (run.planes?.[this.spec.name] ?? []).entries()) {
      const ends = lineOf(one.normal, this.reach);
      if (!ends) continue;
      const [x1, y1, x2, y2] = ends;
      parts.push(["line", { x1: this.x(x1), y1: this.y(y1), x2: this.x(x2), y2: this.y(y2), class: "rule thick", "stroke-dasharray": ["2 4", "8 4", "2 4 8 4"][k % 3] }]);
      words.push(["rule", `${one.label} (dashed)`]);
    }
    run.lanes.forEach((/** @type {any} */ lane, /** @type {number} */ k) => {
      const normal = lane.curves(this.spec.record).map((/** @type {number[]} */ column) => column[Math.min(Math.floor(upto), column.length - 1)]);
      const ends = normal.length ? lineOf(normal, this.reach) : null;
      if (!ends) return;
      const [x1, y1, x2, y2] = ends;
      parts.push(["line", { x1: this.x(x1), y1: this.y(y1), x2: this.x(x2), y2: this.y(y2), class: `c${k % 8} lane` }]);
      words.push([`c${k % 8}`, lane.label]);
    });
    fill(this.lines, parts);
    const said = JSON.stringify(words);
    if (said === this.said) return;
    this.said = said;
    this.list.replaceChildren(...words.map(([kind, label]) => {
      const item = document.createElement("li");
      item.className = kind;
      item.textContent = label;
      return item;
    }));
  }
}
