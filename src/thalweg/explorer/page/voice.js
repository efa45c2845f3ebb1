// What a screen reader is told: what stands on the page, and no oftener than one can listen while it changes with every frame.

const EVERY = 5000; // milliseconds

export class Voice {
  /** @param {HTMLElement} place a live region */
  constructor(place) {
    this.place = place;
    this.last = -Infinity;
  }

  /** @param {string} text @param {boolean} moving whether it is about to change @param {number} now in milliseconds */
  tell(text, moving, now) {
    if (text === this.place.textContent || (moving && now - this.last < EVERY)) return;
    this.place.textContent = text;
    this.last = now;
  }
}
