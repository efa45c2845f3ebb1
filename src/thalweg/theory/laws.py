"""The laws that `overlay` tries, in the order in which they are shown."""

from thalweg.theory.imbalance import Conservation
from thalweg.theory.prediction import AbstractPrediction

LAWS: tuple[AbstractPrediction, ...] = (Conservation(),)
