"""Numbers in three styles."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thalweg.drawing.numbers import digits_of, interval, number, powers


@pytest.mark.parametrize(
    ("value", "text", "html", "latex"),
    [
        (2.61e-5, "2.61e-5", "2.61×10⁻⁵", r"$2.61\times10^{-5}$"),
        (-2.6e-5, "-2.6e-5", "−2.6×10⁻⁵", r"$-2.6\times10^{-5}$"),
        (1.5e7, "1.5e7", "1.5×10⁷", r"$1.5\times10^{7}$"),
        (0.0, "0", "0", "0"),
        (28000.0, "28000", "28000", "28000"),
        (219.447, "219", "219", "219"),
        (0.99999, "1", "1", "1"),
        (9.9999e-4, "0.001", "0.001", "0.001"),
        (9.999e-5, "1e-4", "1×10⁻⁴", r"$1\times10^{-4}$"),
        (-0.272, "-0.272", "−0.272", "$-$0.272"),
        (math.inf, "inf", "∞", r"$\infty$"),
        (-math.inf, "-inf", "−∞", r"$-$$\infty$"),
        (math.nan, "not a number", "not a number", "not a number"),
        (None, "–", "–", "--"),
    ],
)
def test_styles(value: float | None, text: str, html: str, latex: str):
    assert (number(value), number(value, "html"), number(value, "latex")) == (text, html, latex)


@given(st.floats(min_value=-1e12, max_value=1e12, allow_nan=False))
def test_text_is_the_number_to_three_digits(value: float):
    assert float(number(value)) == pytest.approx(value, rel=5.01e-3, abs=1e-320)


def test_sign_and_digits():
    assert number(0.5, sign=True) == "+0.5"
    assert number(219.447, digits=5) == "219.45"
    assert interval(218.912, 221.7, digits=4) == "[218.9, 221.7]"
    assert interval(None, 2.0) == ""


def test_as_many_digits_as_were_printed():
    pairs = [(2e-5, "3e-5"), (0.1, "1.06e-1"), (216.2, "210.15"), (1.4, "1.3980000001"), (61.0, "about 60"), (0.2, "210.15")]
    assert [digits_of(value, text) for value, text in pairs] == [3, 3, 5, 6, 3, 3]
    assert [digits_of(value, "210.15") for value in (None, 0.0, math.nan, math.inf, -216.2)] == [3, 3, 3, 3, 5]


def test_powers_leave_other_text_alone():
    assert powers("1e-06, 1.5e3 and 2e5th") == "10⁻⁶, 1.5×10³ and 2e5th"
    assert powers("v1.2e3 0x1e5 1e") == "v1.2e3 0x1e5 1e"
    assert powers("at most 1e-06", "latex") == r"at most $1\times10^{-6}$"
