"""Pictures that are taken along: a sheet of all figures and one figure, as SVG and PNG, against what the page shows."""

import base64
import io
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread

from explorer.browser import SMALL, browser_path, done, until

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
pytestmark = pytest.mark.skipif(browser_path() is None, reason="there is no Chromium on this machine")
SVG = "{http://www.w3.org/2000/svg}"
CURVES = """(side) => [...document.querySelectorAll(`${side} .curves path`)].filter((one) => one.getAttribute('d'))
    .map((one) => [one.getAttribute('d'), getComputedStyle(one).stroke, getComputedStyle(one).strokeDasharray])"""
MATRICES = """() => [...document.querySelectorAll('canvas')].map((one) => [one.height, one.width,
    [...one.getContext('2d').getImageData(0, 0, one.width, one.height).data]])"""


def at_the_end(page: Any) -> None:
    """Goes to the last record, and waits until it is drawn."""
    done(page)
    page.focus("#scrub")
    page.keyboard.press("End")
    until(page, "document.body.dataset.index === document.querySelector('#scrub').max")


def downloaded(page: Any, click: Callable[[], Any]) -> tuple[str, bytes]:
    """The name and the content of the file that a click saves."""
    with page.expect_download() as waiting:
        click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def checked(content: bytes) -> ElementTree.Element:
    """A picture that is XML and needs neither a style nor any other file."""
    root = ElementTree.fromstring(content)
    for one in root.iter():
        assert one.tag.startswith(SVG)
        assert not {"class", "style", "tabindex"} & set(one.attrib)
        for name, value in one.attrib.items():
            assert "var(" not in value, (one.tag, name)
            assert "url(" not in value, (one.tag, name)
            assert not name.endswith("href") or value.startswith("data:image/png;base64,")
    return root


def curves(root: ElementTree.Element) -> list[tuple[str, str, str]]:
    """Path data, stroke and dashes of all paths, with what they inherit."""
    found = []

    def walk(one: ElementTree.Element, inherited: dict[str, str]) -> None:
        now = {**inherited, **{name: one.attrib[name] for name in ("stroke", "stroke-dasharray") if name in one.attrib}}
        if one.tag == f"{SVG}path":
            found.append((one.attrib["d"], now["stroke"], now["stroke-dasharray"]))
        for child in one:
            walk(child, now)

    walk(root, {})
    return found


def words(root: ElementTree.Element) -> str:
    """All lines of text, one after the other."""
    return " ".join((line.text or "") for line in root.iter(f"{SVG}tspan"))


def decoded(content: bytes) -> np.ndarray:
    """A PNG as bytes of red, green and blue."""
    return np.round(255 * imread(io.BytesIO(content), format="png")[:, :, :3]).astype(np.uint8)


def matrices(page: Any) -> list[np.ndarray]:
    """The pixels of each matrix that is shown."""
    return [np.array(data, dtype=np.uint8).reshape(rows, columns, 4)[:, :, :3] for rows, columns, data in page.evaluate(MATRICES)]


def test_the_sheet_holds_all_that_is_seen(visit: Callable[..., Any]):
    page = visit(SMALL)
    at_the_end(page)
    page.click("#more summary")
    name, content = downloaded(page, lambda: page.click("#as-svg"))
    root = checked(content)
    assert name == "thalweg-completion.svg"

    shown = [tuple(one) for one in page.evaluate(CURVES, "#now")]
    assert len(shown) > 20
    assert not Counter(shown) - Counter(curves(root))

    said = words(root)
    whole = "".join(said.split())
    told = [*page.locator("figure strong").all_inner_texts(), *page.locator("figcaption > span").all_inner_texts()]
    told += [page.inner_text("#said"), page.inner_text("#reference"), page.inner_text("#clock"), page.inner_text("#now h2")]
    for text in told:
        assert text
        assert "".join(text.split()) in whole
    address = page.evaluate("location.search")
    assert f"/{address}" in whole
    about = root.find(f"{SVG}desc")
    assert about is not None
    assert about.text == f"Thalweg explorer: /{address}"

    pictures = [base64.b64decode(one.attrib["href"].partition(",")[2]) for one in root.iter(f"{SVG}image")]
    shades = matrices(page)
    assert len(pictures) == len(shades) == 4
    for picture, matrix in zip(pictures, shades, strict=True):
        large = decoded(picture)
        times = large.shape[0] // matrix.shape[0]
        assert times == 40
        np.testing.assert_array_equal(large, matrix.repeat(times, axis=0).repeat(times, axis=1))

    name, content = downloaded(page, lambda: page.click("#as-png"))
    assert name == "thalweg-completion.png"
    painted = decoded(content)
    width, height = (int(root.attrib[edge]) for edge in ("width", "height"))
    assert painted.shape == (2 * height, 2 * width, 3)
    assert painted[0, 0].tolist() == [252, 252, 250]
    assert (painted == (0, 114, 178)).all(axis=2).sum() > 1000  # the first curves
    for place, matrix in zip(root.iter(f"{SVG}image"), shades, strict=True):
        left, top, wide, high = (float(place.attrib[edge]) for edge in ("x", "y", "width", "height"))
        rows, columns = matrix.shape[:2]
        across = (2 * (left + wide * (np.arange(columns) + 0.5) / columns)).astype(int)
        down = (2 * (top - float(root.attrib["viewBox"].split()[1]) + high * (np.arange(rows) + 0.5) / rows)).astype(int)
        seen = painted[np.ix_(down, across)].astype(int)
        assert np.abs(seen - matrix).max() <= 1


def test_pictures_of_two_runs_are_told_apart(visit: Callable[..., Any]):
    page = visit(f"{SMALL}&beside=rows%3D12%26columns%3D10%26rank%3D2%26share%3D0.7%26depth%3D1", color_scheme="dark")
    at_the_end(page)
    until(page, "document.body.dataset.beside === 'done'")
    until(page, "document.querySelector('#keep').textContent === 'End comparison'")
    page.click("#more summary")
    _, content = downloaded(page, lambda: page.click("#as-svg"))
    root = checked(content)
    for side, label in (("#now", "depth 2"), ("#kept", "depth 1")):
        shown = [tuple(one) for one in page.evaluate(CURVES, side)]
        assert len(shown) > 20
        assert not Counter(shown) - Counter(curves(root))
        assert f" {label} " in words(root)
    ground = root.find(f"{SVG}rect")
    assert ground is not None
    assert ground.attrib["fill"] == "rgb(18, 20, 23)"

    names = {}
    for side in ("#now", "#kept"):
        figure = page.locator(f"{side} figure.chart").first
        assert figure.locator(".take").evaluate("(one) => getComputedStyle(one).opacity") == "0"
        figure.get_by_role("button", name="Singular values of the product: save as SVG").focus()
        assert figure.locator(".take").evaluate("(one) => getComputedStyle(one).opacity") == "1"
        name, content = downloaded(page, lambda: page.keyboard.press("Enter"))
        names[name] = checked(content)
        own = [tuple(one) for one in page.evaluate(CURVES, f"{side} figure.chart:first-child")[:10]]
        assert len(own) == 10
        assert not Counter(own) - Counter(curves(names[name]))
    assert list(names) == [f"thalweg-completion-singular-values-of-the-product-{side}.svg" for side in ("now", "kept")]

    # The address on the sheet shows both again.
    other = visit((root.findtext(f"{SVG}desc") or "").partition("?")[2], color_scheme="dark")
    at_the_end(other)
    until(other, "document.body.dataset.beside === 'done'")
    for side in ("#now", "#kept"):
        assert other.evaluate(CURVES, side) == page.evaluate(CURVES, side)


def test_points_and_their_lines_can_be_taken_along(visit: Callable[..., Any]):
    page = visit("tab=margins&steps=100&algorithms=normalized.sign")
    at_the_end(page)
    figure = page.locator("figure.plane")
    _, content = downloaded(page, lambda: figure.get_by_role("button", name="save as SVG").click())
    root = checked(content)
    shown = page.evaluate("[...document.querySelectorAll('.plane line.lane')].map((one) => getComputedStyle(one).stroke)")
    assert shown == ["rgb(0, 114, 178)", "rgb(213, 94, 0)"]
    lines = [one.attrib.get("stroke") for one in root.iter(f"{SVG}line")]
    assert lines[-2:] == shown
    assert [one.text for one in root.iter(f"{SVG}tspan")][-5:] == page.locator(".plane ul.legend li").all_inner_texts()
    assert len([one for one in root.iter(f"{SVG}path") if one.attrib.get("fill") in shown]) == 12
    name, content = downloaded(page, lambda: figure.get_by_role("button", name="save as PNG").click())
    assert name == "thalweg-margins-the-line-of-each-algorithm.png"
    assert decoded(content).shape == (2 * int(root.attrib["height"]), 2 * int(root.attrib["width"]), 3)
