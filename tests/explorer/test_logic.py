"""What the scripts of the page reckon, run in a browser as they are served; every expected value is written by hand."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from explorer.browser import WAIT, Served, browser_path

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
pytestmark = pytest.mark.skipif(browser_path() is None, reason="there is no Chromium on this machine")

Case = tuple[str, Any]
NUMBERS: Sequence[Case] = [
    ("m.short(0)", "0"),
    ("m.short(null)", "–"),
    ("m.short(undefined)", "–"),
    ("m.short(NaN)", "–"),
    ("m.short(-Infinity)", "–"),
    ("m.short(1234.5)", "1230"),
    ("m.short(99999)", "100000"),
    ("m.short(100000)", "1e5"),
    ("m.short(-0.25)", "-0.25"),
    ("m.short(0.001)", "0.001"),
    ("m.short(0.00099)", "9.9e-4"),
    ("m.short(0.00012345)", "1.23e-4"),
    ("m.short(-1e7)", "-1e7"),
    ("m.short(20)", "20"),
    ("m.short(Math.PI, 5)", "3.1416"),
    ("m.ticks(0, 1)", [0, 0.2, 0.4, 0.6, 0.8, 1]),
    ("m.ticks(-1, 1, 4)", [-1, -0.5, 0, 0.5, 1]),
    ("m.ticks(0.13, 0.87, 4)", [0.2, 0.4, 0.6, 0.8]),
    ("m.ticks(0, 30)", [0, 10, 20, 30]),
    ("m.ticks(1, 60)", [20, 40, 60]),
    ("m.ticks(2, 2)", [2]),
    ("m.ticks(1e-9, 3e-9, 2)", [1e-9, 2e-9, 3e-9]),
    ("m.powers(1e-3, 100)", [1e-3, 1e-2, 0.1, 1, 10, 100]),
    ("m.powers(1, 1e20, 5)", [1, 1e5, 1e10, 1e15, 1e20]),
    ("m.powers(2, 7)", [2, 5]),
    ("m.powers(3, 40)", [5, 10, 20]),
    ("m.sentence('so few entries; 0.2 is the least')", "So few entries; 0.2 is the least."),
    ("m.sentence('Is it?')", "Is it?"),
    ("m.sentence('')", ""),
    ("m.powers(0.3, 0.9)", [0.3, 0.9]),
    ("m.powers(0.5, 20)", [1, 10]),
    ("m.scale(0, 10, 100, 200, false)(2.5)", 125),
    ("m.scale(0, 10, 200, 100, false)(10)", 100),
    ("m.scale(1, 100, 0, 10, true)(10)", 5),
    ("m.scale(3, 3, 7, 9, false)(3)", 7),
    ("m.extent([3, null, -1, NaN, 2, Infinity], false)", [-1, 3]),
    ("m.extent([3, null, -1, NaN, 2, 0], true)", [2, 3]),
    ("m.extent([-1, 0], true)", None),
    ("m.extent([], false)", None),
    ("m.roomy([0, 1], false)", [0, 1.05]),
    ("m.roomy([3, 10], false)", [0, 10.35]),
    ("m.roomy([5, 10], false)", [4.75, 10.25]),
    ("m.roomy([-2, 2], false)", [-2.2, 2.2]),
    ("m.roomy([4, 4], false)", [3.8, 4.2]),
    ("m.roomy([0, 0], false)", [-0.05, 0.05]),
    ("m.roomy([1, 5], true)", [0.5, 10]),
    ("m.roomy([1.3, 1300], true)", [1, 1690]),
]
SAME = "(v) => v, (v) => v"
"""A scale that leaves every value where it is, across and upward."""
CURVES: Sequence[Case] = [
    (f"m.trace([0, 1, 2], [1, 2, 3], 2, {SAME}, false, false)", "M0.0 1.0L1.0 2.0L2.0 3.0"),
    (f"m.trace([0, 1, 2], [1, 2, 3], 0, {SAME}, false, false)", "M0.0 1.0"),
    (f"m.trace([0, 1, 2], [1, null, 3], 2, {SAME}, false, false)", "M0.0 1.0M2.0 3.0"),
    (f"m.trace([0, 1, 2, 3], [1, 2, 0, 4], 3, {SAME}, false, true)", "M0.0 1.0L1.0 2.0M3.0 4.0"),
    (f"m.trace([0, 1, 2], [5, 6, 7], 2, {SAME}, true, false)", "M1.0 6.0L2.0 7.0"),
    (f"m.trace([0, 2], [0, 4], 0.5, {SAME}, false, false)", "M0.0 0.0L1.0 2.0"),
    (f"m.trace([1, 3], [2, 6], 0.5, {SAME}, false, false)", "M1.0 2.0L2.0 4.0"),
    (f"m.trace([0, 2], [0, null], 0.5, {SAME}, false, false)", "M0.0 0.0"),
    (f"m.trace([0, 2], [null, 4], 0.5, {SAME}, false, false)", ""),
    (f"m.trace([0, 2], [1, -4], 0.5, {SAME}, false, true)", "M0.0 1.0"),
    (f"m.trace([0, 1], [1, 2], 9, {SAME}, false, false)", "M0.0 1.0L1.0 2.0"),
    (f"m.trace([], [], 0, {SAME}, false, false)", ""),
    ("m.together([]).length", 0),
    (
        "m.together([{ place: 90, label: '3' }, { place: 10, label: '1' }, { place: 20, label: '2' }])",
        [{"place": 15, "label": "1, 2", "last": 20}, {"place": 90, "label": "3", "last": 90}],
    ),
    ("m.trace([0, 1], [1, 1e9], 1, (v) => 10 * v, (v) => v, false, false)", "M0.0 1.0L10.0 500.0"),
]
SIDES: Sequence[Case] = [
    ("m.joined([0, 1], [-1, 0.5])", [-1, 1]),
    ("m.joined(null, [1, 2])", [1, 2]),
    ("m.joined([1, 2], null)", [1, 2]),
    ("m.joined(null, null)", None),
]
LOG, LINEAR, WHOLE = (
    "{ kind: 'real', log: true, low: 1e-6, high: 1 }",
    "{ kind: 'real', log: false, low: 0.05, high: 1 }",
    "{ kind: 'whole', low: 1, high: 8 }",
)
SLIDER = """((knob) => {
  const values = Array.from({ length: 1001 }, (_, place) => m.valueAt(knob, place));
  const sound = values.every((value, k) => value >= knob.low && value <= knob.high && !(value < values[k - 1]));
  return [sound, Math.max(...values.map((value, k) => Math.abs(m.placeOf(knob, value) - k)))];
})"""
"""Whether the values of a slider stay in bounds and never fall, and how far from its place one is put back at most."""
KNOBS: Sequence[Case] = [
    *((f"m.valueAt({LOG}, {place})", value) for place, value in ((-5, 1e-6), (0, 1e-6), (250, 3.2e-5), (500, 1e-3), (2000, 1))),
    *((f"m.placeOf({LOG}, {value})", place) for place, value in ((0, 1e-6), (500, 1e-3), (833, 0.1), (1000, 1))),
    *((f"m.valueAt({LINEAR}, {place})", value) for place, value in ((0, 0.05), (1, 0.051), (500, 0.525), (1000, 1))),
    *((f"m.placeOf({LINEAR}, {value})", place) for place, value in ((0, 0.05), (158, 0.2), (500, 0.525), (1000, 1))),
    (f"m.valueAt({WHOLE}, 3)", 3),
    (f"m.placeOf({WHOLE}, 8)", 8),
    # What a slider gives never leaves its bounds, never falls, and lies within the rounding of where it was taken from.
    # Of six decades in 1000 places two digits are off by log10(1.05) of a decade at most, which is less than four places.
    (f"{SLIDER}({LOG})", [True, 3]),
    (f"{SLIDER}({LINEAR})", [True, 1]),
]
PLANE: Sequence[Case] = [
    ("m.textOf(m.pointsOf('0.5_1_1,-1_2.25_-1'))", "0.5_1_1,-1_2.25_-1"),
    ("m.pointsOf('0.5_-1_1')", [[0.5, -1, 1]]),
    ("m.pointsOf('')", []),
    ("m.textOf([[0.123456, -1e-9, -1]])", "0.12_0_-1"),
    ("m.lineOf([0, 0], 4)", None),
    ("m.lineOf([1, 0], 2)", [0, 6, 0, -6]),
    ("m.lineOf([0, 2, -2], 2)", [-6, 1, 6, 1]),
    ("m.lineOf([NaN, 1], 2)", None),
]
PICTURES: Sequence[Case] = [
    ("m.shade(127, false)", [250, 250, 248]),
    ("m.shade(254, false)", [190, 60, 10]),
    ("m.shade(0, false)", [0, 90, 160]),
    ("m.shade(191, false)", [215, 140, 110]),  # a half, to the power 0.8
    ("m.shade(255, false)", [226, 228, 232]),
    ("m.shade(127, true)", [18, 20, 24]),
    ("m.shade(254, true)", [240, 120, 70]),
    ("m.shade(0, true)", [86, 180, 233]),
]
SHEET: Sequence[Case] = [
    ("m.wrapped('one two three', 7, (part) => part.length)", ["one two", "three"]),
    ("m.wrapped('one two', 99, (part) => part.length)", ["one two"]),
    ("m.wrapped('points=1_2_1%2C3_4_1', 15, (part) => part.length)", ["points=1_2_1%2C", "3_4_1"]),
    ("m.wrapped('immeasurable it is', 5, (part) => part.length)", ["immeasurable", "it is"]),
    ("m.wrapped('/?tab=margins&points=1_2_1%2C3_4_1&steps=9', 21, (part) => part.length)",
     ["/?tab=margins&", "points=1_2_1%2C3_4_1&", "steps=9"]),
]  # fmt: skip
LANES: Sequence[Case] = [
    ("((lane) => [lane.length, lane.curves('loss')])(new m.Lane('a', 'A'))", [0, []]),
    (
        """((lane) => {
        lane.add({ time: [0, 1], loss: [4, null], matrix: [[[1, 2], [3, 4]], [[5, 6], [7, 8]]] });
        lane.add({ time: [2], loss: [1], matrix: [[[9, 10], [11, 12]]] });
        lane.add({ time: [], loss: [], matrix: [] });
        return [lane.length, lane.curves('loss'), lane.curves('matrix'), lane.curves('nothing')];
        })(new m.Lane('a', 'A'))""",
        [3, [[4, None, 1]], [[1, 5, 9], [2, 6, 10], [3, 7, 11], [4, 8, 12]], []],
    ),
    ("[0, 2, 3, 5, 9, 50].map((at) => m.lastAt([{ upto: 2 }, { upto: 5 }, { upto: 9 }], at).upto)", [2, 2, 5, 5, 9, 9]),
    ("m.lastAt([], 3)", None),
    (
        "((one) => [one.id, one.rows, one.columns, one.reach, [...one.steps]])"
        "(m.pictured({ error: { rows: 1, columns: 4, reach: 2.5, bytes: 'AH/+/w==' } }, '7').error)",
        ["error 7", 1, 4, 2.5, [0, 127, 254, 255]],
    ),
    ("m.pictured(undefined, 'x')", {}),
]
GROUPS = {
    "numbers": NUMBERS,
    "chart": CURVES,
    "side": SIDES,
    "knobs": KNOBS,
    "plane": PLANE,
    "picture": PICTURES,
    "sheet": SHEET,
    "run": LANES,
}


@pytest.fixture(scope="module")
def page(server: Served, chromium: Any) -> Iterator[Any]:
    """A page that computes nothing by itself, for all tests here."""
    one = chromium.new_page()
    one.set_default_timeout(WAIT)
    one.goto(f"{server.address}?tab=studies")
    yield one
    one.close()


def rounded(value: Any) -> Any:
    """Numbers to twelve digits, and no negative zero, wherever they are."""
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return float(f"{value:.12g}") + 0.0 if isinstance(value, float) else value


@pytest.mark.parametrize("module", GROUPS)
def test_a_module_reckons_as_it_should(page: Any, module: str):
    cases = GROUPS[module]
    parts = ",\n".join(f"() => {expression}" for expression, _ in cases)
    script = f"async () => {{ const m = await import('/page/{module}.js'); return [{parts}].map((one) => one() ?? null); }}"
    found = page.evaluate(script)
    assert len(found) == len(cases)
    wrong = [(case[0], rounded(one), case[1]) for case, one in zip(cases, found, strict=True) if rounded(one) != rounded(case[1])]
    assert wrong == []


STREAM = """async (events) => {
  const { Run } = await import('/page/run.js');
  const asked = [];
  class Source extends EventTarget {
    closed = false;
    close() { this.closed = true; }
  }
  const run = new Run('kernel', 'depth=2', (url) => { asked.push(url); return new Source(); });
  let news = 0;
  run.addEventListener('news', () => { news += 1; });
  const states = [run.state];
  const seen = [];
  for (const [kind, what] of events) {
    if (kind === 'look') {
      run.cursor = what;
      seen.push({ length: run.length, sentences: run.sentences(what), rules: run.rulesOf('paths').map((one) => one.label),
        picture: run.pictureAt('now', what)?.id ?? null, still: run.pictureAt('target', what)?.id ?? null,
        profiles: Object.keys(run.profiles), reference: run.reference });
      continue;
    }
    run.source.readyState = kind === 'error' && what === 'closed' ? 2 : 0;
    run.source.dispatchEvent(kind === 'error' ? new Event('error') : new MessageEvent(kind, { data: JSON.stringify(what) }));
    if (run.state !== states.at(-1)) states.push(run.state);
  }
  return {
    asked, states, seen, news: news > 0, over: run.over, closed: run.source.closed, knob: run.knob ?? null, closing: run.closing,
  };
}"""
PIXEL = {"rows": 1, "columns": 1, "reach": 1.0, "bytes": "fw=="}


def rule(label: str) -> dict[str, Any]:
    """A line across."""
    return {"axis": "y", "value": 1.0, "label": label}


OPENED = (
    "opened",
    {
        "job": "j",
        "lanes": [{"name": "a", "label": "A"}, {"name": "b", "label": "B"}],
        "rules": {"paths": [rule("planted")]},
        "pictures": {"target": PIXEL},
        "profiles": {"coefficients": []},
    },
)
DUE = {"rules": {"paths": [rule("due")]}}
FRAMES = [
    ("frame", {"lane": "a", "records": {"time": [0, 1]}, "sentence": "a1", **DUE, "pictures": {"now": PIXEL}}),
    ("frame", {"lane": "b", "records": {"time": [0]}, "sentence": "b1", "rules": {"paths": [rule("never seen")]}}),
    ("frame", {"lane": "a", "records": {"time": [2, 3]}, "sentence": "a2", "pictures": {"now": PIXEL}}),
    ("frame", {"lane": "nobody", "records": {"time": [9]}, "sentence": "no"}),
]
REFERENCE = ("reference", {"sentence": "exact", "rules": {"paths": [rule("least")]}, "profiles": {"more": []}})


def test_a_run_is_what_its_stream_told(page: Any):
    ends = [("ended", {"lane": "a", "sentence": "a is over"}), ("done", {}), ("error", None), ("look", 3), ("look", 1)]
    found = page.evaluate(STREAM, [("knobs", {}), OPENED, *FRAMES, ("look", 0), ("look", 3), ("look", 0), REFERENCE, *ends])
    assert found["asked"] == ["/api/runs/kernel?depth=2"]
    assert found["states"] == ["connecting", "preparing", "running", "done"]
    assert (found["over"], found["closed"], found["news"], found["closing"]) == (True, True, True, "")
    first, last, again, end, back = found["seen"]
    assert first == again
    assert first == {
        "length": 4,
        "sentences": ["A: a1", "B: b1"],
        "rules": ["planted", "due"],
        "picture": "now 1",
        "still": "target still",
        "profiles": ["coefficients"],
        "reference": "",
    }
    assert last == {**first, "sentences": ["A: a2", "B: b1"], "rules": ["planted"], "picture": "now 3"}
    known = {"rules": ["planted", "least"], "profiles": ["coefficients", "more"], "reference": "exact"}
    assert end == {**last, **known, "sentences": ["A: a is over", "B: b1"]}
    assert back == {**first, **known, "rules": ["planted", "least", "due"]}


def test_a_stream_that_breaks_begins_anew(page: Any):
    events = [("knobs", {}), OPENED, *FRAMES, REFERENCE, ("error", None), ("knobs", {}), OPENED, FRAMES[0], ("look", 3)]
    found = page.evaluate(STREAM, events)
    assert found["states"] == ["connecting", "preparing", "running", "lost", "preparing", "running"]
    assert found["seen"][0]["length"] == 2
    assert found["seen"][0]["rules"] == ["planted", "due"]
    assert (found["over"], found["closed"]) == (False, False)


def test_a_server_that_does_not_know_the_page_is_told_from_one_that_is_away(page: Any):
    found = page.evaluate(STREAM, [("knobs", {}), OPENED, ("error", None), ("error", "closed")])
    assert found["states"] == ["connecting", "preparing", "running", "lost", "unknown"]


@pytest.mark.parametrize("kind", ["refused", "failed", "full"])
def test_a_stream_that_ends_badly_says_why(page: Any, kind: str):
    found = page.evaluate(STREAM, [(kind, {"sentence": "too many", "knob": "depth"}), ("error", None)])
    assert found["states"] == ["connecting", kind]
    assert (found["over"], found["closed"], found["knob"], found["closing"]) == (True, True, "depth", "too many")


PLAYED = """async () => {
  const { Player } = await import('/page/player.js');
  const made = (name, type) => Object.assign(document.createElement(name), type ? { type } : {});
  const [scrub, back, forth] = [made('input', 'range'), made('button'), made('button')];
  const parts = { scrub, back, forth, clock: made('output'), speed: made('select') };
  parts.speed.add(new Option('1', '1', true, true));
  parts.speed.add(new Option('4', '4'));
  const player = new Player(parts);
  let moves = 0;
  player.addEventListener('moved', () => { moves += 1; });
  const found = { empty: [player.index, parts.scrub.max, parts.back.disabled] };
  player.step(1);
  found.nowhere = [player.place, player.index];
  player.length = 120;
  found.ready = [parts.scrub.max, parts.forth.disabled];
  const tick = (speed, seconds, from) => {
    Object.assign(player, { playing: true, last: 1000, place: from });
    parts.speed.value = speed;
    player.tick(1000 + 1000 * seconds);
    player.playing = false;
    return [player.place, player.index, parts.scrub.value];
  };
  found.tick = tick('1', 0.05, 3);
  found.fast = tick('4', 0.05, 3);
  found.slept = tick('1', 60, 3);
  found.end = tick('4', 0.1, 118);
  player.length = 10;
  found.slow = tick('1', 0.1, 0);
  player.move(4.7);
  player.step(1);
  found.stepped = player.place;
  player.step(-9);
  found.first = player.place;
  player.move(99);
  found.last = player.place;
  player.playing = true;
  parts.scrub.value = '2';
  parts.scrub.dispatchEvent(new Event('input'));
  found.scrubbed = [player.place, player.playing];
  parts.forth.click();
  parts.forth.click();
  parts.back.click();
  found.clicked = player.place;
  found.moved = moves;
  player.tick(5000);
  found.paused = player.place;
  player.start();
  found.started = [player.place, player.length, player.playing, parts.scrub.disabled];
  player.pause();
  return found;
}"""


def test_the_player_is_where_it_should_be(page: Any):
    found = {name: rounded(value) for name, value in page.evaluate(PLAYED).items()}
    assert found == {
        "empty": [0, "", False],
        "nowhere": [0, 0],
        "ready": ["119", False],
        "tick": [3.5, 3, "3"],  # 120 records in 12 seconds
        "fast": [5, 5, "5"],
        "slept": [4, 4, "4"],  # a tab that was away does not leap
        "end": [119, 119, "119"],
        "slow": [0.6, 0, "0"],  # six records a second at least
        "stepped": 5,
        "first": 0,
        "last": 9,
        "scrubbed": [2, False],
        "clicked": 3,
        "moved": 14,
        "paused": 3,
        "started": [0, 0, True, True],
    }


SPOKEN = """async (told) => {
  const { Voice } = await import('/page/voice.js');
  const place = document.createElement('p');
  const voice = new Voice(place);
  return told.map(([text, moving, now]) => { voice.tell(text, moving, now); return place.textContent; });
}"""


def test_a_screen_reader_is_told_no_oftener_than_one_can_listen(page: Any):
    told = [("one", True, 0), ("two", True, 4999), ("three", True, 5000), ("four", True, 5001), ("five", False, 5002)]
    told += [("six", False, 5003), ("seven", True, 10002), ("seven", True, 10003), ("eight", True, 10004)]
    expected = ["one", "one", "three", "three", "five", "six", "six", "seven", "seven"]
    assert page.evaluate(SPOKEN, told) == expected
