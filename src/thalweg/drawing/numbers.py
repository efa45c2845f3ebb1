"""Numbers as a reader wants them: three significant digits, powers of ten where they help, in three styles."""

import math
import re
from collections.abc import Callable

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_POWER = re.compile(r"(?<![\w.])([-+−]?\d+(?:\.\d+)?)[eE]([-+]?\d+)(?!\w|\.\d)")
_PRINTED = re.compile(r"(?<![\w.])(\d*)\.(\d+)(?:[eE]([-+]?\d+))?")
_STYLES: dict[str, tuple[Callable[[str, int], str], str, str]] = {
    # mantissa and exponent, the sign of negative numbers, infinity
    "text": (lambda mantissa, exponent: f"{mantissa}e{exponent}", "-", "inf"),
    "html": (lambda mantissa, exponent: f"{mantissa}×10{str(exponent).translate(_SUPERSCRIPTS)}", "−", "∞"),
    "latex": (lambda mantissa, exponent: rf"${mantissa}\times10^{{{exponent}}}$", "$-$", r"$\infty$"),
}


def number(value: float | None, style: str = "text", sign: bool = False, digits: int = 3) -> str:
    r"""A number with three significant digits, or so many; whole numbers below a million in full; an en dash for none.

    Arguments:
        value: the number; None where there is none.
        style: `text` (2.6e-5), `html` (2.6×10⁻⁵) or `latex` ($2.6\times10^{-5}$).
        sign: whether positive numbers get a plus.
        digits: how many significant digits.

    Examples:
        >>> from thalweg.drawing.numbers import number
        >>> number(2.6e-5), number(0.12345), number(219.447), number(28000), number(-3.0, sign=True)
        ('2.6e-5', '0.123', '219', '28000', '-3')
        >>> number(2.6e-5, "html"), number(float("nan")), number(None)
        ('2.6×10⁻⁵', 'not a number', '–')
    """
    power, minus, infinity = _STYLES[style]
    if value is None:
        return "--" if style == "latex" else "–"
    value = float(value)
    if math.isnan(value):
        return "not a number"
    before = minus if value < 0 else "+" if sign and value > 0 else ""
    if math.isinf(value):
        return before + infinity
    mantissa, exponent = _digits(abs(value), digits)
    if exponent is None:
        return before + mantissa
    if style == "latex":  # one pair of dollars around sign and power
        before = before.strip("$")
        return "$" + before + power(mantissa, exponent)[1:]
    return before + power(mantissa, exponent)


def interval(low: float | None, high: float | None, style: str = "text", digits: int = 3) -> str:
    """The interval from low to high in brackets; nothing where an end is missing.

    Examples:
        >>> from thalweg.drawing.numbers import interval
        >>> interval(0.99, 1.0123), interval(None, 1.0)
        ('[0.99, 1.01]', '')
    """
    if low is None or high is None:
        return ""
    return f"[{number(low, style, digits=digits)}, {number(high, style, digits=digits)}]"


def digits_of(value: float | None, printed: str | None) -> int:
    """How many significant digits a number shows beside a printed one: down to its last decimal, from 3 to 6.

    Examples:
        >>> from thalweg.drawing.numbers import digits_of
        >>> digits_of(220.2417, "219.45"), digits_of(2.61e-5, "2.7e-5"), digits_of(0.0070106, "219.45"), digits_of(2.0, None)
        (5, 3, 3, 3)
    """
    if not value or not math.isfinite(value):
        return 3
    leading = math.floor(math.log10(abs(value))) + 1
    digits = 3
    for whole, decimals, exponent in _PRINTED.findall(printed or ""):
        there = len((whole + decimals).lstrip("0"))
        digits = max(digits, min(there, leading + len(decimals) - int(exponent or 0)))
    return min(digits, 6)


def powers(text: str, style: str = "html") -> str:
    """A text in which numbers like 1e-06 are written with powers of ten, and nothing else changes.

    Examples:
        >>> from thalweg.drawing.numbers import powers
        >>> powers("at most 1e-06"), powers("from 1.06e-1 to 1e-4."), powers("seed 3e5a")
        ('at most 10⁻⁶', 'from 1.06×10⁻¹ to 10⁻⁴.', 'seed 3e5a')
        >>> powers("at most 1e-06", "text")
        'at most 1e-6'
    """

    def written(match: re.Match[str]) -> str:
        mantissa, exponent = match[1], int(match[2])
        if style == "text":
            return f"{mantissa}e{exponent}"
        whole = _STYLES[style][0](mantissa.replace("-", "−") if style == "html" else mantissa, exponent)
        return whole.replace("1×10", "10", 1) if mantissa == "1" and style == "html" else whole

    return _POWER.sub(written, text)


def _digits(value: float, digits: int) -> tuple[str, int | None]:
    """So many significant digits of a positive number, and the power of ten if one is to be written."""
    if value.is_integer() and value < 1e6:
        return str(int(value)), None
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    power = int(exponent)
    if -3 <= power < 5:
        return _stripped(f"{value:.{max(0, digits - 1 - power)}f}"), None
    return _stripped(mantissa), power


def _stripped(digits: str) -> str:
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
