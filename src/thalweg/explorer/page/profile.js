// A vector at the instant where the reader is, beside vectors that stay.
import { beneath, element, fill, framed } from "/page/chart.js";
import { extent, roomy, scale, short, ticks } from "/page/numbers.js";

const WIDTH = 460;
const HEIGHT = 250;
const FRAME = { left: 58, right: 12, top: 10, bottom: 36 };
const MARKS = [
  { draw: (/** @type {number} */ x, /** @type {number} */ y) => `M${x - 4} ${y}h8M${x} ${y - 4}v8` },
  { draw: (/** @type {number} */ x, /** @type {number} */ y) => `M${x - 3} ${y - 3}l6 6m0 -6l-6 6` },
  { draw: (/** @type {number} */ x, /** @type {number} */ y) => `M${x - 4} ${y + 3}l4 -7l4 7z` },
  { draw: (/** @type {number} */ x, /** @type {number} */ y) => `M${x - 3} ${y - 3}h6v6h-6z` },
];

export class ProfileChart {
  /** @param {any} spec @param {HTMLElement} place */
  constructor(spec, place) {
    this.spec = spec;
    const { figure, svg } = framed(spec, WIDTH, HEIGHT);
    this.svg = svg;
    place.append(figure);
    this.axes = element("g", { class: "axes" }, svg);
    this.fixed = element("g", {}, svg);
    this.bars = element("g", {}, svg);
    this.legend = element("g", {}, svg);
  }

  /** @param {any} run @param {number} upto */
  draw(run, upto) {
    const lane = run.lanes[0];
    const now = (lane?.curves(this.spec.record) ?? []).map((/** @type {number[]} */ column) => column[Math.min(Math.floor(upto), column.length - 1)]);
    const fixed = run.profiles?.[this.spec.name] ?? [];
    const size = now.length || fixed[0]?.values.length || 1;
    const all = [...now, ...fixed.flatMap((/** @type {any} */ one) => one.values), 0];
    const range = roomy(extent(all, false) ?? [0, 1], false);
    const x = scale(0, size + 1, FRAME.left, WIDTH - FRAME.right, false);
    const y = scale(range[0], range[1], HEIGHT - FRAME.bottom, FRAME.top, false);
    const parts = [];
    for (const value of ticks(range[0], range[1])) {
      parts.push(["line", { x1: FRAME.left, x2: WIDTH - FRAME.right, y1: y(value), y2: y(value), class: value === 0 ? "axis" : "grid" }]);
      parts.push(["text", { x: FRAME.left - 6, y: y(value) + 4, "text-anchor": "end" }, short(value)]);
    }
    for (const value of ticks(1, size).filter((one) => Number.isInteger(one) && one >= 1)) parts.push(["text", { x: x(value), y: HEIGHT - FRAME.bottom + 16, "text-anchor": "middle" }, String(value)]);
    parts.push(["text", { x: WIDTH - FRAME.right, y: HEIGHT - 4, "text-anchor": "end", class: "name" }, this.spec.x_label]);
    fill(this.axes, parts);
    const bar = Math.max(1, Math.min(8, (x(2) - x(1)) * 0.6));
    fill(this.bars, now.map((/** @type {number} */ value, /** @type {number} */ k) => ["rect", { x: x(k + 1) - bar / 2, width: bar, y: Math.min(y(0), y(value)), height: Math.abs(y(value) - y(0)), class: "bar" }]));
    fill(this.fixed, fixed.map((/** @type {any} */ one, /** @type {number} */ k) => {
      const d = one.values.map((/** @type {number} */ value, /** @type {number} */ place) => MARKS[k % MARKS.length].draw(x(place + 1), y(value))).join("");
      return ["path", { d, class: `c${(k + 1) % 8} mark` }];
    }));
    const named = fixed.map((/** @type {any} */ one, /** @type {number} */ k) => ({
      label: one.label,
      mark: (/** @type {number} */ left, /** @type {number} */ row) => ["path", { d: MARKS[k % MARKS.length].draw(left + 12, row), class: `c${(k + 1) % 8} mark` }],
    }));
    const bars = { label: "now", mark: (/** @type {number} */ left, /** @type {number} */ row) => ["rect", { x: left + 8, y: row - 4, width: 8, height: 8, class: "bar" }] };
    beneath(this.svg, this.legend, [bars, ...named], WIDTH, HEIGHT);
  }
}
