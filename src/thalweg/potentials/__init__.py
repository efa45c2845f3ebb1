"""Potentials: strictly convex functions, their mirror maps, and what they make of a gradient."""

from thalweg.potentials.base import AbstractPotential, AbstractSeparable
from thalweg.potentials.hypentropy import Hypentropy
from thalweg.potentials.quadratic import Quadratic

__all__ = ["AbstractPotential", "AbstractSeparable", "Hypentropy", "Quadratic"]
