// Matrices as colours on a canvas: blue below zero, paper at zero, red above.

/** @param {number} step 0 to 254, 255 for nothing @param {boolean} dark @returns {[number, number, number]} */
export function shade(step, dark) {
  if (step === 255) return dark ? [46, 50, 56] : [226, 228, 232];
  const part = (step - 127) / 127;
  const middle = dark ? [18, 20, 24] : [250, 250, 248];
  const end = part < 0 ? (dark ? [86, 180, 233] : [0, 90, 160]) : dark ? [240, 120, 70] : [190, 60, 10];
  const share = Math.abs(part) ** 0.8;
  return /** @type {[number, number, number]} */ (middle.map((value, k) => Math.round(value + (end[k] - value) * share)));
}

export class PictureChart {
  /** @param {any} spec @param {HTMLElement} place */
  constructor(spec, place) {
    this.spec = spec;
    this.figure = document.createElement("figure");
    this.figure.className = "picture";
    const head = document.createElement("figcaption");
    const title = document.createElement("strong");
    title.textContent = spec.title;
    const caption = document.createElement("span");
    caption.textContent = spec.caption;
    head.append(title, caption);
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", `${spec.title}: ${spec.caption}`);
    this.figure.append(head, this.canvas);
    place.append(this.figure);
    this.drawn = "";
  }

  /** @param {any} run @param {number} upto */
  draw(run, upto) {
    const picture = run.pictureAt(this.spec.name, upto);
    if (!picture) return;
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const key = `${picture.id} ${dark}`;
    if (this.drawn === key) return;
    this.drawn = key;
    const { rows, columns, steps } = picture;
    this.canvas.width = columns;
    this.canvas.height = rows;
    const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    const image = context.createImageData(columns, rows);
    const table = shades(dark);
    const out = new Uint32Array(image.data.buffer);
    for (let k = 0; k < steps.length; k += 1) out[k] = table[steps[k]];
    context.putImageData(image, 0, 0);
  }
}

/** @type {Map<boolean, Uint32Array>} */
const TABLES = new Map();

/** @param {boolean} dark */
function shades(dark) {
  let table = TABLES.get(dark);
  if (!table) {
    table = new Uint32Array(256);
    const bytes = new Uint8Array(table.buffer);
    for (let step = 0; step < 256; step += 1) bytes.set([...shade(step, dark), 255], 4 * step);
    TABLES.set(dark, table);
  }
  return table;
}
