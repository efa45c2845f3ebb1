"""Completion by the gradient flow of a deep factorization, stopped early."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from thalweg._whole import whole
from thalweg.estimators.centring import Centring
from thalweg.estimators.chain import Chain
from thalweg.estimators.completion import AbstractCompletion, Learnt, checked_real
from thalweg.estimators.entries import Entries
from thalweg.estimators.stopping import Progress, follow

STARTS = ("balanced", "gaussian")
WIDEST = 100
"""The hidden width at most, unless `rank` says otherwise."""
LEAST_RTOL = {"float64": 1e-9, "float32": 1e-5}


class DeepMatrixCompletion(AbstractCompletion):
    r"""Matrix completion by gradient flow on a product of `depth` factors, from a small start, stopped early.

    After the centring $\mu + b_i + c_j$ the rest is fitted by $W_N \cdots W_1$, whose factors follow
    $\dot W_k = -\partial\varphi/\partial W_k$,
    $\varphi = \frac{1}{|\Omega|}\big(\sum_{\Omega} (P_{ij} - x_{ij})^2 + \lambda \sum_k \|W_k\|_F^2\big)$. No rank is
    chosen: from a small start the singular values of the product are learnt one after the other, the deeper the more so,
    and a fraction of the seen entries, held out, says when to stop. The flow is integrated with error control, so there
    is no learning rate; and it is integrated on seen entries alone, so that memory is of the order of the entries and of
    the factors, never of rows times columns.

    Arguments:
        depth: the number $N$ of factors, at least 2.
        rank: the hidden width, which bounds the rank; None for the smaller side of X, at most 100.
        scale: of the start: the root mean square of its entries, as a part of that of the centred seen entries. The
            smaller, the longer directions that stand out are learnt alone, at the price of a few more gradients.
        start: `balanced` (orthogonal factors of one and the same singular value) or `gaussian` (independent entries).
        centring: `none`, `global` ($\mu$), `rows` ($\mu + b$), `columns` ($\mu + c$) or `both`.
        shrinkage: the ridge on the offsets $b$ and $c$, a number or a pair (rows, columns).
        penalty: $\lambda$; at depth 2 the same as soft-thresholding singular values by $\lambda$.
        weighting: 0, or an exponent $\alpha$ up to 1: the factors are those of $p_i^{\alpha} P_{ij} q_j^{\alpha}$ with $p$
            and $q$ the numbers of entries of the row and the column over their means, so that rows and columns with few
            entries are regularised less than the others.
        validation_fraction: of the seen entries, held out to find the time to stop; None to fit all until `tol`.
        refit: whether, the time found, the flow is followed to that time again on all seen entries.
        patience: how many times the best time so far the flow is followed without improvement.
        n_starts: starts (each with its own held-out entries) whose predictions are averaged.
        tol: a fit to this part of the root mean square of the centred entries ends the flow, and so does a loss that
            falls by less than its square in an e-fold of time.
        max_gradients: the most evaluations of the gradient for each start; a ConvergenceWarning says when they ran out.
        rtol: the tolerance of the integration, on the local error relative to the norm of the factors.
        row_ridge: the ridge for new rows in `transform`; None for the noise that was measured.
        dtype: in which the flow is integrated, `float64` or `float32`.
        random_state: of the starts and the held-out entries.
        progress: called with a `Progress` after each step; `verbose` prints some of them.

    Attributes:
        left_, singular_values_, right_: the product, decomposed: $U$ $(m, r)$, $\Sigma$, $V$ $(n, r)$.
        centring_: the offsets.
        times_: when each start was stopped, in the flow's time for entries scaled to mean square 1.
        validation_rmse_: the root mean square error of the held-out entries at that time, for each start; NaN without.
        n_gradients_: evaluations of the gradient in all.
        reasons_: why each start was stopped: `held out`, `fit`, `rest` or `gradients`.
        noise_, n_features_in_, feature_names_in_: see `AbstractCompletion`.

    Raises:
        ValueError: on `fit`, a parameter out of its range, naming it.

    Examples:
        >>> import numpy as np
        >>> from thalweg.estimators import DeepMatrixCompletion
        >>> X = np.outer([1.0, 2.0, 3.0, 4.0], [1.0, -1.0, 2.0])
        >>> X[3, 2] = np.nan
        >>> model = DeepMatrixCompletion(centring="none", validation_fraction=None, random_state=0).fit(X)
        >>> model.transform(X)[3].round(1)
        array([ 4., -4.,  8.])
        >>> model.predict_entries([3], [2]).round(1)
        array([8.])

    Reference:
        arora2019implicit, section 4; gunasekar2017implicit; srebro2010collaborative (weighting).
    """

    times_: np.ndarray
    validation_rmse_: np.ndarray
    n_gradients_: int
    reasons_: list[str]

    def __init__(
        self,
        depth: int = 2,
        rank: int | None = None,
        *,
        scale: float = 1e-4,
        start: str = "balanced",
        centring: str = "both",
        shrinkage: Any = 5.0,
        penalty: float = 0.0,
        weighting: float = 0.0,
        validation_fraction: float | None = 0.1,
        refit: bool = True,
        patience: float = 2.0,
        n_starts: int = 1,
        tol: float = 1e-3,
        max_gradients: int = 20000,
        rtol: float = 1e-3,
        row_ridge: float | None = None,
        dtype: str = "float64",
        random_state: Any = None,
        progress: Callable[[Progress], None] | None = None,
        verbose: bool = False,
    ):
        self.depth = depth
        self.rank = rank
        self.scale = scale
        self.start = start
        self.centring = centring
        self.shrinkage = shrinkage
        self.penalty = penalty
        self.weighting = weighting
        self.validation_fraction = validation_fraction
        self.refit = refit
        self.patience = patience
        self.n_starts = n_starts
        self.tol = tol
        self.max_gradients = max_gradients
        self.rtol = rtol
        self.row_ridge = row_ridge
        self.dtype = dtype
        self.random_state = random_state
        self.progress = progress
        self.verbose = verbose

    def _learn(self, entries: Entries) -> Learnt:
        width = self._checked(entries.shape)
        rng = check_random_state(self.random_state)
        runs = [self._run(entries, width, rng, number) for number in range(self.n_starts)]
        if any(run.reason == "gradients" for run in runs):
            warnings.warn(
                f"the flow was stopped after max_gradients={self.max_gradients} evaluations of the gradient, before it was "
                "done; allow more, or a larger tol or scale",
                ConvergenceWarning,
                stacklevel=3,
            )
        first, *others = [run.centring for run in runs]
        return Learnt(
            centring=first.averaged(others),
            left=np.hstack([run.left for run in runs]) / len(runs),
            right=np.hstack([run.right for run in runs]),
            noise=float(np.mean([run.seen if run.held_out is None else run.held_out for run in runs])),
            more={
                "times_": np.array([run.time for run in runs]),
                "validation_rmse_": np.sqrt([np.nan if run.held_out is None else run.held_out for run in runs]),
                "n_gradients_": sum(run.gradients for run in runs),
                "reasons_": [run.reason for run in runs],
            },
        )

    def _run(self, entries: Entries, width: int, rng: Any, number: int) -> "_Run":
        """One start, followed to its end."""
        train, held = entries, None
        if self.validation_fraction is not None and round(self.validation_fraction * len(entries)):
            train, held = entries.split(self.validation_fraction, rng)
        centring, rest = self._centred(train)
        unit = float(np.sqrt(np.mean(rest.values**2)))
        if unit <= 1e-13 * float(np.abs(entries.values).max()):  # the centring has said it all
            nothing = [np.zeros((side, 1)) for side in entries.shape]
            return _Run(centring, nothing[0], nothing[1], 0.0, None, 0.0, 0, "fit")
        chain = self._chain(rest, unit, width)
        start = self._start(chain, rng)
        others = None
        if held is not None:
            left_of_held = held.values - centring.at(held.rows, held.columns)
            others = held.with_values((left_of_held / unit).astype(self.dtype))
        stops: dict[str, Any] = {"rtol": self.rtol, "tol": self.tol, "max_gradients": self.max_gradients}
        report = self._report(number, "held out" if held is not None else "all")
        end = follow(chain, start, held_out=others, patience=self.patience, report=report, **stops)
        spent, error = chain.gradients, None if end.held_out is None else end.held_out * unit**2
        if held is not None and self.refit:
            centring, rest = self._centred(entries)
            chain = self._chain(rest, unit, width)
            again = follow(chain, start, time=end.time, report=self._report(number, "refit"), **stops)
            end, reason = again, "gradients" if again.reason == "gradients" else end.reason
            spent += chain.gradients
        else:
            reason = end.reason
        left, right = chain.ends(end.point)
        return _Run(centring, left * unit, right, end.seen * unit**2, error, end.time, spent, reason)

    def _chain(self, rest: Entries, unit: float, width: int) -> Chain:
        scales: list[np.ndarray | None] = [None, None]
        if self.weighting:
            for side, (places, size) in enumerate(zip((rest.rows, rest.columns), rest.shape, strict=True)):
                counts = np.maximum(np.bincount(places, minlength=size), 1).astype(np.float64)
                scales[side] = ((counts / (len(rest) / size)) ** -float(self.weighting)).astype(self.dtype)
        entries = rest.with_values((rest.values / unit).astype(self.dtype))
        penalty = float(self.penalty) * unit ** (2 / self.depth - 2)  # the same minimum in other units
        return Chain(entries, width=width, depth=self.depth, penalty=penalty, row_scale=scales[0], column_scale=scales[1])

    def _start(self, chain: Chain, rng: Any) -> np.ndarray:
        (m, n), d, depth = chain.entries.shape, chain.width, self.depth
        if self.start == "gaussian":
            deviation = (float(self.scale) * d ** (-(depth - 1) / 2)) ** (1 / depth)
            return chain.vector([deviation * rng.standard_normal(size) for size in chain.sizes])
        root = (float(self.scale) * np.sqrt(m * n / d)) ** (1 / depth)
        first, last = (np.linalg.qr(rng.standard_normal((side, d)))[0] for side in (m, n))
        return chain.vector([root * first, *[root * np.eye(d)] * (depth - 2), root * last])

    def _report(self, number: int, phase: str) -> Callable[[float, int, float, float | None], None] | None:
        if self.progress is None and not self.verbose:
            return None
        progress, printed = self.progress, [0.0]

        def report(time: float, gradients: int, seen: float, held_out: float | None) -> None:
            now = Progress(number, phase, time, gradients, seen**0.5, None if held_out is None else held_out**0.5)
            if progress is not None:
                progress(now)
            if self.verbose and gradients >= printed[0]:
                printed[0] = 1.2 * gradients
                unseen = "" if now.held_out is None else f", held out {now.held_out:.4f}"
                print(f"start {number}, {phase}: time {time:.3g}, {gradients} gradients, seen {now.seen:.4f}{unseen}")

        return report

    def _checked(self, shape: tuple[int, int]) -> int:
        """The hidden width, after a look at every parameter."""
        whole(self.depth, "depth", least=2)
        whole(self.n_starts, "n_starts")
        whole(self.max_gradients, "max_gradients")
        checked_real(self.scale, "scale", above=0.0)
        checked_real(self.penalty, "penalty", least=0.0)
        checked_real(self.weighting, "weighting", least=0.0, most=1.0)
        checked_real(self.patience, "patience", above=1.0)
        checked_real(self.tol, "tol", above=0.0)
        if self.validation_fraction is not None:
            checked_real(self.validation_fraction, "validation_fraction", above=0.0, below=1.0)
        if self.start not in STARTS:
            raise ValueError(f"start must be one of {', '.join(map(repr, STARTS))}; got {self.start!r}")
        if self.dtype not in LEAST_RTOL:
            raise ValueError(f"dtype must be 'float64' or 'float32', got {self.dtype!r}")
        checked_real(self.rtol, "rtol", least=LEAST_RTOL[self.dtype], below=1.0)
        if self.progress is not None and not callable(self.progress):
            raise TypeError(f"progress must be called with a Progress, got {self.progress!r}")
        if self.rank is None:
            return min(*shape, WIDEST)
        width = whole(self.rank, "rank")
        if width > min(shape):
            raise ValueError(
                f"rank must be at most {min(shape)}, the smaller side of X, got {width}; None takes that or {WIDEST}"
            )
        return width


@dataclass(frozen=True)
class _Run:
    """What came of one start; errors are mean squares in the units of X."""

    centring: Centring
    left: np.ndarray
    right: np.ndarray
    seen: float
    held_out: float | None
    time: float
    gradients: int
    reason: str
