"""The least nuclear norm of commuting measurements, and how fast the limit of the flow approaches it with the start."""

import dataclasses
from typing import Any

import numpy as np
from scipy.linalg import null_space
from scipy.optimize import linprog

from thalweg._shown import shown
from thalweg.theory.sensing_limit import checked_sensing, from_slack, newton

ZERO = 1e-8
"""Eigenvalues and slacks of a linear program count as zero below this size."""


@shown
@dataclasses.dataclass(frozen=True)
class LeastTrace:
    r"""The least $\sum_k\lambda_k$ over $A\lambda = y$, $\lambda \ge 0$: the least nuclear norm of the sensing problem.

    Arguments:
        value: the least sum; eigenvalues: one $\lambda$ that has it, `(d,)`.
        multipliers: a solution $\nu$ of the dual, `(m,)`: $A^\top\nu \le 1$ and $y^\top\nu$ the same value.
        support: where some $\lambda$ of least sum is positive, `(d,)`.

    Examples:
        >>> from thalweg.theory import least_trace
        >>> round(least_trace([[1.0, 2.0]], [2.0]).multipliers.item(), 9)
        0.5
    """

    value: float
    eigenvalues: np.ndarray
    multipliers: np.ndarray
    support: np.ndarray


def least_trace(spectra: Any, values: Any) -> LeastTrace:
    r"""The linear program $\min\sum_k\lambda_k$, $A\lambda = y$, $\lambda \ge 0$, with the support of its solutions.

    Raises:
        ValueError: no $\lambda \ge 0$ meets the values.

    Examples:
        >>> from thalweg.theory import least_trace
        >>> found = least_trace([[1.0, 2.0, 0.5], [0.3, 1.0, 1.0]], [2.0, 1.0])
        >>> round(found.value, 9), found.support.tolist()
        (1.0, [False, True, False])

    Reference:
        gunasekar2017implicit, theorem 1.
    """
    spectra, values = checked_sensing(spectra, values, 1.0, 2)
    count = spectra.shape[1]
    found = linprog(np.ones(count), A_eq=spectra, b_eq=values, bounds=(0, None))
    if found.status != 0:
        raise ValueError("no non-negative eigenvalues meet the values: there is no positive semidefinite solution")
    value = float(found.fun)
    rows, wanted = np.vstack([spectra, np.ones(count)]), np.append(values, value)
    support = np.zeros(count, dtype=bool)
    for k in range(count):
        most = linprog(-np.eye(count)[k], A_eq=rows, b_eq=wanted, bounds=(0, None))
        reached = -most.fun if most.status == 0 else found.x[k]
        support[k] = reached > ZERO * max(value, 1e-300)
    return LeastTrace(value, found.x, np.asarray(found.eqlin.marginals), support)


def excess_exponent(spectra: Any, values: Any, depth: float) -> float:
    r"""The power of $\alpha$ with which the nuclear norm of the limit exceeds the least one.

    At depth $N > 2$ it is $N$. At depth 2 it is twice a slack of the dual linear program: the least slack off the support,
    made as large as the dual solutions allow.

    Examples:
        >>> from thalweg.theory import excess_exponent
        >>> excess_exponent([[1.0, 2.0, 0.5], [0.3, 1.0, 1.0]], [2.0, 1.0], 3)
        3.0
        >>> round(excess_exponent([[1.0, 2.0, 0.5], [0.3, 1.0, 1.0]], [2.0, 1.0], 2), 4)
        1.1053

    Reference:
        arora2019implicit, theorem 2, whose limit it makes quantitative.
    """
    spectra, values = checked_sensing(spectra, values, 1.0, depth)
    support = least_trace(spectra, values).support
    if support.all():
        return np.inf
    if depth != 2:
        return float(depth)
    on, off = spectra[:, support].T, spectra[:, ~support].T
    count = len(spectra)
    found = linprog(
        np.append(np.zeros(count), -1.0),
        A_ub=np.hstack([off, np.ones((len(off), 1))]),
        b_ub=np.ones(len(off)),
        A_eq=np.hstack([on, np.zeros((len(on), 1))]),
        b_eq=np.ones(len(on)),
        bounds=[(None, None)] * count + [(None, None)],
    )
    return 2 * float(found.x[-1])


def excess_coefficient(spectra: Any, values: Any, depth: float) -> float:
    r"""$c$ of the excess $c\,\alpha^N$ at depth $N > 2$: the least $\sum_{k\notin S}u_k^{-2/(N-2)}$ over the dual solutions.

    The excess of any $\lambda$ is $\sum_k u_k\lambda_k$ with $u$ the slack of a dual solution, zero on the support $S$ of the
    solutions of least trace, and off it the closed form gives $\lambda_k = \alpha^Nu_k^{-N/(N-2)}$.

    Raises:
        ValueError: depth 2, where the excess is a power of the scale that depends on the slack.

    Examples:
        >>> from thalweg.theory import excess_coefficient
        >>> round(excess_coefficient([[1.0, 2.0, 0.5], [0.3, 1.0, 1.0]], [2.0, 1.0], 3), 3)
        5.773

    Reference:
        arora2019implicit, theorem 2, whose limit it makes quantitative.
    """
    spectra, values = checked_sensing(spectra, values, 1.0, depth)
    if depth == 2:
        raise ValueError("at depth 2 the excess has no coefficient of its own; ask for excess_exponent")
    found = least_trace(spectra, values)
    if found.support.all():
        return 0.0
    on, off = spectra[:, found.support].T, spectra[:, ~found.support].T
    particular = np.linalg.lstsq(on, np.ones(len(on)), rcond=None)[0]
    free = null_space(on)
    if free.shape[1] == 0:
        slack = 1 - off @ particular
    else:
        inside = _interior(off, free, particular)
        reduced = (off @ free).T
        slack = newton(reduced, np.zeros(len(reduced)), 1 - off @ inside, 1.0, depth, 1e-10)[1]
    return float(np.sum(slack * from_slack(slack, 1.0, depth)))


def _interior(off: np.ndarray, free: np.ndarray, particular: np.ndarray) -> np.ndarray:
    """A dual solution whose slacks off the support are all positive."""
    reduced = off @ free
    count = free.shape[1]
    found = linprog(
        np.append(np.zeros(count), -1.0),
        A_ub=np.hstack([reduced, np.ones((len(off), 1))]),
        b_ub=1 - off @ particular,
        bounds=[(None, None)] * count + [(None, 1)],
    )
    return particular + free @ found.x[:count]
