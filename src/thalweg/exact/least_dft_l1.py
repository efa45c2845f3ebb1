r"""The predictor of least $\|\hat\beta\|_1$ over frequencies that classifies with margin 1, with a proof of how near it is."""

import time
from typing import Any

import numpy as np
from scipy.optimize import linprog

from thalweg._whole import whole
from thalweg.exact.solution import Solution, relative_gap, told

LEAST_GAP = 1e-12
WHAT = "least l1 norm over frequencies"
_CENTRING, _SHORT = 0.1, 0.95


def least_dft_l1(problem: Any, *, gap: float = 1e-8, max_iterations: int = 200) -> Solution:
    r"""The solution of $\min \|\hat\beta\|_1$ subject to $y_i\langle x_i, \beta\rangle \ge 1$, $\hat\beta$ unitary.

    $\|\hat\beta\|_1 = \sum_{k=0}^{D-1} |\hat\beta_k|$ sums the moduli over all D frequencies, conjugate ones both
    counted. The method is primal-dual: Newton's on the perturbed conditions of optimality, with the directions of
    $\hat\beta_k$ as unknowns of their own. The dual is

    $$\max \sum_i \lambda_i \quad\text{subject to}\quad \lambda \ge 0,\ |(\mathcal F X \lambda)_k| \le 1,$$

    $X$ with columns $y_i x_i$. In every iteration both sides are scaled into feasibility and measured.

    Arguments:
        problem: a problem with `signed`, the columns $y_i x_i$ of shape $(D, m)$, as `Classification` has.
        gap: the relative gap to stop at, from 1e-12 to below 1.
        max_iterations: how many Newton steps to spend at most. When they are spent before the gap is reached, the best pair
            found is returned, and a `RuntimeWarning` says how far it is.

    Returns:
        A `Solution` whose dual are the weights $\lambda_i$ of the samples.

    Raises:
        TypeError: the problem has no `signed`.
        ValueError: samples that cannot be separated, or an argument out of its range.

    Examples:
        >>> import thalweg as tw
        >>> problem = tw.Classification(inputs=np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 2.0], [1.0, 0.0]]), labels=[1, -1])
        >>> solution = least_dft_l1(problem)
        >>> solution.certified, bool((problem.margins(solution.predictor) > 1 - 1e-12).all())
        (True, True)
        >>> round(solution.value, 6)
        2.0

    Reference:
        gunasekar2018linear, Theorem 2; andersen2000efficient, the method.
    """
    signed = getattr(problem, "signed", None)
    if signed is None:
        raise TypeError(f"problem must have signed samples, as Classification has; {type(problem).__name__} has none")
    return told(least_over_frequencies(np.asarray(signed, dtype=np.float64), gap=gap, max_iterations=max_iterations))


def least_over_frequencies(signed: np.ndarray, *, gap: float = 1e-8, max_iterations: int = 200, pairs: float = 2.0) -> Solution:
    r"""What `least_dft_l1` does, for $\sum_k c_k|\hat\beta_k|$ over the half spectrum, a pair of frequencies weighing `pairs`.

    Examples:
        >>> least_over_frequencies(np.array([[1.0], [0.0]])).value  # samples are columns
        1.41421356...
    """
    started = time.perf_counter()
    gap, max_iterations = float(gap), whole(max_iterations, "max_iterations")
    if not LEAST_GAP <= gap < 1:
        raise ValueError(f"gap must be from {LEAST_GAP:g}, below which float64 certifies nothing, to 1; got {gap:g}")
    size = float(np.abs(signed).max())
    state = _State(signed.T / (size or 1.0), pairs)
    iteration = 0
    for iteration in range(max_iterations + 1):
        if state.measure() <= gap or iteration == max_iterations or not state.step():
            break
    value, proved = state.value / size, state.proved / size
    return Solution(
        what=WHAT,
        predictor=state.predictor[None, :] / size,
        value=value,
        dual=state.dual / size,
        dual_value=proved,
        gap=relative_gap(value, proved),
        asked=gap,
        iterations=iteration,
        seconds=time.perf_counter() - started,
    )


class _State:
    """The primal-dual iterate on the half spectrum, a frequency a pair of real numbers; and the best feasible pair met."""

    def __init__(self, samples: np.ndarray, pairs: float):
        self.samples, (many, size) = samples, samples.shape
        basis = np.fft.rfft(np.eye(size), axis=0, norm="ortho")
        self.parts = np.stack([basis.real, basis.imag], axis=1)  # (frequency, 2, D)
        alone = np.arange(len(basis)) * 2 % size == 0
        self.weights = np.where(alone, 1.0, pairs)
        # what multiplies a frequency of a vector in inner products over all of them
        self.counted = np.where(alone, 1.0, 2.0)
        self.beta = _separating(samples)
        self.turns = np.zeros((len(basis), 2))
        self.multipliers = np.full(many, 0.5 / (self._longest(np.ones(many)) or 1.0))
        self.value, self.proved = np.inf, 0.0
        self.predictor, self.dual = self.beta, np.zeros(many)

    def _longest(self, multipliers: np.ndarray) -> float:
        """The dual norm of the combination of samples."""
        lengths = np.linalg.norm(self.parts @ (multipliers @ self.samples), axis=1)
        return float((lengths * self.counted / self.weights).max())

    def measure(self) -> float:
        """Scale both sides into feasibility, keep what is better of each, and say the gap."""
        least = float((self.samples @ self.beta).min())
        if least > 0:
            feasible = self.beta / least * (1 + 4e-16)
            value = float(self.weights @ np.linalg.norm(self.parts @ feasible, axis=1))
            if value < self.value:
                self.value, self.predictor = value, feasible
        longest = self._longest(self.multipliers) * (1 + 4e-16)
        if longest > 0 and (proved := float(self.multipliers.sum()) / longest) > self.proved:
            self.proved, self.dual = proved, self.multipliers / longest
        return relative_gap(self.value, self.proved)

    def step(self) -> bool:
        """One Newton step towards a tenth of the complementarity at hand; False where it cannot be solved for."""
        slack, multipliers, turns, parts = self.samples @ self.beta - 1.0, self.multipliers, self.turns, self.parts
        spectrum = parts @ self.beta
        lengths = np.linalg.norm(spectrum, axis=1)
        apart = multipliers @ slack + self.weights @ (lengths - (turns * spectrum).sum(axis=1))
        target = _CENTRING * apart / (len(slack) + self.weights.sum())
        root = np.sqrt(target**2 + lengths**2)
        along = target + root
        # b = u (mu + sqrt(mu^2 + |b|^2)) linearised in b and u, and u eliminated
        bend = (np.eye(2) - turns[:, :, None] * spectrum[:, None, :] / root[:, None, None]) / along[:, None, None]
        matrix = np.einsum("k,kai,kab,kbj->ij", self.weights, parts, bend, parts, optimize=True)
        matrix += self.samples.T @ ((multipliers / slack)[:, None] * self.samples)
        slope = np.einsum("k,kai,ka->i", self.weights / along, parts, spectrum)
        try:
            move = np.linalg.solve(matrix, target * (1 / slack) @ self.samples - slope)
        except np.linalg.LinAlgError:
            return False
        turned = spectrum / along[:, None] - turns + np.einsum("kab,kb->ka", bend, parts @ move)
        slid = self.samples @ move
        raised = (target - multipliers * (slack + slid)) / slack
        if not (np.isfinite(move).all() and np.isfinite(raised).all()):
            return False
        dual = min(_SHORT * _until_zero(multipliers, raised), _SHORT * _until_unit(turns, turned), 1.0)
        self.beta = self.beta + min(1.0, _SHORT * _until_zero(slack, slid)) * move
        self.multipliers, self.turns = multipliers + dual * raised, turns + dual * turned
        return bool((self.samples @ self.beta > 1.0).all())


def _until_zero(values: np.ndarray, moves: np.ndarray) -> float:
    falls = moves < 0
    return float((values[falls] / -moves[falls]).min()) if falls.any() else np.inf


def _until_unit(vectors: np.ndarray, moves: np.ndarray) -> float:
    """The largest multiple of the moves that leaves every vector in the unit ball."""
    square, half, room = (moves**2).sum(axis=1), (vectors * moves).sum(axis=1), 1 - (vectors**2).sum(axis=1)
    lengths = room / (half + np.sqrt(np.maximum(half**2 + square * room, 1e-300)))
    return float(np.where(square > 0, lengths, np.inf).min())


def _separating(samples: np.ndarray) -> np.ndarray:
    """A predictor with all margins at least 2, or an error that says that there is none."""
    many, size = samples.shape
    found = linprog(
        np.append(np.zeros(size), -1.0),
        A_ub=np.hstack([-samples, np.ones((many, 1))]),
        b_ub=np.zeros(many),
        bounds=[(-1, 1)] * size + [(None, None)],
    )
    direction = np.zeros(size) if found.x is None else found.x[:-1]
    margin = float((samples @ direction).min())
    if margin <= 1e-9:
        raise ValueError(
            f"the {many} samples cannot be separated by a linear predictor (the largest margin is {max(margin, 0.0):.1g} of the "
            "largest entry), so that no predictor has margin 1: take more features, or fewer samples"
        )
    return 2.0 * direction / margin
