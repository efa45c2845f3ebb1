"""Completion by a penalty on the nuclear norm, chosen by held-out entries."""

import itertools
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from thalweg._whole import whole
from thalweg.estimators.completion import AbstractCompletion, Learnt, checked_real
from thalweg.estimators.entries import Entries
from thalweg.exact.soft_impute import LEAST_GAP, SoftImputeSolution, largest_penalty, soft_impute_path

LARGEST = 0.9
"""The first penalty of a path that is not given, as a part of the least that leaves nothing."""

GAIN = 1e-3
"""The part by which the least held-out error must fall for a penalty to have been worth its while."""


@dataclass(frozen=True)
class OnPath:
    """What a progress callback is given after each penalty.

    Arguments:
        phase: `held out` while the penalty is chosen, `refit` after it.
        penalty: in the units of X. rank: of the solution.
        held_out: the root mean square error of the held-out entries; None where nothing is held out.

    Examples:
        >>> from thalweg.estimators.soft_impute import OnPath
        >>> OnPath("held out", 2.0, 3, 0.5).rank
        3
    """

    phase: str
    penalty: float
    rank: int
    held_out: float | None


class SoftImpute(AbstractCompletion):
    r"""Matrix completion by squares and a penalty on the nuclear norm, $\frac12 \|P_\Omega(X - W)\|^2 + \lambda \|W\|_*$.

    $W$ is what the centring $\mu + b_i + c_j$ leaves. Each solution comes with a dual that proves how near the least it
    is. Without a `penalty` a path of them is followed from the largest down, each started from the one before, on all but
    a fraction of the seen entries; the penalty with the least error on that fraction is taken, and fitted to all.

    Arguments:
        penalty: $\lambda$, in the units of X; None to choose it by held-out entries.
        penalties: the descending candidates; None for `n_penalties` of them, from 0.9 of the least that leaves nothing,
            down to the part `ratio` of it.
        n_penalties, ratio: as said.
        validation_fraction: of the seen entries, held out to choose the penalty.
        patience: after how many penalties in a row that lower the least error by less than a thousandth the path is left.
        max_rank: the rank at which the path is left; None for no bound.
        gap: the relative duality gap to stop at for each penalty.
        max_iterations: sweeps for each penalty; a ConvergenceWarning says where they ran out.
        centring: `none`, `global` ($\mu$), `rows` ($\mu + b$), `columns` ($\mu + c$) or `both`.
        shrinkage: the ridge on the offsets $b$ and $c$, a number or a pair (rows, columns).
        row_ridge: the ridge for new rows in `transform`; None for the noise that was measured.
        random_state: of the held-out entries.
        progress: called with an `OnPath` after each penalty.

    Attributes:
        left_, singular_values_, right_: $W$, decomposed.
        penalty_: the $\lambda$ of the model. gap_: its certified relative gap.
        penalties_: those that were followed.
        path_errors_: the root mean square errors of held-out entries along them; NaN where nothing was held out.
        path_singular_values_: (penalties, largest rank), zeros behind each rank.
        ranks_: of the solutions along them.
        centring_, noise_, n_features_in_, feature_names_in_: see `AbstractCompletion`.

    Raises:
        ValueError: on `fit`, a parameter out of its range, naming it.

    Examples:
        >>> import numpy as np
        >>> from thalweg.estimators import SoftImpute
        >>> rng = np.random.default_rng(0)
        >>> X = np.outer(rng.standard_normal(30), rng.standard_normal(20)) + 0.1 * rng.standard_normal((30, 20))
        >>> seen = np.where(rng.random(X.shape) < 0.6, X, np.nan)
        >>> model = SoftImpute(centring="none", random_state=0).fit(seen)
        >>> model.gap_ < 1e-4, bool(np.sqrt(np.mean((model.transform(seen) - X) ** 2)) < 0.2)
        (True, True)

    Reference:
        mazumder2010spectral; hastie2015matrix.
    """

    def __init__(
        self,
        penalty: float | None = None,
        *,
        penalties: Sequence[float] | None = None,
        n_penalties: int = 20,
        ratio: float = 1e-2,
        validation_fraction: float = 0.1,
        patience: int = 2,
        max_rank: int | None = None,
        gap: float = 1e-4,
        max_iterations: int = 1000,
        centring: str = "both",
        shrinkage: Any = 5.0,
        row_ridge: float | None = None,
        random_state: Any = None,
        progress: Callable[[OnPath], None] | None = None,
    ):
        self.penalty = penalty
        self.penalties = penalties
        self.n_penalties = n_penalties
        self.ratio = ratio
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.max_rank = max_rank
        self.gap = gap
        self.max_iterations = max_iterations
        self.centring = centring
        self.shrinkage = shrinkage
        self.row_ridge = row_ridge
        self.random_state = random_state
        self.progress = progress

    def _learn(self, entries: Entries) -> Learnt:
        self._check()
        held = entries.at(slice(0, 0))
        path: list[SoftImputeSolution] = []
        errors: list[float] = []
        if self.penalty is None:
            train, held = entries.split(self.validation_fraction, check_random_state(self.random_state))
            centring, rest = self._centred(train)
            errors_held = held.values - centring.at(held.rows, held.columns)
            if len(held) and self._something(rest, entries):
                path, errors = self._follow(rest, held, errors_held)
        centring, rest = self._centred(entries)
        if not self._something(rest, entries):  # the centring has said it all
            nothing = [np.zeros((side, 0)) for side in entries.shape]
            return Learnt(centring, *nothing, noise=float(np.mean(rest.values**2)), more=self._told([], [], 0.0, 0.0))
        if self.penalty is not None:
            down = [float(self.penalty)]
        else:
            best = int(np.argmin(errors)) if path else 0
            down = [one.penalty for one in path[: best + 1]] or [largest_penalty(rest) * LARGEST]
        solution = None
        for solution in self._solutions(rest, down):
            self._say("refit", solution, None)
        assert solution is not None
        self._warn(solution)
        left = solution.left * solution.singular
        noise = min(errors) ** 2 if errors else float(np.mean((rest.values - solution.at(rest.rows, rest.columns)) ** 2))
        listed = path or [solution]
        more = self._told(listed, errors or [np.nan] * len(listed), solution.penalty, solution.gap)
        return Learnt(centring, left, solution.right, noise, more)

    def _follow(self, rest: Entries, held: Entries, wanted: np.ndarray) -> tuple[list[SoftImputeSolution], list[float]]:
        """The path on the entries that are not held out, left once the error no longer falls."""
        penalties = self.penalties
        if penalties is None:
            penalties = largest_penalty(rest) * np.geomspace(LARGEST, self.ratio, self.n_penalties)
        path: list[SoftImputeSolution] = []
        errors: list[float] = []
        idle = 0
        for solution in self._solutions(rest, [float(one) for one in penalties]):
            path.append(solution)
            errors.append(float(np.sqrt(np.mean((wanted - solution.at(held.rows, held.columns)) ** 2))))
            self._say("held out", solution, errors[-1])
            idle = 0 if errors[-1] < (1.0 - GAIN) * min(errors[:-1], default=np.inf) else idle + 1
            if idle >= self.patience:
                break
            if self.max_rank is not None and solution.rank >= self.max_rank:
                break
        return path, errors

    def _solutions(self, rest: Entries, penalties: Sequence[float]) -> Iterator[SoftImputeSolution]:
        return soft_impute_path(rest, penalties, gap=float(self.gap), max_iterations=self.max_iterations)

    def _something(self, rest: Entries, entries: Entries) -> bool:
        """Whether the centring leaves more than rounding."""
        return float(np.abs(rest.values).max()) > 1e-13 * float(np.abs(entries.values).max())

    def _say(self, phase: str, solution: SoftImputeSolution, error: float | None) -> None:
        if self.progress is not None:
            self.progress(OnPath(phase, solution.penalty, solution.rank, error))

    def _told(self, path: Sequence[SoftImputeSolution], errors: Sequence[float], penalty: float, gap: float) -> dict[str, Any]:
        ranks = [one.rank for one in path]
        values = np.zeros((len(path), max(ranks, default=0)))
        for at, one in enumerate(path):
            values[at, : one.rank] = one.singular
        return {
            "penalty_": float(penalty),
            "gap_": float(gap),
            "penalties_": np.array([one.penalty for one in path]),
            "path_errors_": np.array(errors),
            "path_singular_values_": values,
            "ranks_": np.array(ranks, dtype=np.int64),
        }

    def _warn(self, solution: SoftImputeSolution) -> None:
        if not solution.certified:
            warnings.warn(f"{solution}; allow more by max_iterations, or a larger gap", ConvergenceWarning, stacklevel=4)

    def _check(self) -> None:
        """A look at every parameter."""
        if self.penalty is not None:
            checked_real(self.penalty, "penalty", above=0.0)
            if self.penalties is not None:
                raise ValueError("give penalty, or penalties to choose from, not both")
        if self.penalties is not None:
            listed = [checked_real(one, "each of the penalties", above=0.0) for one in self.penalties]
            if not listed or any(after >= before for before, after in itertools.pairwise(listed)):
                raise ValueError(f"penalties must descend, so that each starts from the one before; got {listed}")
        whole(self.n_penalties, "n_penalties", least=2)
        checked_real(self.ratio, "ratio", above=0.0, below=LARGEST)
        checked_real(self.validation_fraction, "validation_fraction", above=0.0, below=1.0)
        whole(self.patience, "patience")
        if self.max_rank is not None:
            whole(self.max_rank, "max_rank")
        checked_real(self.gap, "gap", least=LEAST_GAP, below=1.0)
        whole(self.max_iterations, "max_iterations")
        if self.progress is not None and not callable(self.progress):
            raise TypeError(f"progress must be called with an OnPath, got {self.progress!r}")
        if self.row_ridge is not None:
            checked_real(self.row_ridge, "row_ridge", least=0.0, most=math.inf)
