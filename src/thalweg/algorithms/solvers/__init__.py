"""Solvers made for gradient flow, in diffrax's own form."""

from thalweg.algorithms.solvers.automatic import Automatic
from thalweg.algorithms.solvers.base import AbstractStabilized, SolverState
from thalweg.algorithms.solvers.exponential import Exponential
from thalweg.algorithms.solvers.rkc2 import Rkc2
from thalweg.algorithms.solvers.rock4 import Rock4
from thalweg.algorithms.solvers.switching import Switching

__all__ = ["AbstractStabilized", "Automatic", "Exponential", "Rkc2", "Rock4", "SolverState", "Switching"]
