// Curves along the path, as SVG: crisp, themed by the page, and ready to be taken along.
import { extent, powers, roomy, scale, short, ticks } from "/page/numbers.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 460;
const HEIGHT = 250;
const FRAME = { left: 58, right: 12, top: 16, bottom: 36 };
const APART = 14; // labels of rules that are nearer share a line

/** @param {string} name @param {Record<string, string|number>} [attributes] @param {Element} [parent] */
export function element(name, attributes = {}, parent) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  parent?.append(made);
  return made;
}

/** A figure with its title and caption, and an SVG to draw on. @param {any} spec @param {number} width @param {number} height */
export function framed(spec, width, height) {
  const figure = document.createElement("figure");
  figure.className = `chart ${spec.kind}`;
  const head = document.createElement("figcaption");
  const title = document.createElement("strong");
  title.textContent = spec.title;
  const caption = document.createElement("span");
  caption.textContent = spec.caption;
  head.append(title, caption);
  const svg = /** @type {SVGSVGElement} */ (element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", xmlns: SVG }));
  element("title", {}, svg).textContent = `${spec.title}. ${spec.caption}`;
  figure.append(head, svg);
  return { figure, head, title, svg };
}

/** One chart of an experiment, drawn anew for every frame. */
export class PathChart {
  /** @param {any} spec @param {HTMLElement} place */
  constructor(spec, place) {
    this.spec = spec;
    this.log = spec.scale === "log";
    const { figure, title, svg } = framed(spec, WIDTH, HEIGHT);
    this.figure = figure;
    const toggle = document.createElement("button");
    toggle.type = "button";
    toggle.className = "small";
    const say = () => {
      toggle.textContent = this.log ? "log" : "linear";
      toggle.setAttribute("aria-label", `${spec.title}: vertical axis is ${this.log ? "logarithmic" : "linear"}; change it`);
    };
    toggle.addEventListener("click", () => {
      this.log = !this.log;
      say();
      this.figure.dispatchEvent(new CustomEvent("redraw", { bubbles: true }));
    });
    say();
    title.after(toggle);
    this.axes = element("g", { class: "axes" }, svg);
    this.rules = element("g", { class: "rules" }, svg);
    this.curves = element("g", { class: "curves", fill: "none" }, svg);
    this.legend = element("g", { class: "legend" }, svg);
    this.svg = svg;
    place.append(figure);
    /** @type {SVGPathElement[]} */
    this.paths = [];
  }

  /** The extents that its numbers up to a record have: what two sides share.
   * @param {any} run @param {number} upto @param {boolean} logTime @returns {{x: [number, number]|null, y: [number, number]|null}} */
  extents(run, upto, logTime) {
    const xs = [];
    const ys = [];
    for (const lane of run.lanes) {
      const along = lane.columns[this.spec.x];
      if (!along) continue;
      xs.push(...along.slice(0, Math.floor(upto) + 2));
      for (const series of this.spec.series) {
        for (const column of lane.curves(series.record)) ys.push(...column.slice(0, Math.floor(upto) + 2));
      }
    }
    for (const rule of run.rulesOf(this.spec.name)) if (rule.axis === "y" && rule.value !== null) ys.push(rule.value);
    return { x: extent(xs, logTime), y: extent(ys, this.log) };
  }

  /** @param {any} run @param {number} upto @param {boolean} logTime @param {{x: [number, number]|null, y: [number, number]|null}} shared */
  draw(run, upto, logTime, shared) {
    const { left, right, top, bottom } = FRAME;
    const across = roomy(shared.x ?? [logTime ? 0.1 : 0, 1], logTime);
    if (!logTime) across[0] = Math.max(0, across[0]);
    const upward = roomy(shared.y ?? [this.log ? 0.1 : 0, 1], this.log);
    if (this.log && upward[1] / upward[0] > 1e12) upward[0] = upward[1] / 1e12;
    const x = scale(across[0], across[1], left, WIDTH - right, logTime);
    const y = scale(upward[0], upward[1], HEIGHT - bottom, top, this.log);
    this.drawAxes(x, y, across, upward, logTime);
    this.drawRules(run, x, y, across, upward);
    let used = 0;
    const labels = new Map();
    for (const [place, lane] of run.lanes.entries()) {
      const along = lane.columns[this.spec.x] ?? [];
      for (const series of this.spec.series) {
        const group = run.lanes.length > 1 ? place : series.group;
        labels.set(run.lanes.length > 1 ? lane.label : series.label, [group, series.style]);
        for (const column of lane.curves(series.record)) {
          const path = this.path(used);
          used += 1;
          path.setAttribute("d", trace(along, column, upto, x, y, logTime, this.log));
          path.setAttribute("class", `c${group % 8} ${series.style}`);
        }
      }
    }
    for (const path of this.paths.slice(used)) path.setAttribute("d", "");
    this.drawLegend(labels);
  }

  /** @param {number} index */
  path(index) {
    while (this.paths.length <= index) this.paths.push(/** @type {SVGPathElement} */ (element("path", {}, this.curves)));
    return this.paths[index];
  }

  /** @param {any} x @param {any} y @param {[number, number]} across @param {[number, number]} upward @param {boolean} logTime */
  drawAxes(x, y, across, upward, logTime) {
    const { left, right, top, bottom } = FRAME;
    const parts = [];
    for (const value of this.log ? powers(...upward) : ticks(...upward)) {
      const place = y(value);
      if (place < top - 1 || place > HEIGHT - bottom + 1) continue;
      parts.push(["line", { x1: left, x2: WIDTH - right, y1: place, y2: place, class: "grid" }]);
      parts.push(["text", { x: left - 6, y: place + 4, "text-anchor": "end" }, short(value)]);
    }
    for (const value of logTime ? powers(...across) : ticks(...across)) {
      const place = x(value);
      if (place < left - 1 || place > WIDTH - right + 1) continue;
      parts.push(["line", { x1: place, x2: place, y1: HEIGHT - bottom, y2: HEIGHT - bottom + 4, class: "axis" }]);
      parts.push(["text", { x: place, y: HEIGHT - bottom + 16, "text-anchor": "middle" }, short(value)]);
    }
    parts.push(["line", { x1: left, x2: WIDTH - right, y1: HEIGHT - bottom, y2: HEIGHT - bottom, class: "axis" }]);
    parts.push(["text", { x: WIDTH - right, y: HEIGHT - 4, "text-anchor": "end", class: "name" }, this.spec.x]);
    fill(this.axes, parts);
  }

  /** @param {any} run @param {any} x @param {any} y @param {[number, number]} across @param {[number, number]} upward */
  drawRules(run, x, y, across, upward) {
    const { left, right, top, bottom } = FRAME;
    const parts = [];
    const said = new Set();
    /** @type {{x: {place: number, label: string}[], y: {place: number, label: string}[]}} */
    const labels = { x: [], y: [] };
    for (const { axis, value, label, x: when } of run.rulesOf(this.spec.name)) {
      const [low, high] = axis === "x" ? across : upward;
      if (value === null || value < low || value > high) continue;
      if (axis === "point") {
        if (when >= across[0] && when <= across[1]) parts.push(["circle", { cx: x(when), cy: y(value), r: 4, class: "came" }]);
        continue;
      }
      const place = axis === "x" ? x(value) : y(value);
      const ends = axis === "x" ? { x1: place, x2: place, y1: top, y2: HEIGHT - bottom } : { x1: left, x2: WIDTH - right, y1: place, y2: place };
      parts.push(["line", { ...ends, class: "rule" }]);
      if (!label || said.has(`${axis} ${label}`)) continue;
      said.add(`${axis} ${label}`);
      labels[/** @type {"x"|"y"} */ (axis)].push({ place, label });
    }
    for (const { place, label } of together(labels.x)) parts.push(["text", { x: place, y: top - 2, "text-anchor": "middle", class: "said" }, label]);
    for (const { place, label } of together(labels.y)) {
      const beside = place - 4 > top + 8 ? place - 4 : place + 13;
      parts.push(["text", { x: left + 6, y: beside, "text-anchor": "start", class: "said" }, label]);
    }
    fill(this.rules, parts);
  }

  /** @param {Map<string, [number, string]>} labels */
  drawLegend(labels) {
    const entries = labels.size > 1 ? [...labels].map(([label, [group, style]]) => ({ label, mark: (/** @type {number} */ x, /** @type {number} */ y) => ["path", { d: `M${x} ${y}h18`, class: `c${group % 8} ${style}` }] })) : [];
    beneath(this.svg, this.legend, entries, WIDTH, HEIGHT);
  }
}

/** Labels of rules along an axis, those that are too near to be told apart as one. @param {{place: number, label: string}[]} labels */
export function together(labels) {
  /** @type {{place: number, label: string, last: number}[]} */
  const found = [];
  for (const { place, label } of [...labels].sort((one, other) => one.place - other.place)) {
    const before = found.at(-1);
    if (before && place - before.last < APART) Object.assign(before, { label: `${before.label}, ${label}`, place: (before.place + place) / 2, last: place });
    else found.push({ place, label, last: place });
  }
  return found;
}

/** A legend beneath a drawing, which grows by as many rows as that takes.
 * @param {Element} svg @param {Element} group @param {{label: string, mark: (x: number, y: number) => any[]}[]} entries @param {number} width @param {number} height */
export function beneath(svg, group, entries, width, height) {
  const parts = [];
  let [x, y] = [FRAME.left, height + 8];
  for (const { label, mark } of entries) {
    const wide = 34 + 7.2 * label.length; // about; the letters are the browser's
    if (x > FRAME.left && x + wide > width) [x, y] = [FRAME.left, y + 17];
    parts.push(mark(x, y - 4), ["text", { x: x + 24, y }, label]);
    x += wide;
  }
  const box = `0 0 ${width} ${entries.length ? y + 6 : height}`;
  if (svg.getAttribute("viewBox") !== box) svg.setAttribute("viewBox", box);
  fill(group, parts);
}

/** Elements of a group, used again where there are some: nothing is torn down between frames.
 * @param {Element} group @param {any[]} parts */
export function fill(group, parts) {
  const wanted = parts.map(([name]) => name).join(" ");
  if (group.getAttribute("data-parts") !== wanted) {
    group.replaceChildren(...parts.map(([name]) => element(name)));
    group.setAttribute("data-parts", wanted);
  }
  parts.forEach(([, attributes, text], index) => {
    const one = group.children[index];
    for (const [key, value] of Object.entries(attributes)) if (one.getAttribute(key) !== String(value)) one.setAttribute(key, String(value));
    if (text !== undefined && one.textContent !== text) one.textContent = text;
  });
}

/** A curve as the path of an SVG, with gaps where there is nothing to draw.
 * @param {number[]} xs @param {(number|null)[]} ys @param {number} upto @param {(v: number) => number} x @param {(v: number) => number} y
 * @param {boolean} logX @param {boolean} logY */
export function trace(xs, ys, upto, x, y, logX, logY) {
  let d = "";
  let pen = "M";
  for (let k = 0; k <= upto && k < xs.length; k += 1) {
    const value = ys[k];
    if (value === null || value === undefined || !Number.isFinite(value) || (logY && value <= 0) || (logX && xs[k] <= 0)) {
      pen = "M";
      continue;
    }
    const place = Math.min(HEIGHT * 2, Math.max(-HEIGHT, y(value)));
    d += `${pen}${x(xs[k]).toFixed(1)} ${place.toFixed(1)}`;
    pen = "L";
  }
  const part = upto - Math.floor(upto);
  const k = Math.floor(upto);
  if (part > 0 && d && k + 1 < xs.length && Number.isFinite(ys[k] ?? NaN) && Number.isFinite(ys[k + 1] ?? NaN) && !(logX && xs[k] <= 0) && !(logY && (Number(ys[k]) <= 0 || Number(ys[k + 1]) <= 0))) {
    const [x0, x1, y0, y1] = [x(xs[k]), x(xs[k + 1]), y(Number(ys[k])), y(Number(ys[k + 1]))];
    d += `L${(x0 + part * (x1 - x0)).toFixed(1)} ${(y0 + part * (y1 - y0)).toFixed(1)}`;
  }
  return d;
}
