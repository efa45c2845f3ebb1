// Pictures to take along: all figures on one sheet, or one of them, as they stand.
import { pictureOf, sheetOf, titleOf } from "/page/sheet.js";

const SHARP = 2; // pixels to a unit of the drawing
const MOST = 8000; // pixels of an edge, which every browser can paint

/** @param {HTMLElement} stage @param {"svg"|"png"} kind @param {string} version */
export async function saveSheet(stage, kind, version) {
  await saveAs(sheetOf(stage, version), kind, named(""));
}

/** Small controls at each figure of a side. @param {HTMLElement} side */
export function offerPictures(side) {
  for (const figure of side.querySelectorAll("figure")) {
    const controls = document.createElement("div");
    controls.className = "take";
    for (const kind of /** @type {("svg"|"png")[]} */ (["svg", "png"])) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "small";
      button.textContent = kind.toUpperCase();
      button.setAttribute("aria-label", `${titleOf(figure)}: save as ${kind.toUpperCase()}`);
      button.addEventListener("click", () => {
        const beside = document.querySelectorAll(".side:not([hidden])").length > 1;
        return saveAs(pictureOf(figure), kind, named(titleOf(figure), beside ? side.id : ""));
      });
      controls.append(button);
    }
    figure.querySelector("figcaption > span")?.before(controls);
  }
}

/** @param {string[]} parts */
function named(...parts) {
  const tab = document.querySelector("#tabs [aria-selected=true]")?.textContent ?? "";
  return ["thalweg", tab, ...parts].filter(Boolean).join("-").toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
}

/** @param {SVGSVGElement} svg @param {"svg"|"png"} kind @param {string} name */
async function saveAs(svg, kind, name) {
  const text = new XMLSerializer().serializeToString(svg);
  const box = { width: Number(svg.getAttribute("width")), height: Number(svg.getAttribute("height")) };
  save(kind === "svg" ? new Blob([text], { type: "image/svg+xml" }) : await painted(text, box), `${name}.${kind}`);
}

/** @param {string} text @param {{width: number, height: number}} box @returns {Promise<Blob>} */
async function painted(text, { width, height }) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const sharp = Math.min(SHARP, MOST / width, MOST / height);
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(sharp * width);
  canvas.height = Math.round(sharp * height);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, failed) => canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("no picture"))), "image/png"));
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
