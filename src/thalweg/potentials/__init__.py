"""Potentials: strictly convex functions, their mirror maps, and what they make of a gradient."""

from thalweg.potentials.base import AbstractPotential, AbstractSeparable
from thalweg.potentials.diagonal_bias import DiagonalBias
from thalweg.potentials.distance_bias import DistanceBias
from thalweg.potentials.entropy import Entropy
from thalweg.potentials.hypentropy import Hypentropy
from thalweg.potentials.p_norm import PNorm
from thalweg.potentials.quadratic import Quadratic

__all__ = [
    "AbstractPotential",
    "AbstractSeparable",
    "DiagonalBias",
    "DistanceBias",
    "Entropy",
    "Hypentropy",
    "PNorm",
    "Quadratic",
]
