// Numbers and axes: pure functions, tested without a browser.

/** A number as a reader would write it. @param {number|null|undefined} value @param {number} [digits] */
export function short(value, digits = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3) {
    const [head, power] = value.toExponential(digits - 1).split("e");
    return `${trimmed(head)}e${Number(power)}`;
  }
  return trimmed(Number(value.toPrecision(digits)).toString());
}

/** @param {string} text */
function trimmed(text) {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** Round numbers between two others, about so many. @param {number} low @param {number} high @param {number} [about] */
export function ticks(low, high, about = 5) {
  if (!(high > low)) return [low];
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((part) => part * power >= rough) ?? 10);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k += 1) found.push(Number((k * step).toPrecision(12)));
  return found;
}

/** Powers of ten between two positive numbers, at most about so many. @param {number} low @param {number} high @param {number} [about] */
export function powers(low, high, about = 6) {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const every = Math.max(1, Math.ceil((last - first + 1) / about));
  const found = [];
  for (let k = first; k <= last; k += every) found.push(10 ** k);
  if (found.length > 1) return found;
  const parts = [1, 2, 5].flatMap((part) => [first - 1, first, first + 1].map((k) => Number((part * 10 ** k).toPrecision(12))));
  const between = parts.filter((one) => one >= low && one <= high).sort((one, other) => one - other);
  return between.length > 1 ? between : [low, high];
}

/** From a number to a place, on a linear scale or one of powers.
 * @param {number} low @param {number} high @param {number} from @param {number} to @param {boolean} log */
export function scale(low, high, from, to, log) {
  const map = log ? Math.log10 : (/** @type {number} */ x) => x;
  const a = map(low);
  const b = map(high);
  const width = b - a || 1;
  return (/** @type {number} */ value) => from + ((map(value) - a) / width) * (to - from);
}

/** The least and the largest of what can be drawn. @param {Iterable<number|null>} values @param {boolean} log @returns {[number, number]|null} */
export function extent(values, log) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value === null || !Number.isFinite(value) || (log && value <= 0)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : null;
}

/** Room around an extent, zero kept as an end. @param {[number, number]} range @param {boolean} log @returns {[number, number]} */
export function roomy([low, high], log) {
  if (log) return high / low < 10 ? [low / 2, high * 2] : [low / 1.3, high * 1.3];
  const pad = (high - low || Math.abs(high) || 1) * 0.05;
  return [low >= 0 && low < 0.4 * high ? 0 : low - pad, high + pad];
}

/** A sentence with a capital letter and an end. @param {string} text */
export function sentence(text) {
  if (!text) return "";
  return `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
