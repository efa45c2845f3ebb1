// One run: what the server has told of it so far, and the stream that it comes by.

const CLOSED = 2; // of an EventSource that the server has refused: it does not try again

/** Numbers of one lane, by what was recorded. */
export class Lane {
  /** @param {string} name @param {string} label */
  constructor(name, label) {
    this.name = name;
    this.label = label;
    /** @type {Record<string, number[]>} single numbers, a list over records */
    this.columns = {};
    /** @type {Record<string, number[][]>} arrays, a list over their places of lists over records */
    this.arrays = {};
    this.length = 0;
    this.ended = false;
    /** @type {{upto: number, sentence: string}[]} what was said of it, and from which record on */
    this.said = [];
    this.closing = "";
  }

  /** @param {Record<string, any[]>} records */
  add(records) {
    for (const [name, rows] of Object.entries(records)) {
      if (rows.length === 0) continue;
      if (Array.isArray(rows[0])) {
        const flat = rows.map((row) => /** @type {number[]} */ (row.flat(Infinity)));
        this.arrays[name] ??= flat[0].map(() => []);
        for (const row of flat) row.forEach((value, k) => this.arrays[name][k].push(value));
      } else {
        (this.columns[name] ??= []).push(...rows);
      }
    }
    this.length = (this.columns.time ?? []).length;
  }

  /** @param {string} record @returns {number[][]} */
  curves(record) {
    return this.columns[record] ? [this.columns[record]] : (this.arrays[record] ?? []);
  }
}

/** A run as the page keeps it; it has no part in how it is drawn. */
export class Run extends EventTarget {
  /** @param {string} experiment @param {string} query what stands in the address @param {(url: string) => any} [connect] */
  constructor(experiment, query, connect = (url) => new EventSource(url)) {
    super();
    this.experiment = experiment;
    this.query = query;
    /** @type {Lane[]} */
    this.lanes = [];
    /** @type {any} */
    this.opening = null;
    /** @type {Record<string, any[]>} */
    this.fixed = {};
    /** @type {{upto: number, pictures: any, rules: any}[]} moments, in the order they came, of the first lane */
    this.moments = [];
    this.sentence = "";
    this.closing = "";
    this.reference = "";
    this.state = "connecting";
    this.job = "";
    /** @type {Record<string, any>} */
    this.stills = {};
    /** @type {Record<string, any[]>} vectors that stay, by chart */
    this.profiles = {};
    /** @type {Record<string, any[]>} lines that stay, by chart */
    this.planes = {};
    this.points = "";
    this.cursor = 0;
    this.knob = "";
    this.connect = connect;
    this.began = performance.now();
    this.first = 0;
    this.open();
  }

  open() {
    const source = this.connect(`/api/runs/${this.experiment}?${this.query}`);
    this.source = source;
    const told = (/** @type {string} */ kind, /** @type {(what: any) => void} */ act) =>
      source.addEventListener(kind, (/** @type {MessageEvent} */ event) => {
        act(JSON.parse(event.data));
        this.dispatchEvent(new Event("news"));
      });
    told("knobs", () => this.change("preparing"));
    told("opened", (what) => this.opened(what));
    told("reference", (what) => {
      this.reference = what.sentence ?? "";
      this.addRules(what.rules);
      Object.assign(this.stills, pictured(what.pictures, "still"));
      this.profiles = { ...this.profiles, ...what.profiles };
      this.planes = { ...this.planes, ...what.planes };
    });
    told("frame", (what) => this.frame(what));
    told("ended", (what) => {
      const lane = this.lanes.find((one) => one.name === what.lane);
      if (!lane) return;
      lane.ended = true;
      lane.closing = what.sentence;
    });
    for (const [kind, state] of [["done", "done"], ["failed", "failed"], ["refused", "refused"], ["full", "full"]]) {
      told(kind, (what) => {
        source.close();
        this.knob = what.knob;
        if (what.sentence) this.closing = what.sentence;
        this.change(state);
      });
    }
    source.addEventListener("error", () => {
      if (this.over) return;
      this.change(source.readyState === CLOSED ? "unknown" : "lost");
    });
  }

  get over() {
    return ["done", "failed", "refused", "full", "stopped"].includes(this.state);
  }

  /** @param {any} what */
  opened(what) {
    // After a server that came again the stream begins anew, and so does the run.
    this.opening = what;
    this.job = what.job;
    this.lanes = what.lanes.map((/** @type {any} */ lane) => new Lane(lane.name, lane.label));
    this.moments = [];
    this.fixed = {};
    this.profiles = { ...what.profiles };
    this.planes = { ...what.planes };
    this.addRules(what.rules);
    this.stills = pictured(what.pictures, "still");
    this.change("running");
  }

  /** @param {any} what */
  frame(what) {
    if (!this.first) this.first = performance.now() - this.began;
    const lane = this.lanes.find((one) => one.name === what.lane);
    if (!lane) return;
    lane.add(what.records);
    lane.said.push({ upto: lane.length - 1, sentence: what.sentence ?? "" });
    if (lane === this.lanes[0]) {
      const upto = lane.length - 1;
      this.moments.push({ upto, pictures: pictured(what.pictures, String(upto)), rules: what.rules ?? {} });
    }
  }

  /** @param {Record<string, any[]>|undefined} rules */
  addRules(rules) {
    for (const [chart, some] of Object.entries(rules ?? {})) this.fixed[chart] = [...(this.fixed[chart] ?? []), ...some];
  }

  /** @param {string} chart */
  rulesOf(chart) {
    const moment = this.momentAt(this.cursor);
    return [...(this.fixed[chart] ?? []), ...(moment?.rules[chart] ?? [])];
  }

  /** The last moment that was told of at or before a record. @param {number} index */
  momentAt(index) {
    return lastAt(this.moments, index);
  }

  /** What is said of each lane at a record. @param {number} index @returns {string[]} */
  sentences(index) {
    return this.lanes.map((lane) => {
      const sentence = lane.ended && index >= lane.length - 1 ? lane.closing : (lastAt(lane.said, index)?.sentence ?? "");
      return this.lanes.length > 1 && sentence ? `${lane.label}: ${sentence}` : sentence;
    });
  }

  /** @param {string} name @param {number} index */
  pictureAt(name, index) {
    return this.momentAt(index)?.pictures[name] ?? this.stills[name] ?? null;
  }

  /** Records that all lanes have, or that the longest has where they differ. */
  get length() {
    return Math.max(0, ...this.lanes.map((lane) => lane.length));
  }

  /** @param {"pause"|"resume"} what */
  async steer(what) {
    if (this.job && !this.over) await fetch(`/api/jobs/${this.job}/${what}`, { method: "POST" });
  }

  close() {
    this.source?.close();
    if (!this.over) this.change("stopped");
  }

  /** @param {string} state */
  change(state) {
    this.state = state;
    this.dispatchEvent(new Event("news"));
  }
}

/** The first of what was told in order that reaches a record. @template {{upto: number}} T @param {T[]} told @param {number} index @returns {T|null} */
export function lastAt(told, index) {
  let low = 0;
  let high = told.length - 1;
  if (high < 0) return null;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (told[middle].upto < index) low = middle + 1;
    else high = middle;
  }
  return told[low];
}

/** Pictures as bytes. @param {any} pictures @param {string} id @returns {Record<string, any>} */
export function pictured(pictures, id) {
  /** @type {Record<string, any>} */
  const found = {};
  for (const [name, one] of Object.entries(pictures ?? {})) {
    const text = atob(one.bytes);
    const steps = new Uint8Array(text.length);
    for (let k = 0; k < text.length; k += 1) steps[k] = text.charCodeAt(k);
    found[name] = { id: `${name} ${id}`, rows: one.rows, columns: one.columns, reach: one.reach, steps };
  }
  return found;
}
