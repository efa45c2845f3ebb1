// Pictures to take along: the charts as they stand, with the colours that they have now.

/** @param {HTMLElement} place @param {"svg"|"png"} kind */
export async function savePictures(place, kind) {
  for (const svg of place.querySelectorAll("svg")) {
    const title = (svg.closest("figure")?.querySelector("strong")?.textContent ?? "picture").toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
    const text = dressed(svg);
    if (kind === "svg") save(new Blob([text], { type: "image/svg+xml" }), `thalweg-${title}.svg`);
    else save(await painted(text, svg.viewBox.baseVal), `thalweg-${title}.png`);
  }
}

const KEPT = ["stroke", "stroke-width", "stroke-dasharray", "fill", "font-family", "font-size", "opacity"];

/** An SVG that needs no style of the page. @param {SVGSVGElement} svg */
export function dressed(svg) {
  const copy = /** @type {SVGSVGElement} */ (svg.cloneNode(true));
  const from = [svg, ...svg.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((one, k) => {
    const style = getComputedStyle(from[k]);
    for (const name of KEPT) one.setAttribute(name, style.getPropertyValue(name));
  });
  copy.setAttribute("width", String(svg.viewBox.baseVal.width));
  copy.setAttribute("height", String(svg.viewBox.baseVal.height));
  return new XMLSerializer().serializeToString(copy);
}

/** @param {string} text @param {DOMRect} box @returns {Promise<Blob>} */
async function painted(text, box) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = 2 * box.width;
  canvas.height = 2 * box.height;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.fillStyle = getComputedStyle(document.body).backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
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
