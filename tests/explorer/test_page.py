"""The page in a real browser: each control, the address, exports, the keyboard, several readers, a server that comes again."""

import csv
import io
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from explorer.browser import SMALL, WAIT, Served, browser_path, done, served, until

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
pytestmark = pytest.mark.skipif(browser_path() is None, reason="there is no Chromium on this machine")


def index(page: Any) -> int:
    return int(page.evaluate("document.body.dataset.index"))


def test_a_run_is_drawn_and_said_while_it_is_computed(visit: Callable[..., Any]):
    page = visit(SMALL)
    until(page, "Number(document.body.dataset.records) > 2")
    until(page, "document.querySelector('#said').textContent.includes('Depth 2 has learnt')")
    done(page)
    page.focus("#scrub")
    page.keyboard.press("End")
    until(page, "document.body.dataset.index === document.querySelector('#scrub').max")
    assert "has learnt 2 of 2 directions" in page.inner_text("#said")
    assert "least nuclear norm" in page.inner_text("#reference")
    drawn = page.locator("figure.chart").first.locator("path.c0")
    assert drawn.count() >= 10
    assert len(drawn.first.get_attribute("d")) > 100
    assert page.locator("canvas").count() == 4
    colours = page.evaluate("""() => { const c = document.querySelector('canvas');
        return new Set(new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer)).size; }""")
    assert colours > 10
    assert page.locator("figure.chart").first.locator(".rule").count() >= 1


def test_scrubbing_stepping_pausing_and_going_on(visit: Callable[..., Any]):
    page = visit(SMALL)
    done(page)
    page.click("#pause")
    assert page.inner_text("#pause") == "Go on"
    page.locator("#scrub").fill("5")
    until(page, "document.body.dataset.index === '5'")
    page.click("#forth")
    until(page, "document.body.dataset.index === '6'")
    page.click("#back")
    page.click("#back")
    until(page, "document.body.dataset.index === '4'")
    clock = page.inner_text("#clock")
    assert clock.startswith("t = ")
    page.select_option("#speed", "1000")
    page.click("#pause")
    until(page, "document.body.dataset.index === document.querySelector('#scrub').max")
    assert page.inner_text("#clock") != clock
    page.click("figure.chart button")
    assert page.inner_text("figure.chart button") == "log"
    page.select_option("#axis", "log")
    until(page, "document.querySelector('figure.chart path.c0').getAttribute('d').length > 50")


def test_a_turn_of_a_knob_begins_anew_and_ends_what_it_outdates(visit: Callable[..., Any], server: Served):
    page = visit("depth=3&rows=30&columns=30&share=0.5")
    until(page, "document.body.dataset.state === 'running'")
    page.locator("#knob-depth").fill("2")
    until(page, "location.search.includes('depth=2')")
    page.locator("input[aria-label='rows, typed']").fill("12")
    page.keyboard.press("Tab")
    page.locator("input[aria-label='columns, typed']").fill("10")
    page.keyboard.press("Tab")
    page.locator("input[aria-label='rank of the target, typed']").fill("2")
    page.keyboard.press("Tab")
    page.locator("input[aria-label='share of entries seen, typed']").fill("0.7")
    page.keyboard.press("Tab")
    until(page, "location.search.includes('share=0.7') && document.body.dataset.state === 'done'")
    assert page.locator("#now h2").inner_text() == "depth 2"
    until(page, "fetch('/api/status').then((a) => a.json()).then((s) => s.jobs === 0)")


def test_closing_the_page_ends_its_work(visit: Callable[..., Any], server: Served):
    page = visit("depth=8&rows=100&columns=100")
    until(page, "document.body.dataset.state === 'running'")
    page.close()
    other = visit("tab=studies")
    jobs = "fetch('/api/status').then((a) => a.json()).then((s) => s.jobs)"
    until(other, f"{jobs}.then((jobs) => jobs === 0)")
    assert other.evaluate(jobs) == 0


def test_what_a_knob_does_not_take_is_said_at_the_knob(visit: Callable[..., Any]):
    page = visit(SMALL)
    typed = page.locator("input[aria-label='rank of the target, typed']")
    typed.fill("99")
    page.keyboard.press("Tab")
    page.wait_for_selector(".wrong")
    assert "goes from 1 to 10" in page.inner_text(".wrong")
    assert typed.get_attribute("aria-invalid") == "true"
    typed.fill("2")
    page.keyboard.press("Tab")
    done(page)
    assert page.locator(".wrong").count() == 0


def test_an_address_shows_the_same_to_another_reader(visit: Callable[..., Any]):
    page = visit(f"tab=completion&{SMALL}&seed=7")
    done(page)
    other = visit(page.evaluate("location.search").lstrip("?"))
    done(other)
    for one in (page, other):
        one.focus("#scrub")
        one.keyboard.press("End")
        until(one, "document.body.dataset.index === document.querySelector('#scrub').max")
    assert page.inner_text("#said") == other.inner_text("#said")
    first = "document.querySelector('figure.chart path.c0').getAttribute('d')"
    assert page.evaluate(first) == other.evaluate(first)


def test_two_runs_side_by_side_share_their_axes(visit: Callable[..., Any]):
    page = visit(SMALL)
    done(page)
    page.click("#keep")
    page.locator("#knob-depth").fill("4")
    until(page, "document.body.dataset.state === 'done' && location.search.includes('depth=4')")
    page.focus("#scrub")
    page.keyboard.press("End")
    until(page, "document.body.dataset.index === document.querySelector('#scrub').max")
    labels = "(side) => [...document.querySelectorAll(`${side} figure.chart .axes text`)].map((one) => one.textContent)"
    assert page.evaluate(labels, "#kept") == page.evaluate(labels, "#now")
    assert page.locator("#kept h2").inner_text() == "depth 2"
    assert page.locator("#now h2").inner_text() == "depth 4"
    other = visit(page.evaluate("location.search").lstrip("?"))
    other.wait_for_selector("#kept h2")
    until(other, "document.querySelector('#kept h2').textContent === 'depth 2'")
    page.click("#keep")
    assert page.locator("#kept").is_hidden()


def test_exports_are_the_numbers_of_the_run(visit: Callable[..., Any], server: Served):
    page = visit(SMALL)
    done(page)
    page.click("#more summary")
    with page.expect_download() as waiting:
        page.click("#as-csv")
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text())))
    until(page, f"Number(document.body.dataset.records) === {len(rows)}")
    with page.expect_download() as waiting:
        page.click("#as-python")
    assert "tw.follow(" in Path(waiting.value.path()).read_text()


def test_all_can_be_done_by_the_keyboard_alone(visit: Callable[..., Any]):
    page = visit(SMALL)
    done(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.role || document.activeElement.tagName"))
    assert {"run", "pause", "scrub", "speed", "axis", "keep", "knob-depth", "knob-scale", "knob-algorithm", "tab"} <= reached
    page.focus("#stage")
    page.keyboard.press("r")
    until(page, "document.body.dataset.state !== 'done' || Number(document.body.dataset.index) === 0")
    done(page)
    page.keyboard.press(" ")
    before = index(page)
    page.keyboard.press("ArrowRight")
    until(page, f"Number(document.body.dataset.index) === {min(before + 1, int(page.get_attribute('#scrub', 'max')))}")
    page.focus("[role=tab][aria-selected=true]")
    page.keyboard.press("ArrowRight")
    until(page, "document.querySelectorAll('[role=tab]')[1].getAttribute('aria-selected') === 'true'")


@pytest.mark.parametrize(
    "manner", [{"viewport": {"width": 380, "height": 800}}, {"color_scheme": "dark"}, {"reduced_motion": "reduce"}]
)
def test_narrow_dark_and_still(visit: Callable[..., Any], manner: dict[str, Any]):
    page = visit(SMALL, **manner)
    done(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if "color_scheme" in manner:
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 20, 23)"
    if "reduced_motion" in manner:  # it does not play, it is there
        until(page, "document.body.dataset.index === document.querySelector('#scrub').max")


def test_a_screen_reader_finds_names_and_is_told_of_what_stands(visit: Callable[..., Any]):
    page = visit(SMALL)
    done(page)
    page.click("#pause")
    page.focus("#scrub")
    page.keyboard.press("End")
    until(page, "document.body.dataset.index === document.querySelector('#scrub').max")
    until(page, "document.querySelector('#voice').textContent === document.querySelector('#said').textContent")
    assert "has learnt 2 of 2 directions" in page.inner_text("#voice")
    assert page.get_by_role("slider", name="Where on the path").get_attribute("aria-valuetext") == page.inner_text("#clock")
    assert page.get_by_role("slider", name="scale of the start").get_attribute("aria-valuetext") == "0.001"
    live = page.evaluate("[...document.querySelectorAll('#stage [aria-live], #stage [role=status]')].map((one) => one.id)")
    assert live[:2] == ["clock", "voice"]  # the clock is there to be silent
    assert page.get_attribute("#clock", "aria-live") == "off"
    other = visit("tab=margins&steps=100")
    done(other)
    plane = other.get_by_role("group", name="The line of each algorithm")
    assert plane.get_by_role("button", name="point 1 of class 1 at 2.4, 0.3").count() == 1


def test_on_a_phone_the_knobs_unfold(visit: Callable[..., Any]):
    page = visit(SMALL, viewport={"width": 390, "height": 844})
    done(page)
    assert not page.locator("#knob-depth").is_visible()
    page.click("#panel > summary")
    page.locator("#knob-depth").fill("1")
    until(page, "location.search.includes('depth=1')")
    page.set_viewport_size({"width": 1200, "height": 900})
    assert page.locator("#knob-depth").is_visible()


def test_the_theory_is_laid_over_a_run_when_it_is_asked_for(visit: Callable[..., Any]):
    page = visit("rows=10&columns=10&rank=2&share=1&depth=2&start=balanced&scale=0.1")
    until(page, "document.querySelector('#laws').hidden === (document.body.dataset.state !== 'done')")
    done(page)
    page.click("#lay")
    until(page, "document.querySelector('#laws table') !== null")
    rows = page.locator("#laws tbody tr")
    assert rows.count() >= 3
    assert all("✓ held" in rows.nth(k).inner_text() for k in range(rows.count()))
    assert f"{rows.count()} of {rows.count()} held along its whole path" in page.inner_text("#laws")
    page.click("#laws summary")
    assert "mode times: it is a law of linear regression" in page.inner_text("#laws details")
    page.locator("#knob-seed").fill("1")  # another run has to be asked about anew
    until(page, "document.querySelector('#laws table') === null")


def test_a_server_that_comes_again_is_found_again(visit: Callable[..., Any], tmp_path: Path):
    first = Served(tmp_path)
    page = visit("depth=8&rows=100&columns=100", base=first.address)
    until(page, "document.body.dataset.state === 'running'")
    first.end()
    until(page, "document.body.dataset.state === 'lost'")
    assert "does not answer" in page.inner_text("#said")
    with served(tmp_path, first.port):
        until(page, "document.body.dataset.state === 'running'")
        page.close()


def test_eight_readers_at_once_are_all_served(visit: Callable[..., Any]):
    pages = [visit(f"{SMALL}&seed={seed}") for seed in range(8)]
    for page in pages:
        done(page)
        assert int(page.evaluate("document.body.dataset.records")) > 10


def test_the_server_ends_on_control_c_while_a_reader_looks(visit: Callable[..., Any], tmp_path: Path):
    one = Served(tmp_path)
    page = visit("depth=8&rows=100&columns=100", base=one.address)
    until(page, "document.body.dataset.state === 'running'")
    assert one.end() == 130
    page.close()
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_a_study_is_run_from_the_page(visit: Callable[..., Any], server: Served):
    page = visit("tab=studies&study=one-measurement&form=quick")
    page.wait_for_selector("#study-run")
    assert page.locator("article tbody tr").count() == len(claims(server, "one-measurement"))
    assert "not run yet" in page.inner_text("article tbody tr")
    page.click("#study-run")
    until(page, "document.querySelector('#study-progress').textContent.includes('claims passed')", 3 * WAIT)
    assert page.locator("article .badge.pass").count() == page.locator("article tbody tr").count()
    page.locator(".drawn img").first.scroll_into_view_if_needed()
    until(page, "document.querySelector('.drawn img').naturalWidth > 100")


def claims(server: Served, name: str) -> list[Any]:
    with urllib.request.urlopen(f"{server.address}api/studies/{name}/quick") as answer:
        return json.loads(answer.read())["claims"]
