"""The page: whole, quiet on the network, readable, and safe from what it is told."""

import itertools
import json
import re
from html.parser import HTMLParser

import pytest
from plotly.offline import get_plotlyjs

from report.examples import awkward, completion, every_run, final_values, run, singular_values, verdict
from thalweg.report.chapter import chapters
from thalweg.report.html import page

VOID = {"meta", "link", "img", "br", "hr", "input", "line", "circle"}


class Page(HTMLParser):
    """Elements in order with their attributes, what each script holds, and the text that is shown."""

    def __init__(self, text: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        for name, found in (("script", self.scripts), ("style", self.styles)):
            if tag == name:
                found.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data
        elif self.open and self.open[-1] == "style":
            self.styles[-1] += data
        else:
            self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def shown(self) -> str:
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="module")
def full() -> str:
    return page(chapters(every_run()))


@pytest.fixture(scope="module")
def parsed(full: str) -> Page:
    return Page(full)


def test_elements_are_closed(parsed: Page):
    assert parsed.open == []


def test_nothing_is_asked_of_the_network(parsed: Page):
    assert len(parsed.elements) > 300
    for tag, attributes in parsed.elements:
        assert tag not in {"link", "iframe", "object", "embed", "base", "img", "audio", "video", "source"}
        assert not {"src", "srcset", "background", "poster", "action", "formaction", "ping"} & set(attributes)
        target = attributes.get("href")
        if target is not None:
            assert tag == "a"
            assert re.match(r"#|figures/|tables/|verdicts\.json$|https://(doi\.org|arxiv\.org)/", target)
    for style in parsed.styles + [attributes.get("style") or "" for _, attributes in parsed.elements]:
        assert "@import" not in style
        assert "url(" not in style
    (policy,) = [meta["content"] for meta in parsed.all("meta") if "http-equiv" in meta]
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy


def test_plotly_stands_in_it_once(full: str, parsed: Page):
    assert full.count(get_plotlyjs()) == 1
    assert [len(script) > 1_000_000 for script in parsed.scripts].count(True) == 1
    assert len(full) < len(get_plotlyjs()) + 6_000_000


def test_plots_are_not_sent_anywhere(parsed: Page):
    assert 'showSendToCloud: false, plotlyServerURL: ""' in parsed.scripts[-1]


def test_a_page_without_plots_needs_no_plotly():
    text = page(chapters([run("no-claims")]))
    assert len(text) < 100_000
    assert "This study makes no claims." in text


def test_no_runs_at_all():
    shown = Page(page([])).shown()
    assert "no claims" in shown
    assert "No study was carried out." in shown


def test_hostile_text_stays_text(parsed: Page):
    assert not parsed.all("img")
    assert all("alert(" not in script or script.lstrip().startswith("{") for script in parsed.scripts[:-2])
    assert '<script>alert("1")</script> & <img src=x onerror=alert(2)> 50% of' in parsed.shown()
    assert not [name for _, attributes in parsed.elements for name in attributes if name.startswith("on")]


def test_figures_are_json(parsed: Page):
    figures = [json.loads(script) for script in parsed.scripts[:-2]]
    assert len(figures) == len([part for part in parsed.all("div") if part.get("class") == "canvas"]) == 11
    assert all(set(figure) == {"data", "layout"} for figure in figures)


def test_all_verdicts_are_shown_by_word_and_symbol(parsed: Page):
    shown = parsed.shown()
    for badge in ("✓ pass", "✗ fail", "? inconclusive", "○ not run"):
        assert badge in shown
    badges = [part["class"] for part in parsed.all("span") if (part.get("class") or "").startswith("badge")]
    assert {"badge pass", "badge fail", "badge inconclusive", "badge not-run"} == set(badges)


def test_summary_and_reasons(full: str, parsed: Page):
    shown = parsed.shown()
    assert "<title>Thalweg report: 12 claims: 5 pass, 3 fail, 2 inconclusive, 2 not run</title>" in full
    assert "12 claims: ✓ 5 pass ✗ 3 fail ? 2 inconclusive ○ 2 not run" in shown
    for made in every_run():
        for part in made.verdicts:
            if part.verdict != "pass" and "<" not in part.reason:
                assert (part.reason or "no reason was given") in shown


def test_numbers_and_what_was_published():
    shown = Page(page(chapters([completion()]))).shown()
    assert "2.61×10⁻⁵ [1.9×10⁻⁵, 3.4×10⁻⁵] published 2.7×10⁻⁵" in shown
    assert "220.24 [218.9, 221.7] published 219.45" in shown
    assert "9.7×10⁻⁸ [8.1×10⁻⁸, 9.7×10⁻⁸] largest of 5 seeds at most 10⁻⁶ margin +0.903" in shown
    assert "null fails mutants fail 1/2" in shown
    assert "null, the zero matrix in place of the networks: margin −1.1" in shown
    assert "depth 3 in its place: margin +0.021" in shown
    assert "– published 2.3×10⁻⁵ not run" in shown


def test_numbers_that_are_none(parsed: Page):
    shown = parsed.shown()
    assert "not a number [−∞, ∞]" in shown
    assert "∞ [1.9×10⁻⁵" in shown
    assert "margin −∞" in shown


def test_provenance_reproduction_and_citation():
    shown = Page(page(chapters([singular_values()]))).shown()
    assert "thalweg run singular-values --seeds 1 --seed 0 --quick --set rank=3 --set films.most=200" in shown
    assert "quick: smaller than the published setting; changed: rank=3, films.most=200" in shown
    assert "thalweg 0.1.0, jax 0.10.2, diffrax 0.7.2, numpy 2.3.1" in shown
    assert "1 in all: 1 computed now, 0 from the store, 0 missing" in shown
    assert "6 min 57 s of computation" in shown
    assert "films.ratings 10000" in shown
    assert "@inproceedings{arora2019implicit," in shown
    assert "3 cases did not run" not in shown


def test_headings_are_in_order_and_anchors_lead_somewhere(parsed: Page):
    levels = [int(tag[1]) for tag, _ in parsed.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    names = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert len(names) == len(set(names))
    linked = {target[1:] for part in parsed.all("a") if (target := part["href"]) and target.startswith("#")}
    assert linked <= set(names)
    assert {"matrix-completion", "singular-values-figures", "odd-study-verdicts"} <= linked


def test_who_cannot_see_is_told(parsed: Page):
    assert parsed.all("html") == [{"lang": "en"}]
    canvases = [part for part in parsed.all("div") if part.get("class") == "canvas"]
    assert all(part["role"] == "img" and len(part["aria-label"] or "") > 10 for part in canvases)
    assert len(parsed.all("caption")) == len(parsed.all("table")) == 6
    assert all(part.get("scope") in ("col", "row") for part in parsed.all("th"))
    assert all(part["aria-pressed"] == "true" for part in parsed.all("button"))


def test_the_same_page_every_time():
    first = page(chapters([awkward()]))
    assert page(chapters([awkward()])) == first


def test_a_note_on_a_pass_is_shown():
    noted = verdict(reason="the median keeps the bound; instances 3 do not")
    assert "instances 3 do not" in Page(page(chapters([run(verdicts=[noted])]))).shown()


def test_one_seed_has_no_interval():
    assert "[44.6, 48.2]" not in Page(page(chapters([singular_values()]))).shown()
    assert "[44.6, 48.2]" in Page(page(chapters([run(tables=[final_values()])]))).shown()
