"""Published laws of paths as predictions: formula, assumptions, source, and how far a run is from them."""

from thalweg.theory.imbalance import Conservation, imbalances
from thalweg.theory.overlay import Overlay, overlay
from thalweg.theory.points import Points, points
from thalweg.theory.prediction import AbstractPrediction, Assumption, Comparison, DoesNotApply, Laid, compare

__all__ = [
    "AbstractPrediction",
    "Assumption",
    "Comparison",
    "Conservation",
    "DoesNotApply",
    "Laid",
    "Overlay",
    "Points",
    "compare",
    "imbalances",
    "overlay",
    "points",
]
