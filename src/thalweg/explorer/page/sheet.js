// Figures of the page laid out on one sheet: an SVG that needs neither the page nor its style.
import { element } from "/page/chart.js";

const COLUMN = 460;
const GAP = 28;
const MARGIN = 32;
const LINE = 1100; // of prose, at most
const PIXELS = 480; // of the longer edge of a matrix, at least, so that no viewer smooths it
const INHERITED = ["stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "fill", "font-family", "font-size", "font-style", "font-weight"];

/** All figures that are seen, under the words that are read above them, over the address that shows them again.
 * @param {HTMLElement} stage @param {string} version */
export function sheetOf(stage, version) {
  const sides = /** @type {HTMLElement[]} */ ([...stage.querySelectorAll(".side:not([hidden])")]).filter((side) => side.querySelector("figure"));
  const most = Math.max(...sides.map((side) => side.querySelectorAll("figure:not(.picture)").length), 1);
  const columns = Math.min(most, sides.length > 1 ? 2 : 3);
  const wide = columns * (COLUMN + GAP) - GAP;
  const paper = new Paper(sides.length * (wide + 2 * GAP) - 2 * GAP);
  const words = (/** @type {string} */ where) => document.querySelector(where)?.textContent?.trim() ?? "";
  const [title, clock] = [words("#tabs [aria-selected=true]"), words("#clock")];
  let y = paper.write(clock ? `${title}, ${clock}` : title, MARGIN, 0, paper.wide, { size: 22, bold: true });
  for (const one of stage.querySelectorAll("#said > *")) y = paper.write(one.textContent ?? "", MARGIN, y, paper.wide, { size: 16 });
  y = paper.write(words("#reference"), MARGIN, y, paper.wide, { muted: true }) + GAP / 2;
  const ends = sides.map((side, k) => paper.side(side, MARGIN + k * (wide + 2 * GAP), y, columns));
  const address = `${location.pathname}${location.search}`;
  return paper.done(paper.write(`Thalweg ${version}, explorer: ${address}`, MARGIN, Math.max(y, ...ends) + GAP, paper.wide, { muted: true }), title, address);
}

/** One figure with its title, its caption and its legend. @param {HTMLElement} figure */
export function pictureOf(figure) {
  const paper = new Paper(COLUMN);
  return paper.done(paper.figure(figure, MARGIN, 0, COLUMN), titleOf(figure), `${location.pathname}${location.search}`);
}

/** @param {Element} figure */
export function titleOf(figure) {
  return figure.querySelector("figcaption strong")?.textContent ?? "picture";
}

class Paper {
  /** @param {number} wide */
  constructor(wide) {
    const style = getComputedStyle(document.body);
    this.wide = wide;
    this.font = style.fontFamily;
    this.ink = style.color;
    this.muted = getComputedStyle(document.querySelector("#reference") ?? document.body).color;
    this.svg = /** @type {SVGSVGElement} */ (element("svg", { "font-family": this.font }));
    this.ground = element("rect", { width: "100%", height: "100%", fill: style.backgroundColor }, this.svg);
    this.pen = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
  }

  /** Text in as many lines as it takes; where it ends. @param {string} text @param {number} x @param {number} y @param {number} wide
   * @param {{size?: number, bold?: boolean, muted?: boolean, indent?: number}} [manner] */
  write(text, x, y, wide, { size = 13, bold = false, muted = false, indent = 0 } = {}) {
    if (!text) return y;
    this.pen.font = `${bold ? "bold " : ""}${size}px ${this.font}`;
    const lines = wrapped(text, Math.min(wide - indent, LINE), (part) => this.pen.measureText(part).width);
    const high = Math.round(1.4 * size);
    const block = element("text", { "font-size": size, fill: muted ? this.muted : this.ink, ...(bold ? { "font-weight": "bold" } : {}) }, this.svg);
    lines.forEach((line, k) => (element("tspan", { x: x + indent, y: y + (k + 1) * high - 0.3 * size }, block).textContent = line));
    return y + lines.length * high;
  }

  /** The figures of a run, each in the column that is shortest so far, and its matrices beneath. @param {HTMLElement} side
   * @param {number} x @param {number} y @param {number} columns */
  side(side, x, y, columns) {
    const top = this.write(side.querySelector("h2")?.textContent ?? "", x, y, columns * (COLUMN + GAP) - GAP, { size: 15, bold: true, muted: true }) + GAP / 2;
    const ends = Array(columns).fill(top);
    const figures = /** @type {HTMLElement[]} */ ([...side.querySelectorAll("figure")]);
    for (const figure of figures.filter((one) => one.querySelector("svg"))) {
      const column = ends.indexOf(Math.min(...ends));
      ends[column] = this.figure(figure, x + column * (COLUMN + GAP), ends[column], COLUMN) + GAP;
    }
    let [row, next] = [Math.max(...ends), Math.max(...ends)];
    const half = (COLUMN - GAP) / 2;
    figures.filter((one) => one.querySelector("canvas")).forEach((figure, k) => {
      const place = k % (2 * columns);
      if (place === 0) row = next;
      next = Math.max(next, this.figure(figure, x + place * (half + GAP), row, half) + GAP);
    });
    return next - GAP;
  }

  /** @param {HTMLElement} figure @param {number} x @param {number} y @param {number} wide */
  figure(figure, x, y, wide) {
    y = this.write(titleOf(figure), x, y, wide, { size: 14, bold: true });
    y = this.write(figure.querySelector("figcaption > span")?.textContent ?? "", x, y, wide, { muted: true }) + 6;
    const drawn = /** @type {SVGSVGElement|HTMLCanvasElement|null} */ (figure.querySelector(":scope > svg, :scope > canvas"));
    if (drawn) y += this.place(drawn, x, y, wide) + 4;
    for (const entry of figure.querySelectorAll("ul.legend li")) {
      const mark = getComputedStyle(entry, "::before");
      const dash = mark.borderTopStyle === "solid" ? "none" : "4 3";
      element("path", { d: `M${x} ${y + 9}h18`, stroke: mark.borderTopColor, "stroke-width": 3, "stroke-dasharray": dash }, this.svg);
      y = this.write(entry.textContent ?? "", x, y, wide, { indent: 26 });
    }
    return y;
  }

  /** A drawing or a matrix; how high it is. @param {SVGSVGElement|HTMLCanvasElement} drawn @param {number} x @param {number} y @param {number} wide */
  place(drawn, x, y, wide) {
    const [across, down] = drawn instanceof HTMLCanvasElement ? [drawn.width, drawn.height] : [drawn.viewBox.baseVal.width, drawn.viewBox.baseVal.height];
    const box = { x, y, width: wide, height: (wide * down) / across };
    if (drawn instanceof HTMLCanvasElement) element("image", { ...box, href: enlarged(drawn).toDataURL("image/png"), "image-rendering": "pixelated" }, this.svg);
    else this.svg.append(dressed(drawn, box));
    const edge = getComputedStyle(drawn);
    if (edge.borderTopStyle !== "none") element("rect", { ...box, fill: "none", stroke: edge.borderTopColor }, this.svg);
    return box.height;
  }

  /** @param {number} bottom @param {string} title @param {string} address */
  done(bottom, title, address) {
    const [width, height] = [this.wide + 2 * MARGIN, Math.ceil(bottom) + 2 * MARGIN];
    this.ground.setAttribute("y", String(-MARGIN));
    for (const [name, value] of Object.entries({ width, height, viewBox: `0 ${-MARGIN} ${width} ${height}` })) this.svg.setAttribute(name, String(value));
    const about = ["title", "desc"].map((name) => element(name));
    about[0].textContent = title;
    about[1].textContent = `Thalweg explorer: ${address}`;
    this.svg.prepend(...about);
    return this.svg;
  }
}

/** Text as lines of at most a width; an address is broken where a part of it ends.
 * @param {string} text @param {number} wide @param {(part: string) => number} measured */
export function wrapped(text, wide, measured) {
  const lines = [""];
  for (const part of text.split(/(?<=[\s&,]|%2C)/)) {
    const last = lines[lines.length - 1];
    if (last && measured((last + part).trimEnd()) > wide) lines.push(part);
    else lines[lines.length - 1] = last + part;
  }
  return lines.map((line) => line.trim());
}

/** A copy with the colours and the letters that it has now. @param {SVGSVGElement} svg @param {Record<string, number>} box */
function dressed(svg, box) {
  const copy = /** @type {SVGSVGElement} */ (svg.cloneNode(true));
  dress(svg, copy, new Map());
  copy.querySelectorAll("title").forEach((one) => one.remove());
  for (const [name, value] of Object.entries(box)) copy.setAttribute(name, String(value));
  return copy;
}

/** What an element inherits is not said again. @param {Element} from @param {Element} to @param {Map<string, string>} around */
function dress(from, to, around) {
  const style = getComputedStyle(from);
  const now = new Map(INHERITED.map((name) => [name, style.getPropertyValue(name)]));
  for (const { name } of [...to.attributes]) if (/^(class|xmlns|role|tabindex|aria-.*|data-.*)$/.test(name)) to.removeAttribute(name);
  for (const [name, value] of now) {
    if (around.get(name) === value) to.removeAttribute(name);
    else to.setAttribute(name, value);
  }
  if (style.opacity !== "1") to.setAttribute("opacity", style.opacity);
  [...from.children].forEach((child, k) => dress(child, to.children[k], now));
}

/** Every entry of a matrix as a square of many pixels. @param {HTMLCanvasElement} canvas */
function enlarged(canvas) {
  const times = Math.max(1, Math.ceil(PIXELS / Math.max(canvas.width, canvas.height)));
  const large = document.createElement("canvas");
  large.width = times * canvas.width;
  large.height = times * canvas.height;
  const context = /** @type {CanvasRenderingContext2D} */ (large.getContext("2d"));
  context.imageSmoothingEnabled = false;
  context.drawImage(canvas, 0, 0, large.width, large.height);
  return large;
}
