"""How fast the explorer is, measured in a real browser: first frames, frames a second, pause and stop, eight readers.

    python benchmarks/explore.py [--seconds 120] [--readers 8] [--json FILE]

1. From pressing Run to the first record on the page: cold (a fresh server and an empty cache of compiled programs) and warm.
2. Frames a second that the page draws at 100 by 100 and depth 3 while the run is computed and played, by its own count.
3. Milliseconds from Pause to the last record that comes, and from the turn of a knob to the end, on the server, of what it
   outdates.
4. So many readers for so long, each turning the seed when its run is done: failed requests, and the memory of the server.
5. The bytes of the page, and requests that would leave the machine.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from common import environment, table, write

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

SMALL = "depth=2&rows=30&columns=30&rank=2&share=0.5"


def number(page: Any, name: str) -> int:
    """What the page says of itself."""
    return int(page.evaluate(f"document.body.dataset.{name} ?? 0"))


def until(page: Any, what: str, within: float = 120.0) -> float:
    """Seconds until an expression of the page is true."""
    began = time.perf_counter()
    while not page.evaluate(what):
        if time.perf_counter() - began > within:
            raise SystemExit(f"never became true: {what}")
        page.wait_for_timeout(5)
    return time.perf_counter() - began


def first_frame(page: Any, address: str, query: str) -> float:
    """Seconds from the stream's beginning to the first record, as the page takes them."""
    page.goto(f"{address}?{query}")
    until(page, "document.body.dataset.first !== undefined")
    return number(page, "first") / 1000


def frames(page: Any, address: str) -> dict[str, float]:
    """Frames a second while the published setting is computed and played."""
    page.goto(f"{address}?tab=completion&seed=1")
    until(page, "Number(document.body.dataset.records) > 2")
    before, began = number(page, "frames"), time.perf_counter()
    page.wait_for_timeout(4000)
    after, seconds = number(page, "frames"), time.perf_counter() - began
    return {"frames a second": (after - before) / seconds, "records": float(number(page, "records"))}


def steering(page: Any, address: str) -> dict[str, float]:
    """Milliseconds from Pause to the last record that comes, and from the turn of a knob to the end of what it outdates."""
    pauses, stops = [], []
    for seed in range(5):
        page.goto(f"{address}?tab=completion&depth=4&seed={seed + 10}")
        until(page, "Number(document.body.dataset.records) > 2")
        pauses.append(
            page.evaluate("""async () => { const t = performance.now();
            document.querySelector('#pause').click();
            let [last, records] = [t, document.body.dataset.records];
            while (performance.now() - t < 1500) {
                await new Promise((done) => setTimeout(done, 5));
                if (document.body.dataset.records !== records) {
                    [last, records] = [performance.now(), document.body.dataset.records]; } }
            return last - t; }""")
        )
        page.click("#pause")
        stops.append(
            page.evaluate("""async () => { const knob = document.querySelector('#knob-seed');
            const t = performance.now();
            knob.value = '77'; knob.dispatchEvent(new Event('input', { bubbles: true }));
            for (;;) { const s = await (await fetch('/api/status')).json();
                if (s.jobs === 0) return performance.now() - t; } }""")
        )
    return {
        "pause": statistics.median(pauses),
        "slowest pause": max(pauses),
        "stop": statistics.median(stops),
        "slowest stop": max(stops),
    }


def memory(pid: int) -> float:
    """Megabytes of a process."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024


STATE = """async (seed) => {
    for (let k = 0; k < 2; k += 1) await new Promise((drawn) => requestAnimationFrame(drawn));
    return new URLSearchParams(location.search).get('seed') === seed ? document.body.dataset.state : 'not begun'; }"""
"""What has become of the run of a seed, once the page has drawn what it knows."""
TURN = """(seed) => { const typed = document.querySelector('input[aria-label="seed, typed"]');
    typed.value = seed; typed.dispatchEvent(new Event('change', { bubbles: true })); }"""
WRONG = ("failed", "full", "lost", "refused", "unknown")


def readers(browser: Any, server: Any, count: int, seconds: float) -> dict[str, float]:
    """Readers of whom each turns the seed when its run is done, and what goes wrong meanwhile."""
    failed: list[str] = []
    pages, seeds = [], []
    for reader in range(count):
        page, seed = browser.new_page(), str(1000 * reader + 1)
        page.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
        page.on("requestfailed", lambda one: failed.append(one.url) if one.failure != "net::ERR_ABORTED" else None)
        page.on("pageerror", lambda error: failed.append(str(error)))
        page.goto(f"{server.address}?{SMALL}&seed={seed}")
        pages.append(page)
        seeds.append(seed)
    began, done, sizes = time.perf_counter(), 0, []
    while time.perf_counter() - began < seconds:
        for k, page in enumerate(pages):
            state = page.evaluate(STATE, seeds[k])
            failed += [state] if state in WRONG else []
            if state == "done" or state in WRONG:
                done += state == "done"
                seeds[k] = str(int(seeds[k]) + 1)
                page.evaluate(TURN, seeds[k])
        pages[0].wait_for_timeout(20)
        sizes.append(memory(server.process.pid))
    for page in pages:
        page.close()
    third = len(sizes) // 3
    return {
        "failed": float(len(failed)),
        "runs": float(done),
        "megabytes, first third": statistics.fmean(sizes[:third]),
        "megabytes, last third": statistics.fmean(sizes[-third:]),
    }


def size(address: str) -> int:
    """Bytes of the page with all its files."""
    import re

    def got(path: str) -> str:
        with urllib.request.urlopen(address + path.lstrip("/")) as answer:
            return answer.read().decode()

    seen = {"/": got("/")}
    names = set(re.findall(r'(?:src|href)="(/page/[^"]+)"', seen["/"]))
    while names - seen.keys():
        for name in sorted(names - seen.keys()):
            seen[name] = got(name)
            names |= set(re.findall(r'from "(/page/[^"]+)"', seen[name]))
    return sum(len(text.encode()) for text in seen.values())


def main() -> None:
    """Measures, prints, writes."""
    from playwright.sync_api import sync_playwright

    from explorer.browser import browser_path, served

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0, help="of part 4")
    parser.add_argument("--readers", type=int, default=8, help="of part 4")
    parser.add_argument("--json", type=Path, help="write the numbers to this file too")
    asked = parser.parse_args()
    machine = environment(2)  # now: the readers are a load themselves
    machine["load at the start"] = machine.pop("load when finished")
    found: dict[str, Any] = {"environment": machine}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        page, left = browser.new_page(), []
        page.on(
            "request",
            lambda asked: left.append(asked.url) if not asked.url.startswith(("http://127.0.0.1", "data:", "blob:")) else None,
        )
        with served(Path(folder)) as server:
            found["cold"] = first_frame(page, server.address, "tab=completion")
            found["new shape"] = first_frame(page, server.address, "tab=completion&depth=4")
            found["warm"] = statistics.median(first_frame(page, server.address, f"tab=completion&seed={k}") for k in range(5))
            found |= frames(page, server.address) | steering(page, server.address)
            found |= readers(browser, server, asked.readers, asked.seconds)
            found["bytes"], found["requests that leave"] = size(server.address), len(left)
        with served(Path(folder)) as server:
            found["fresh server, kept programs"] = first_frame(page, server.address, "tab=completion")
    rows = [
        ("first record, cold", f"{found['cold']:.2f} s"),
        ("first record, a fresh server with programs kept", f"{found['fresh server, kept programs']:.2f} s"),
        ("first record, another depth for the first time", f"{found['new shape']:.2f} s"),
        ("first record, warm", f"{found['warm']:.2f} s"),
        ("frames a second, 100 by 100, depth 3", f"{found['frames a second']:.0f}"),
        ("pause, to the last record", f"{found['pause']:.0f} ms, slowest of five {found['slowest pause']:.0f}"),
        ("stop by a knob, on the server", f"{found['stop']:.0f} ms, slowest of five {found['slowest stop']:.0f}"),
        (f"{asked.readers} readers for {asked.seconds:g} s: runs", f"{found['runs']:.0f}"),
        ("failed requests", f"{found['failed']:.0f}"),
        ("memory, first and last third", f"{found['megabytes, first third']:.0f} and {found['megabytes, last third']:.0f} MB"),
        ("page", f"{found['bytes'] / 1000:.0f} kB"),
        ("requests that leave the machine", f"{found['requests that leave']}"),
    ]
    table(("what", "measured"), rows)
    print(f"load at the start {machine['load at the start']:.1f}")
    write(asked.json, json.loads(json.dumps(found, default=str)))


if __name__ == "__main__":
    main()
