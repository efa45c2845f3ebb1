"""Explicit solvers made for gradient flow, in diffrax's own form."""

from thalweg.algorithms.solvers.base import SolverState
from thalweg.algorithms.solvers.rkc2 import Rkc2
from thalweg.algorithms.solvers.switching import Switching

__all__ = ["Rkc2", "SolverState", "Switching"]
