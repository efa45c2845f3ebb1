r"""The least nuclear norm within a box around what was observed: the convex baseline that was published."""

from typing import Any

from thalweg.exact.nuclear_norm import NuclearNormSolution, observed_of, solution_of


def slack_nuclear_norm(
    problem: Any, *, slack: float = 1e-3, gap: float = 1e-5, max_iterations: int = 5000
) -> NuclearNormSolution:
    r"""The solution of $\min \|X\|_*$ subject to $|X_{ij} - b_{ij}| \le s$ at every observed entry.

    With $s = 10^{-3}$ it is the program that the published comparison with deep factorizations handed to a conic
    solver. Its solution is not the least nuclear norm: where enough is seen that `nuclear_norm` recovers the target to
    rounding, this one stays about $s$ away from it, so that the error it reports is that of the box. Enough entries
    make it harder, not easier: both ends of the box bind, and gaps far below 1e-5 take many iterations.

    Arguments:
        problem: a problem with `observed`, a matrix that is NaN where nothing was seen, as `MatrixCompletion` has.
        slack: how far $s$ the predictor may be from each observed entry, in the units of the data.
        gap: the relative gap between value and dual value to stop at, from 1e-12 to below 1.
        max_iterations: how many singular value decompositions to spend at most.

    Returns:
        The solution as `nuclear_norm` returns it; `deviation` is how much of the slack was used.

    Raises:
        TypeError: the problem has no `observed`.
        ValueError: nothing is observed, an entry is infinite, or an argument is out of its range.

    Examples:
        >>> import numpy as np
        >>> from types import SimpleNamespace
        >>> problem = SimpleNamespace(observed=np.array([[3.0, np.nan], [np.nan, 4.0]]))
        >>> solution = slack_nuclear_norm(problem, slack=0.5)
        >>> round(solution.value, 4), round(solution.deviation, 4)
        (6.0, 0.5)

    Reference:
        arora2019implicit, section 4 and its appendix on experiments.
    """
    return solution_of(observed_of(problem), gap, slack, max_iterations)
