"""Linear regression with the implicit bias of a diagonal network: from ridge-like to sparse."""

from typing import Any, NamedTuple

import numpy as np
from sklearn.model_selection import ShuffleSplit, check_cv
from sklearn.utils import check_random_state

from thalweg._arrays import reals
from thalweg._whole import whole
from thalweg.estimators.completion import checked_real
from thalweg.estimators.diagonal_training import trained
from thalweg.estimators.linear_regressor import AbstractLinearRegressor, centred, told_as_scikit_learn_does
from thalweg.exact.least_potential import least_potentials
from thalweg.potentials.diagonal_bias import DiagonalBias

DECADES = np.arange(-6.0, 3.0)
"""Of the scales that `scale="cv"` tries: the powers of ten of $\alpha^D$ over the largest coefficient of least squares."""

LOST, STEPS = 0.1, 100
"""The relative gap from which on a solution is none, and the Newton steps that suffice for all others."""


class DiagonalRegressor(AbstractLinearRegressor):
    r"""Where gradient flow takes a diagonal network $w = u^D - v^D$ from $u = v = \alpha$: least squares with its implicit bias.

    Among all vectors of least squared error it is the one with the least potential $Q^D_\alpha(w)$, and the scale
    $\alpha$ chooses between two kinds of simplicity: coefficients far above $\alpha^D$ are charged as by the $\ell_1$
    norm, those far below it as by the $\ell_2$ norm. So for small $\alpha$ it is basis pursuit (few coefficients), for
    large $\alpha$ least squares of least norm (the limit of ridge regression), and between them what neither gives.

    The bias acts on what the data leave open. With more features than independent samples the training data are fitted
    exactly and $\alpha$ decides how. Where the samples determine the coefficients (more of them than features), the limit
    is ordinary least squares at every $\alpha$; where no vector fits them, the residual is that of least squares. Nothing is
    regularized in the ordinary sense then: noise is fitted as far as features allow, and what holds it back is early
    stopping, `solver="trained"` with `early_stopping=True`.

    Features count as they are scaled: standardize them first, as for the lasso. Each output of several is a network of
    its own.

    Arguments:
        depth: $D$, at least 2, and not necessarily whole.
        scale: $\alpha$, in the unit of coefficients to the power $1/D$; or "cv", which chooses from `scales` by cross
            validation.
        solver: "exact" for the limit itself, by Newton's method on a convex dual with as many unknowns as independent
            samples, with a certificate; "trained" for the flow of the network up to its end, or up to where held-out error
            is least. Its cost grows with the cube of the number of features.
        fit_intercept: whether to centre X and y, so that the intercept is the best for the coefficients at all times.
        tol: of "exact" the relative gap between the potential and a proven lower bound, from 1e-13; of "trained" the
            share of the training error, above its least, that is left.
        max_iter: Newton steps at most for "exact"; solver's steps at most for "trained".
        early_stopping: for "trained", stop where the error on held-out samples is least.
        validation_fraction: the share of samples held out for that.
        scales: what "cv" tries; unless given, nine scales with $\alpha^D$ from 1e-6 to 100 times the largest coefficient
            of least squares of least norm.
        cv: folds of "cv", a number or a splitter of scikit-learn.
        random_state: of the choice of held-out samples.

    Attributes:
        coef_, intercept_: of the model.
        scale_: $\alpha$ as it was used.
        gap_: of "exact", the certified relative gap, the largest over outputs; 0 where least squares has one solution.
        rank_: of the (centred) samples.
        n_iter_: steps of the solver, the largest number over outputs.
        scales_, cv_errors_: of "cv": what was tried, increasing, and the mean squared errors, (scales, folds).
        time_, validation_errors_: of "trained": how long the flow of half the mean squared error was followed, and with
            early stopping the least held-out mean squared error; one number for each output.

    Raises:
        ValueError: a parameter out of its range; a scale so small that $\alpha^D$ is no floating-point number.

    Examples:
        >>> import numpy as np
        >>> from thalweg.estimators import DiagonalRegressor
        >>> rng = np.random.default_rng(0)
        >>> X, truth = rng.normal(size=(30, 60)), np.r_[3.0, -2.0, 1.0, np.zeros(57)]
        >>> for scale in (1e-3, 10.0):
        ...     model = DiagonalRegressor(scale=scale, fit_intercept=False).fit(X, X @ truth)
        ...     print(int((abs(model.coef_) > 1e-2).sum()), "coefficients, off by", round(abs(model.coef_ - truth).max(), 2))
        3 coefficients, off by 0.0
        59 coefficients, off by 1.36
        >>> DiagonalRegressor(scale="cv").fit(X, X @ truth).score(X, X @ truth) > 0.999
        True

    Reference:
        woodworth2020kernel, theorems 1 and 3; gunasekar2018characterizing, theorem 1.
    """

    scale_: float
    rank_: int
    n_iter_: int
    gap_: float
    scales_: np.ndarray
    cv_errors_: np.ndarray
    time_: np.ndarray
    validation_errors_: np.ndarray

    def __init__(
        self,
        depth: float = 2,
        *,
        scale: Any = 0.1,
        solver: str = "exact",
        fit_intercept: bool = True,
        tol: float = 1e-9,
        max_iter: int = 10_000,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        scales: Any = None,
        cv: Any = 5,
        random_state: Any = None,
    ):
        self.depth = depth
        self.scale = scale
        self.solver = solver
        self.fit_intercept = fit_intercept
        self.tol = tol
        self.max_iter = max_iter
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.scales = scales
        self.cv = cv
        self.random_state = random_state

    def _learn(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self._check()
        for name in ("gap_", "scales_", "cv_errors_", "time_", "validation_errors_"):
            vars(self).pop(name, None)  # of another fit
        with told_as_scikit_learn_does(type(self).__name__):
            if isinstance(self.scale, str):
                self._choose(x, y)
            else:
                self.scale_ = checked_real(self.scale, "scale", above=0.0)
                _measurable(self.scale_, self.depth)
            coefficients, mine = self._solved(x, y, [self.scale_])
        for name, value in mine.items():
            setattr(self, name, value)
        offset = y.mean(axis=0) - coefficients[0] @ x.mean(axis=0) if self.fit_intercept else np.zeros(y.shape[1])
        return coefficients[0], offset

    def _choose(self, x: np.ndarray, y: np.ndarray) -> None:
        """The scale of least error over folds, the smallest of several."""
        splitter: Any = check_cv(self.cv)
        if self.scales is None:
            largest = float(np.abs(_Least.of(*centred(x, y, self.fit_intercept)[:2]).solution).max())
            grid = ((largest or 1.0) * 10.0**DECADES) ** (1 / float(self.depth))
        else:
            grid = np.unique(reals(self.scales, "scales"))
            if not grid.size or not (np.isfinite(grid).all() and grid[0] > 0):
                raise ValueError(f"scales must be positive and finite numbers, at least one, got {self.scales!r:.80}")
        _measurable(grid[0], self.depth)
        errors = []
        for train, test in splitter.split(x, y):
            found, _ = self._solved(x[train], y[train], list(grid[::-1]))
            means = (x[train].mean(axis=0), y[train].mean(axis=0)) if self.fit_intercept else (0.0, 0.0)
            predicted = np.matmul(x[test] - means[0], found.mT) + means[1]
            errors.append(np.mean((predicted - y[test]) ** 2, axis=(1, 2))[::-1])
        self.scales_, self.cv_errors_ = grid, np.stack(errors, axis=1)
        self.scale_ = float(grid[np.argmin(self.cv_errors_.mean(axis=1))])

    def _solved(self, x: np.ndarray, y: np.ndarray, scales: list[float]) -> tuple[np.ndarray, dict[str, Any]]:
        """Coefficients (scales, outputs, features), and what more is to be known of the last of them."""
        if self.solver == "trained":
            found = [self._trained(x, y, scale) for scale in scales]
            return np.stack([coefficients for coefficients, _ in found]), found[-1][1]
        inside = _Least.of(*centred(x, y, self.fit_intercept)[:2])
        mine: dict[str, Any] = {"rank_": len(inside.rows), "n_iter_": 1, "gap_": 0.0}
        if len(inside.rows) in (0, x.shape[1]) or not inside.levels.any():
            return np.stack([inside.solution] * len(scales)), mine
        moving = inside.levels.any(axis=1)
        inputs = np.broadcast_to(inside.rows.T, (int(moving.sum()), *inside.rows.T.shape))
        potentials = [DiagonalBias(self.depth, scale) for scale in scales]
        exact = least_potentials(inputs, inside.levels[moving], potentials, gap=self.tol, max_iterations=self.max_iter)
        lost = exact.gap.max(axis=1) > LOST
        if lost.any() and self.max_iter >= STEPS:
            raise ValueError(
                f"at the scale {max(s for s, one in zip(scales, lost) if one):.3g} and depth {self.depth:g} coefficients are so "
                f"far above scale**depth that floating-point duals do not tell them apart: take a larger scale"
            )
        coefficients = np.zeros((len(scales), *inside.solution.shape))
        coefficients[:, moving] = exact.predictor
        mine |= {"n_iter_": int(exact.iterations[-1].max()), "gap_": float(exact.gap[-1].max())}
        return coefficients, mine

    def _trained(self, x: np.ndarray, y: np.ndarray, scale: float) -> tuple[np.ndarray, dict[str, Any]]:
        held: Any = None
        if self.early_stopping:
            splitter = ShuffleSplit(1, test_size=self.validation_fraction, random_state=check_random_state(self.random_state))
            train, test = next(splitter.split(x))
            held, x, y = (x[test], y[test]), x[train], y[train]
        inner, outer, mean, level = centred(x, y, self.fit_intercept)
        if held is not None:
            held = held[0] - mean, held[1] - level
        inside = _Least.of(inner, outer)
        options = {"depth": float(self.depth), "scale": scale, "tol": float(self.tol), "max_iter": self.max_iter}
        paths = [
            trained(inside.rows, levels, held=None if held is None else (held[0], held[1][:, k]), **options)
            for k, levels in enumerate(inside.levels)
        ]
        mine: dict[str, Any] = {
            "rank_": len(inside.rows),
            "n_iter_": max(path.steps for path in paths),
            "time_": np.array([path.time * len(x) for path in paths]),
        }
        if held is not None:
            mine["validation_errors_"] = np.array([path.held_error for path in paths])
        return np.stack([path.coefficients for path in paths]), mine

    def _check(self) -> None:
        checked_real(self.depth, "depth", least=2.0)
        whole(self.max_iter, "max_iter")
        checked_real(self.tol, "tol", least=1e-13, below=1.0)
        checked_real(self.validation_fraction, "validation_fraction", above=0.0, below=1.0)
        if self.solver not in ("exact", "trained"):
            raise ValueError(f"solver must be 'exact' or 'trained', got {self.solver!r}")
        if isinstance(self.scale, str) and self.scale != "cv":
            raise ValueError(f"scale must be a positive number or 'cv', got {self.scale!r}")
        if self.early_stopping and self.solver == "exact":
            raise ValueError("early_stopping is of solver='trained': the exact solution is the end of the path")


class _Least(NamedTuple):
    """Least squares of centred samples in as many orthogonal equations as are independent: rows (r, d), levels (k, r)."""

    rows: np.ndarray
    levels: np.ndarray
    solution: np.ndarray

    @classmethod
    def of(cls, x: np.ndarray, y: np.ndarray) -> "_Least":
        left, sizes, right = np.linalg.svd(x, full_matrices=False)
        kept = sizes > max(x.shape) * np.finfo(float).eps * sizes.max(initial=0.0)
        left, sizes, right = left[:, kept], sizes[kept], right[kept]
        levels = y.T @ left
        levels[np.linalg.norm(levels, axis=1) <= 1e-14 * np.linalg.norm(y, axis=0)] = 0.0  # an output without any slope
        return cls(sizes[:, None] * right, levels, (levels / sizes) @ right)


def _measurable(scale: float, depth: float) -> None:
    if not 1e-200 < scale**depth < 1e200:
        raise ValueError(f"scale**depth must be from 1e-200 to 1e200, got {scale:g}**{depth:g}; rescale y or take another scale")
