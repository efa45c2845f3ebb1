"""Colours that tell curves and verdicts apart, for readers of all kinds of colour vision, on light and dark ground.

The hues are those of the palette of Okabe and Ito, darkened for white paper and lightened for a dark screen until each
stands out from its ground by 3 to 1 or better.
"""

LIGHT = ("#0068a8", "#c4500a", "#007a5c", "#a8478a", "#8a6100", "#2b86c2", "#555b61")
DARK = ("#62b5f0", "#ff9256", "#2fc79c", "#eb9fcb", "#e3b341", "#a3d3ff", "#b4bac1")

HEAT = ("#f6f1e2", "#bcd8d2", "#5fa5b9", "#226c9f", "#123660")
"""From small to large: ever darker, so that the order shows in grey too."""

VERDICTS = {
    # verdict: symbol, the same where a terminal knows ASCII only, the terminal's style
    "pass": ("✓", "+", "green"),
    "fail": ("✗", "x", "bold red"),
    "inconclusive": ("?", "?", "yellow"),
    "not run": ("○", "o", "blue"),
}


def colour(group: int, dark: bool = False) -> str:
    """The colour of a group of curves; colours come again after the seventh.

    Examples:
        >>> from thalweg.drawing.palette import LIGHT, colour
        >>> colour(0) == colour(len(LIGHT)) == LIGHT[0]
        True
    """
    palette = DARK if dark else LIGHT
    return palette[group % len(palette)]
