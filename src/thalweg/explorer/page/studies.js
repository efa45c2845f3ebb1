// The tab of the studies: what is claimed, what was found, and a run of one from here.

/** @param {string} name @param {Record<string, any>} [properties] @param {(Node|string)[]} children */
function made(name, properties = {}, ...children) {
  const one = document.createElement(name);
  Object.assign(one, properties);
  one.append(...children);
  return one;
}

/** An element of what the server has typeset: escaped there, and with no script that the policy would let run. @param {string} name @param {string} html */
function typeset(name, html) {
  const one = document.createElement(name);
  one.innerHTML = html;
  return one;
}

const SIGNS = { pass: "✓", fail: "✗", inconclusive: "?", "not run": "○", "not run yet": "○" };

export class Studies {
  /** @param {HTMLElement} list @param {HTMLElement} place */
  constructor(list, place) {
    this.list = list;
    this.place = place;
  }

  /** @param {URLSearchParams} asked */
  async visit(asked) {
    const answer = await fetch("/api/studies");
    if (!answer.ok) {
      this.place.replaceChildren(made("p", { className: "wrong" }, await answer.text()));
      return;
    }
    const all = await answer.json();
    const name = asked.get("study") ?? all[0].name;
    const mode = asked.get("form") ?? "quick";
    this.list.replaceChildren(
      made("p", {}, "Each study repeats a published result. Each of its claims has a bound that was stated before it was run, and wrong variants that must miss it."),
      ...all.map((/** @type {any} */ one) => {
        const known = ["full", "quick"].filter((form) => one.known[form]).map((form) => `${one.known[form].pass} of ${one.known[form].of} (${form})`);
        const link = made("a", { href: `?${new URLSearchParams({ tab: "studies", study: one.name, form: mode })}` }, one.title);
        if (one.name === name) link.setAttribute("aria-current", "true");
        return made("div", { className: "listed" }, link, made("small", {}, known.join(", ") || "not run yet"));
      }),
    );
    await this.show(name, mode);
  }

  /** @param {string} name @param {string} mode */
  async show(name, mode) {
    const answer = await fetch(`/api/studies/${encodeURIComponent(name)}/${encodeURIComponent(mode)}`);
    if (!answer.ok) {
      this.place.replaceChildren(made("p", { className: "wrong" }, await answer.text()));
      return;
    }
    const told = await answer.json();
    const run = /** @type {HTMLButtonElement} */ (made("button", { type: "button", className: "strong", id: "study-run" }, `Run its ${mode} form`));
    const progress = made("p", { role: "status", id: "study-progress" });
    progress.setAttribute("aria-live", "polite");
    run.addEventListener("click", () => this.run(name, mode, run, progress));
    const other = mode === "quick" ? "full" : "quick";
    const forms = made("a", { href: `?${new URLSearchParams({ tab: "studies", study: name, form: other })}` }, `show the ${other} form`);
    const head = made("tr", {}, ...["verdict", "claim", "measured", "allowed", "published"].map((word) => made("th", { scope: "col" }, word)));
    const rows = told.claims.map((/** @type {any} */ claim) => {
      const badge = made("span", { className: `badge ${claim.verdict.replaceAll(" ", "-")}` }, `${SIGNS[/** @type {keyof typeof SIGNS} */ (claim.verdict)] ?? ""} ${claim.verdict}`);
      const wrong = made("details", {}, made("summary", {}, "what must fail"), made("ul", {}, ...claim.wrong.map((/** @type {string} */ one) => typeset("li", one))));
      const sentence = made("td", {}, typeset("span", claim.sentence), made("small", {}, ` ${claim.grade}, ${claim.source}`), wrong);
      if (claim.reason) sentence.append(made("p", { className: "wrong" }, claim.reason));
      const measured = claim.measured === null || claim.measured === undefined ? "" : Number(claim.measured).toPrecision(3);
      return made("tr", {}, made("td", {}, badge), sentence, made("td", {}, measured), typeset("td", claim.allowed), typeset("td", claim.published));
    });
    this.place.replaceChildren(
      made("h2", {}, told.title),
      made("p", {}, told.question),
      made("ul", { className: "sources" }, ...told.sources.map((/** @type {any} */ one) => made("li", {}, `${one.text} `, made("small", {}, one.locator)))),
      made("p", {}, run, " ", forms, made("small", {}, ` ${told.cost}`)),
      progress,
      made("div", { className: "scroll", tabIndex: 0 }, made("table", {}, made("thead", {}, head), made("tbody", {}, ...rows))),
      ...told.plots.map((/** @type {any} */ plot) =>
        made(
          "figure",
          { className: "drawn" },
          made("figcaption", {}, made("strong", {}, plot.title), typeset("span", plot.caption)),
          made("img", { src: `/api/studies/${name}/${mode}/pictures/${plot.slug}`, alt: plot.title, loading: "lazy" }),
        ),
      ),
    );
  }

  /** @param {string} name @param {string} mode @param {HTMLButtonElement} button @param {HTMLElement} progress */
  run(name, mode, button, progress) {
    if (this.source) {
      this.close();
      progress.textContent = "Stopped; what is done is kept.";
      button.textContent = `Run its ${mode} form`;
      return;
    }
    let done = 0;
    let todo = 0;
    button.textContent = "Stop";
    progress.textContent = "Starting a process for it.";
    const source = new EventSource(`/api/studies/${name}/${mode}/run`);
    this.source = source;
    const told = (/** @type {string} */ kind, /** @type {(what: any) => void} */ act) => source.addEventListener(kind, (/** @type {MessageEvent} */ event) => act(JSON.parse(event.data)));
    told("begun", (what) => {
      todo = what.todo;
      progress.textContent = todo ? `0 of ${todo} runs are done.` : "All its runs are in the store; judging them.";
    });
    told("case", (what) => {
      done += 1;
      progress.textContent = `${done} of ${todo} runs are done; the last: ${what.case}.`;
    });
    told("done", async (what) => {
      this.close();
      await this.show(name, mode);
      const said = document.getElementById("study-progress");
      if (said) said.textContent = `${what.pass} of ${what.of} claims passed.`;
    });
    for (const kind of ["failed", "full"]) {
      told(kind, (what) => {
        this.close();
        button.textContent = `Run its ${mode} form`;
        progress.textContent = what.sentence;
      });
    }
    source.addEventListener("error", () => {
      if (this.source !== source) return;
      this.close();
      button.textContent = `Run its ${mode} form`;
      progress.textContent = "The server does not answer.";
    });
  }

  close() {
    this.source?.close();
    this.source = null;
  }
}
