// Where on the path the reader is: it plays, is paused, scrubbed and stepped, whether the run still goes on or not.

const WHOLE = 12; // seconds that a path takes at speed 1
const LEAST = 6; // records a second

export class Player extends EventTarget {
  /** @param {{scrub: HTMLInputElement, back: HTMLButtonElement, forth: HTMLButtonElement, clock: HTMLElement, speed: HTMLSelectElement}} parts */
  constructor(parts) {
    super();
    this.parts = parts;
    this.place = 0;
    this.count = 0;
    this.playing = false;
    this.last = 0;
    parts.scrub.addEventListener("input", () => {
      this.pause();
      this.move(Number(parts.scrub.value));
    });
    parts.back.addEventListener("click", () => this.step(-1));
    parts.forth.addEventListener("click", () => this.step(1));
  }

  get index() {
    return Math.min(Math.floor(this.place), Math.max(0, this.count - 1));
  }

  get length() {
    return this.count;
  }

  set length(count) {
    this.count = count;
    const { scrub, back, forth } = this.parts;
    scrub.max = String(Math.max(0, count - 1));
    scrub.disabled = back.disabled = forth.disabled = count === 0;
  }

  start() {
    this.place = 0;
    this.length = 0;
    this.play();
  }

  play() {
    if (this.playing) return;
    this.playing = true;
    this.last = performance.now();
    requestAnimationFrame((now) => this.tick(now));
  }

  pause() {
    this.playing = false;
  }

  /** @param {number} now */
  tick(now) {
    if (!this.playing) return;
    const passed = Math.min(0.1, (now - this.last) / 1000);
    this.last = now;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const speed = still ? 1000 : Number(this.parts.speed.value);
    if (this.count) this.move(Math.min(this.count - 1, this.place + passed * Math.max(LEAST, this.count / WHOLE) * speed));
    requestAnimationFrame((later) => this.tick(later));
  }

  /** @param {number} by */
  step(by) {
    this.pause();
    this.move(this.index + by);
  }

  /** @param {number} place */
  move(place) {
    this.place = Math.max(0, Math.min(this.count - 1, place));
    this.parts.scrub.value = String(this.index);
    this.dispatchEvent(new Event("moved"));
  }
}
