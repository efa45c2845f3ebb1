r"""What a pair of matrices, a predictor and a dual, proves about the least nuclear norm.

Nothing here knows how the pair was found. A solver may be as careless as it likes: what it hands in is measured.
"""

import math
from dataclasses import dataclass

import numpy as np

from thalweg._shown import shown

EPS = float(np.finfo(np.float64).eps)


@shown
@dataclass(frozen=True)
class Certificate:
    """What was proved: the nuclear norm reached, a number that no feasible predictor gets below, and the gap.

    `gap` is relative to the value and allows for rounding, so that it can be a few 1e-14 larger than the quotient of
    the two numbers as printed.

    Examples:
        >>> Certificate(value=2.0, dual_value=1.5, gap=0.25).gap
        0.25
    """

    value: float
    dual_value: float
    gap: float


def nuclear_norm_bound(matrix: np.ndarray) -> tuple[float, float]:
    r"""The nuclear norm as computed, and an upper bound of the true one.

    With $X = U \Sigma V^\top + E$ as the decomposition came out, $\|X\|_* \le \|U\| \|V\| \sum_r \sigma_r + \|E\|_*$.
    What is lost in measuring $E$ and the loss of orthogonality is allowed for by counting both twice.

    Examples:
        >>> value, bound = nuclear_norm_bound(np.diag([3.0, 4.0]))
        >>> value, bound >= 7.0, bound - 7.0 < 1e-13
        (7.0, True, True)
    """
    left, singular, right = np.linalg.svd(matrix, full_matrices=False)
    value = math.fsum(singular)
    lost = 2.0 * np.linalg.norm(matrix - (left * singular) @ right) * math.sqrt(len(singular))
    return value, (value * _stretch(left) * _stretch(right.T) + float(lost)) * (1.0 + 4.0 * EPS)


def spectral_norm_bound(matrix: np.ndarray) -> float:
    """An upper bound of the largest singular value, with what rounding can hide added as in `nuclear_norm_bound`.

    Examples:
        >>> bound = spectral_norm_bound(np.diag([3.0, 4.0]))
        >>> bound >= 4.0, bound - 4.0 < 1e-13
        (True, True)
    """
    left, singular, right = np.linalg.svd(matrix, full_matrices=False)
    lost = 2.0 * np.linalg.norm(matrix - (left * singular) @ right)
    return (float(singular[0]) * _stretch(left) * _stretch(right.T) + float(lost)) * (1.0 + 4.0 * EPS)


def _stretch(columns: np.ndarray) -> float:
    """By how much columns that should be orthonormal can lengthen a vector."""
    return math.sqrt(1.0 + 2.0 * float(np.linalg.norm(columns.T @ columns - np.eye(columns.shape[1]))))


def into_unit_ball(dual: np.ndarray) -> np.ndarray:
    """The matrix divided by the bound of its spectral norm: as long as a dual may be. A zero matrix is left alone.

    Examples:
        >>> bool(np.linalg.norm(into_unit_ball(np.diag([3.0, 4.0])), 2) <= 1.0)
        True
    """
    bound = spectral_norm_bound(dual)
    return dual / (bound * (1.0 + 2.0 * EPS)) if bound > 0 else dual


def certify(observed: np.ndarray, predictor: np.ndarray, dual: np.ndarray, *, slack: float = 0.0) -> Certificate:
    r"""What a predictor $X$ and a dual $Y$ prove about $\min \|X\|_*$ with $|X_{ij} - b_{ij}| \le s$ where observed.

    For every $Y$ that vanishes where nothing was observed and every feasible $X'$,
    $\|Y\| \, \|X'\|_* \ge \langle Y, X' \rangle \ge \langle Y, b \rangle - s \sum_{ij} |Y_{ij}|$.
    So with $\|Y\| \le 1$ the right side is a number that no feasible predictor gets below. A dual longer than that is
    scaled back by an upper bound of its spectral norm, so that no dual, however wrong, proves what is false.

    Arguments:
        observed: the data $b$, of shape $(m, n)$, NaN where nothing was seen.
        predictor: the matrix $X$, of the same shape.
        dual: the matrix $Y$, of the same shape, zero where nothing was seen.
        slack: how far $s$ a predictor may be from each observed entry, in the units of the data.

    Raises:
        ValueError: shapes differ, a number is not finite, the predictor is further than `slack` (and rounding) from an
            observed entry, or the dual is not zero where nothing was observed.

    Examples:
        >>> observed = np.array([[1.0, np.nan], [np.nan, np.nan]])
        >>> corner = np.array([[1.0, 0.0], [0.0, 0.0]])
        >>> certify(observed, corner, corner).gap < 1e-12
        True
        >>> round(certify(observed, corner, 0.9 * corner).gap, 12)  # a shorter dual is allowed, and proves less
        0.1

    Reference:
        candes2009exact, section 3; fazel2002matrix, chapter 5.
    """
    seen = ~np.isnan(observed)
    if not observed.shape == predictor.shape == dual.shape:
        raise ValueError(f"shapes differ: observed {observed.shape}, predictor {predictor.shape}, dual {dual.shape}")
    if not (np.isfinite(predictor).all() and np.isfinite(dual).all()):
        raise ValueError("the predictor and the dual must be finite everywhere")
    data, multipliers = observed[seen], dual[seen]
    excess = float(np.max(np.abs(predictor[seen] - data) - slack - 4.0 * EPS * (np.abs(data) + slack), initial=0.0))
    if excess > 0:
        raise ValueError(f"the predictor is {excess:g} further from an observed entry than the slack {slack:g} allows")
    if dual[~seen].any():
        raise ValueError("the dual must be zero where nothing was observed: elsewhere it says nothing about the data")
    value, upper = nuclear_norm_bound(predictor)
    terms = np.concatenate([multipliers * data, -slack * np.abs(multipliers)])
    lower = (math.fsum(terms) - EPS * math.fsum(np.abs(terms))) / max(1.0, spectral_norm_bound(dual))
    lower = max(lower, 0.0)  # the zero dual proves that much
    return Certificate(value=value, dual_value=lower, gap=(upper - lower) / value if value > 0 else 0.0)
