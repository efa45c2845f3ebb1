"""Formulas in sentences."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg.drawing.markup import as_html, as_latex, as_text, wrapped


@pytest.mark.parametrize(
    ("text", "html", "plain"),
    [
        ("a < b & c", "a &lt; b &amp; c", "a < b & c"),
        (r"$\sigma_r^{2-2/N}$", "σ<sub><i>r</i></sub><sup>2−2/<i>N</i></sup>", "σ_r^(2-2/N)"),
        (r"$W_N \cdots W_1$", "<i>W</i><sub><i>N</i></sub> … <i>W</i><sub>1</sub>", "W_N … W_1"),
        (r"$\frac{1}{\sqrt{n}}$", "1/√<i>n</i>", "1/√n"),
        (r"$\dot\sigma \le \|x\|$", "σ\u0307 ≤ ‖<i>x</i>‖", "σ\u0307 ≤ ‖x‖"),
        ("costs $5", "costs $5", "costs $5"),
        (r"$\unknown{x} _$", "unknown<i>x</i> _", "unknownx _"),
        ("$<script>$", "&lt;<i>s</i><i>c</i><i>r</i><i>i</i><i>p</i><i>t</i>&gt;", "<script>"),
    ],
)
def test_formulas(text: str, html: str, plain: str):
    assert as_html(text) == html
    assert as_text(text) == plain


@given(st.text())
def test_no_text_makes_a_tag_of_its_own(text: str):
    tags = re.findall(r"<[^>]*>", as_html(text))
    assert set(tags) <= {"<i>", "</i>", "<sub>", "</sub>", "<sup>", "</sup>"}
    assert tags.count("<i>") == tags.count("</i>")


SPECIAL = re.compile(r"(?<!\\)[&%#_{}~^]")


@given(st.text(alphabet=st.sampled_from('ab &%#_~^<>|"α≤–')))
def test_latex_leaves_nothing_special(text: str):
    without = re.sub(r"\\(?:text\w+|dots)\{\}|\$\\\w+\$", "", as_latex(text))
    assert "$" not in without
    assert SPECIAL.search(without) is None


def test_latex_keeps_formulas():
    assert as_latex(r"50% of $\sigma_1$ in x_1\y") == r"50\% of $\sigma_1$ in x\_1\textbackslash{}y"


def test_formulas_are_not_broken():
    lines = wrapped(r"the value $\sigma_1 + \sigma_2 + \sigma_3$ of a path", 12)
    assert r"$\sigma_1 + \sigma_2 + \sigma_3$" in lines
    assert all(line.count("$") % 2 == 0 for line in lines)
