// One of the two sides of the stage: a run and its charts.
import { PathChart } from "/page/chart.js";
import { offerPictures } from "/page/export.js";
import { PictureChart } from "/page/picture.js";
import { PlaneChart } from "/page/plane.js";
import { ProfileChart } from "/page/profile.js";

const KINDS = { path: PathChart, picture: PictureChart, profile: ProfileChart, plane: PlaneChart };

export class Side {
  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = place;
    /** @type {any} */
    this.run = null;
    /** @type {any[]} */
    this.charts = [];
    this.made = "";
    /** @type {any[]} */
    this.knobs = [];
  }

  /** @param {any} run */
  show(run) {
    this.run = run;
    run.points = this.points(run);
  }

  /** What the address of a run says of its points, where the experiment has any. @param {any} run */
  points(run) {
    const knob = this.knobs.find((/** @type {any} */ one) => one.kind === "points");
    return knob ? (new URLSearchParams(run.query).get(knob.name) ?? knob.start) : "";
  }

  clear() {
    this.run?.close();
    this.run = null;
    this.place.replaceChildren();
    this.charts = [];
    this.made = "";
  }

  /** The charts that the run asks for; those that are there are used again. */
  build() {
    const specs = this.run.opening?.charts;
    if (!specs) return;
    const key = JSON.stringify(specs);
    if (key === this.made) return;
    this.made = key;
    this.place.replaceChildren();
    const title = document.createElement("h2");
    this.place.append(title);
    this.title = title;
    const grid = document.createElement("div");
    grid.className = "grid";
    const pictures = document.createElement("div");
    pictures.className = "pictures";
    this.place.append(grid, pictures);
    this.charts = specs.filter((/** @type {any} */ spec) => spec.kind in KINDS).map((/** @type {any} */ spec) => {
      const Kind = KINDS[/** @type {keyof typeof KINDS} */ (spec.kind)];
      return new Kind(spec, spec.kind === "picture" ? pictures : grid, this.knobs.find((/** @type {any} */ one) => one.name === spec.knob));
    });
    offerPictures(this.place);
  }

  /** @param {number} index @param {boolean} log @param {Map<string, any>} reach */
  draw(index, log, reach) {
    this.build();
    if (this.title && this.run.lanes.length) this.title.textContent = this.run.opening.heading ?? this.run.lanes.map((/** @type {any} */ one) => one.label).join(", ");
    const upto = Math.min(index, Math.max(0, this.run.length - 1));
    for (const chart of this.charts) chart.draw(this.run, upto, log, reach.get(chart.spec.name) ?? { x: null, y: null });
  }
}

/** The extents of each chart over both sides: two runs side by side share their axes.
 * @param {Side[]} sides @param {number} index @param {boolean} log */
export function shared(sides, index, log) {
  const reach = new Map();
  for (const side of sides) {
    side.build();
    for (const chart of side.charts) {
      if (!(chart instanceof PathChart)) continue;
      const own = chart.extents(side.run, Math.min(index, Math.max(0, side.run.length - 1)), log);
      const known = reach.get(chart.spec.name);
      reach.set(chart.spec.name, known ? { x: joined(known.x, own.x), y: joined(known.y, own.y) } : own);
    }
  }
  return reach;
}

/** @param {[number, number]|null} one @param {[number, number]|null} other */
export function joined(one, other) {
  return one && other ? [Math.min(one[0], other[0]), Math.max(one[1], other[1])] : (one ?? other);
}
