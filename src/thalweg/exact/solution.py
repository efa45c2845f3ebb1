"""What a solver of a convex program returns: a point, a dual, and the gap that the two leave."""

import warnings
from dataclasses import dataclass, field

import numpy as np

from thalweg._shown import shown


@shown
@dataclass(frozen=True)
class Solution:
    """A feasible point of a convex program, a dual, and how far the point can be from the least value.

    Attributes:
        what: the program in words, such as "least l1 norm".
        predictor: the point found, feasible to rounding; shaped as predictors are, $(1, d)$ for a vector of length d.
        value: the objective there.
        dual: the multipliers, one for each constraint.
        dual_value: what they prove: no feasible point has a smaller value; of a maximum, no larger one.
        gap: (value - dual_value) / |value|: by how much, relatively, the value can be too large; absolute where the value
            is zero. Of a maximum the two change places.
        asked: the gap that was asked for.
        iterations: of the method.
        seconds: how long it took.

    Examples:
        >>> import numpy as np
        >>> point = np.ones((1, 2))
        >>> print(Solution("least l1 norm", point, 2.0, np.ones(1), 2.0, 0.0, 1e-9, 3, 0.01))
        least l1 norm 2, certified to a relative gap of 0.0e+00 (3 iterations, 0.01 s)
    """

    what: str
    predictor: np.ndarray = field(repr=False)
    value: float
    dual: np.ndarray = field(repr=False)
    dual_value: float
    gap: float
    asked: float
    iterations: int
    seconds: float

    @property
    def certified(self) -> bool:
        """Whether the gap that was asked for was reached."""
        return self.gap <= self.asked

    def __str__(self) -> str:
        work = f"{self.iterations} iterations, {self.seconds:.2g} s"
        if self.certified:
            return f"{self.what} {self.value:.9g}, certified to a relative gap of {self.gap:.1e} ({work})"
        best, side = ("least", "above") if self.dual_value <= self.value else ("largest", "below")
        return (
            f"{self.what} {self.value:.9g}, not certified as the {best}: the {best} is {side} {self.dual_value:.9g}, which "
            f"leaves a relative gap of {self.gap:.1e} where {self.asked:.1e} was asked for ({work})"
        )


def relative_gap(value: float, dual_value: float) -> float:
    """(value - dual_value) / |value|, never below zero; absolute where the value is zero.

    Examples:
        >>> relative_gap(2.0, 1.5)
        0.25
    """
    return max(value - dual_value, 0.0) / (abs(value) or 1.0)


def told(solution: Solution, stacklevel: int = 3) -> Solution:
    """The solution, with a `RuntimeWarning` where its gap is larger than what was asked for."""
    if not solution.certified:
        warnings.warn(str(solution), RuntimeWarning, stacklevel=stacklevel)
    return solution
