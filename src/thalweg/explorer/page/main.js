// The page: tabs, knobs, the run that is seen and the one that is kept beside it.
import { Knobs } from "/page/knobs.js";
import { Laws } from "/page/laws.js";
import { Player } from "/page/player.js";
import { Run } from "/page/run.js";
import { Side, shared } from "/page/side.js";
import { Studies } from "/page/studies.js";
import { sentence, short } from "/page/numbers.js";
import { Voice } from "/page/voice.js";
import { saveSheet } from "/page/export.js";

/** @param {string} id @returns {any} */
const at = (id) => document.getElementById(id);
const WAIT = 250; // milliseconds after the last turn of a knob

class Page {
  /** @type {any} the experiment of the tab that is open */
  experiment = null;
  /** @type {any} its knobs */
  knobs = null;
  tab = "";
  /** @type {any} of the run whose clock was looked at */
  opening = null;
  clock = "";
  asked = false;
  timer = 0;

  /** @param {any} told */
  constructor(told) {
    this.told = told;
    this.studies = new Studies(at("studies-list"), at("studies-place"));
    this.laws = new Laws(at("laws"));
    this.voice = new Voice(at("voice"));
    this.now = new Side(at("now"));
    this.kept = new Side(at("kept"));
    this.player = new Player({ scrub: at("scrub"), back: at("back"), forth: at("forth"), clock: at("clock"), speed: at("speed") });
    this.player.addEventListener("moved", () => this.draw());
    at("run").addEventListener("click", () => this.run());
    at("pause").addEventListener("click", () => this.pause());
    at("keep").addEventListener("click", () => this.keep());
    at("axis").addEventListener("change", () => this.draw());
    at("copy").addEventListener("click", () => navigator.clipboard.writeText(location.href));
    at("as-svg").addEventListener("click", () => saveSheet(at("stage"), "svg", told.version));
    at("as-png").addEventListener("click", () => saveSheet(at("stage"), "png", told.version));
    at("stage").addEventListener("redraw", () => this.draw());
    at("now").addEventListener("turn", (/** @type {CustomEvent} */ event) => this.knobs.set(event.detail.knob, event.detail.value));
    at("bounds").textContent = `A run may take ${told.seconds} seconds of it, and ${told.readers} may go on at once.`;
    const narrow = matchMedia("(max-width: 860px)");
    const fit = () => (at("panel").open = !narrow.matches);
    narrow.addEventListener("change", fit);
    fit();
    document.addEventListener("keydown", (event) => this.key(event));
    addEventListener("popstate", () => this.visit());
    this.visit();
  }

  /** What the address says. */
  visit() {
    const asked = new URLSearchParams(location.search);
    const tab = asked.get("tab") ?? this.told.experiments[0].name;
    this.studies.close();
    at("main").hidden = tab === "studies";
    at("studies").hidden = tab !== "studies";
    this.tab = tab;
    if (tab === "studies") {
      this.now.clear();
      this.kept.clear();
      this.player.pause();
      this.tabs();
      this.studies.visit(asked);
      return;
    }
    this.experiment = this.told.experiments.find((/** @type {any} */ one) => one.name === tab) ?? this.told.experiments[0];
    this.tab = this.experiment.name;
    this.tabs();
    at("question").textContent = this.experiment.question;
    this.knobs = new Knobs(this.experiment, at("knobs"), asked);
    this.knobs.addEventListener("change", () => this.turned());
    this.knobs.addEventListener("reset", () => this.go(this.experiment.name));
    this.kept.clear();
    this.now.clear();
    this.now.knobs = this.kept.knobs = this.experiment.knobs;
    const beside = asked.get("beside");
    this.begin();
    if (beside !== null) this.beside(beside);
    else this.sayKept();
  }

  tabs() {
    const list = at("tabs");
    list.replaceChildren(
      ...[...this.told.experiments, { name: "studies", title: "Studies" }].map((/** @type {any} */ one) => {
        const tab = document.createElement("button");
        tab.type = "button";
        tab.role = "tab";
        tab.textContent = one.title;
        tab.setAttribute("aria-selected", String(one.name === this.tab));
        tab.setAttribute("aria-controls", one.name === "studies" ? "studies" : "main");
        tab.tabIndex = one.name === this.tab ? 0 : -1;
        tab.addEventListener("click", () => this.go(one.name));
        tab.addEventListener("keydown", (event) => {
          const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (!step) return;
          const names = [...this.told.experiments.map((/** @type {any} */ other) => other.name), "studies"];
          this.go(names[(names.indexOf(one.name) + step + names.length) % names.length]);
          at("tabs").querySelector('[aria-selected="true"]').focus();
        });
        return tab;
      }),
    );
  }

  /** @param {string} tab */
  go(tab) {
    history.pushState(null, "", `?${new URLSearchParams({ tab })}`);
    this.visit();
  }

  /** A knob was turned: what it outdates is ended at once, and begun anew when the hand rests. */
  turned() {
    this.now.run?.close();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.begin(), WAIT);
  }

  address() {
    const said = new URLSearchParams({ tab: this.experiment.name });
    for (const [name, value] of this.knobs.query()) said.set(name, value);
    if (this.kept.run) said.set("beside", this.kept.run.query);
    return said;
  }

  run() {
    if (this.player.playing || !this.now.run || !this.now.run.over || this.player.index >= this.player.length - 1) this.begin();
    else this.player.play();
  }

  begin() {
    this.now.run?.close();
    const query = this.knobs.query().toString();
    history.replaceState(null, "", `?${this.address()}`);
    const run = new Run(this.experiment.name, query);
    this.now.show(run);
    run.addEventListener("news", () => this.news(run));
    this.player.start();
    at("pause").disabled = false;
    at("pause").textContent = "Pause";
    for (const kind of ["csv", "netcdf", "python"]) at(`as-${kind}`).href = `/api/export/${this.experiment.name}/${kind}?${query}`;
    this.draw();
  }

  /** @param {string} query */
  beside(query) {
    const run = new Run(this.experiment.name, query);
    this.kept.show(run);
    run.addEventListener("news", () => this.draw());
    this.sayKept();
  }

  keep() {
    if (this.kept.run) {
      this.kept.clear();
    } else if (this.now.run) {
      this.kept.show(this.now.run);
      this.now.run = null;
      this.begin();
    }
    this.sayKept();
  }

  /** Whether there is a run beside, in the controls and in the address. */
  sayKept() {
    at("kept").hidden = !this.kept.run;
    at("keep").textContent = this.kept.run ? "End comparison" : "Compare";
    history.replaceState(null, "", `?${this.address()}`);
  }

  /** @param {Run} run */
  news(run) {
    if (run !== this.now.run) return;
    this.player.length = run.length;
    if (run.opening && run.opening !== this.opening) {
      this.opening = run.opening;
      if (this.clock !== this.experiment.name) at("axis").value = run.opening.axis ?? "linear";
      this.clock = this.experiment.name;
    }
    if (run.state === "refused") this.knobs.complain(run.knob ?? "", run.closing);
    at("keep").disabled = run.length === 0;
    this.draw();
  }

  async pause() {
    const run = this.now.run;
    if (!run) return;
    if (this.player.playing) {
      this.player.pause();
      at("pause").textContent = "Go on";
      await run.steer("pause");
    } else {
      this.player.play();
      at("pause").textContent = "Pause";
      await run.steer("resume");
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof HTMLButtonElement && (event.key === " " || event.key === "Enter")) return;
    const act = { " ": () => this.pause(), ArrowRight: () => this.player.step(1), ArrowLeft: () => this.player.step(-1), r: () => this.begin() }[event.key];
    if (!act || (event.target instanceof HTMLElement && event.target.role === "tab")) return;
    event.preventDefault();
    act();
  }

  draw() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.paint();
    });
  }

  paint() {
    const run = this.now.run;
    if (!run) return;
    const log = at("axis").value === "log";
    const { index, place } = this.player;
    run.cursor = index;
    if (this.kept.run) this.kept.run.cursor = index;
    const sides = [this.now, this.kept].filter((side) => side.run);
    const reach = shared(sides, place, log);
    for (const side of sides) side.draw(place, log, reach);
    this.say(this.sentences(run, index));
    at("reference").textContent = run.reference;
    this.laws.offer(run.state === "done" ? `${run.experiment}?${run.query}` : "");
    const lane = run.lanes[0];
    const clock = lane?.length ? `t = ${short(lane.columns.time[Math.min(index, lane.length - 1)])}` : "";
    at("clock").textContent = clock;
    at("scrub").setAttribute("aria-valuetext", clock);
    document.body.dataset.state = run.state;
    document.body.dataset.beside = this.kept.run?.state ?? "";
    document.body.dataset.records = String(run.length);
    document.body.dataset.index = String(index);
    document.body.dataset.frames = String(Number(document.body.dataset.frames ?? 0) + 1);
    if (run.first) document.body.dataset.first = run.first.toFixed(0);
  }

  /** @param {string[]} sentences */
  say(sentences) {
    const said = at("said");
    if (said.children.length !== sentences.length) said.replaceChildren(...sentences.map(() => document.createElement("span")));
    sentences.forEach((one, k) => {
      if (said.children[k].textContent !== one) said.children[k].textContent = one;
    });
    this.voice.tell(sentences.join(" "), this.player.playing, performance.now());
  }

  /** @param {Run} run @param {number} index */
  sentences(run, index) {
    const waiting = { connecting: "Asking the server.", preparing: "Preparing: the first run of a shape is compiled, which takes seconds.", lost: "The server does not answer; trying again.", unknown: "The server does not know this page: open the address that it printed when it was started." }[run.state];
    if (waiting) return [waiting];
    if (run.over && run.closing) return [sentence(run.closing)];
    return run.sentences(index);
  }
}

const answer = await fetch("/api/experiments");
new Page(await answer.json());
