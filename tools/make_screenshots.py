"""Take the pictures of the explorer: each tab in its states, by a real browser. Needs Playwright and a Chromium.

python tools/make_screenshots.py                  the pictures of the docs, into docs/pictures
python tools/make_screenshots.py --all FOLDER     every tab, light, dark and narrow, to be looked at
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

TABS = {
    "completion": "tab=completion",
    "completion-beside": "tab=completion&rows=60&columns=60&share=0.35&depth=2"
    "&beside=rows%3D60%26columns%3D60%26share%3D0.35%26depth%3D1",
    "completion-refused": "tab=completion&rank=10&rows=10&columns=10&share=0.05",
    "kernel": "tab=kernel",
    "kernel-large": "tab=kernel&scale=3",
    "kernel-matrix": "tab=kernel&model=matrix",
    "kernel-matrix-large": "tab=kernel&model=matrix&scale=3",
    "margins": "tab=margins",
    "studies": "tab=studies&study=singular-values",
}
MANNERS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "narrow": {"viewport": {"width": 390, "height": 844}},
}
DOCS = {"explorer": ("completion", 0.62)}
"""Pictures of the docs: the tab, and how far along its path."""


def taken(page: Any, address: str, query: str, along: float, path: Path, whole: bool) -> None:
    """One picture: the run is over, and the reader stands at a part of its path."""
    page.goto(f"{address}?{query}")
    for _ in range(4000):
        state = page.evaluate("document.body.dataset.state")
        if state in ("done", "refused", "failed", "full") or ("tab=studies" in query and page.locator("article h2").count()):
            break
        page.wait_for_timeout(30)
    else:
        raise SystemExit(f"{query} did not come to its end")
    if state == "done":
        page.click("#pause")
        most = int(page.get_attribute("#scrub", "max"))
        page.locator("#scrub").fill(str(round(along * most)))
    page.wait_for_timeout(400)
    page.screenshot(path=str(path), full_page=whole)


def main() -> None:
    """Takes them."""
    from playwright.sync_api import sync_playwright

    from explorer.browser import browser_path, served

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every tab in every manner, to be looked at")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        if asked.all is None:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            for name, (tab, along) in DOCS.items():
                taken(page, server.address, TABS[tab], along, ROOT / "docs" / "pictures" / f"{name}.png", whole=False)
            return
        asked.all.mkdir(parents=True, exist_ok=True)
        for manner, words in MANNERS.items():
            page = browser.new_page(**{"viewport": {"width": 1300, "height": 900}, **words})
            for name, query in TABS.items():
                taken(page, server.address, query, 0.6, asked.all / f"{name}-{manner}.png", whole=True)
            page.close()


if __name__ == "__main__":
    main()
