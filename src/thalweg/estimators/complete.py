"""A table completed: methods compared on entries that none of them saw, and the best one fitted to all."""

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from thalweg._shown import shown
from thalweg._whole import whole
from thalweg.data.table import LARGEST, GappedTable, TableError
from thalweg.estimators.centring import Centring
from thalweg.estimators.completion import AbstractCompletion
from thalweg.estimators.deep_matrix_completion import DeepMatrixCompletion
from thalweg.estimators.entries import Entries
from thalweg.estimators.nuclear_norm_completion import NuclearNormCompletion
from thalweg.estimators.singular_path import SingularPath, singular_path
from thalweg.estimators.soft_impute import SoftImpute
from thalweg.exact.threads import threads_for

METHODS: Mapping[str, str] = {
    "mean": "one mean for all",
    "columns": "mean of each column",
    "offsets": "offsets of rows and columns",
    "soft-impute": "soft-impute",
    "nuclear-norm": "least nuclear norm",
    "deep": "deep factorization",
}
"""The methods by name, from the plainest on."""
SAID: Mapping[str, str] = {name: title if name in ("mean", "soft-impute") else f"the {title}" for name, title in METHODS.items()}
"""The methods in a sentence."""
PLAIN = ("mean", "columns", "offsets")
LEAST = 20
"""Seen entries without which nothing can be held out twice."""
CELLS = 40_000
"""Rows times columns up to which the least nuclear norm is tried."""
GAIN = 0.01
"""The part by which a factorization must lower the validation error of plain means to be chosen."""
MANY = 20_000
"""Seen entries from which on fewer depths and scales are tried."""
Step = Callable[[str, int, int], None]


@shown
@dataclass(frozen=True)
class Attempt:
    """What came of one method; errors are root mean squares in the units of the table.

    Attributes:
        name: of the method; title: in words. settings: as chosen by the validation entries, in words.
        validation: the error on the entries that chose the settings. test: on those that no method saw, and its standard
            error. gap: the certified relative gap of a convex method.
        seconds: for all that was tried. left_out: why it was not tried; all numbers are then None.

    Examples:
        >>> Attempt("mean", "one mean for all", "", 1.0, 1.1, 0.1).left_out
        ''
    """

    name: str
    title: str
    settings: str
    validation: float | None = None
    test: float | None = None
    error_of_test: float | None = None
    gap: float | None = None
    seconds: float = 0.0
    left_out: str = ""


@dataclass(frozen=True)
class Tried:
    """One setting of the deep factorization and its validation error."""

    depth: int
    scale: float
    centring: str
    validation: float


@shown
@dataclass(frozen=True)
class Completed:
    """A completed table with what was measured on the way.

    Attributes:
        matrix: the whole table; seen entries are as they were.
        attempts: one for each method, the plainest first. chosen: the name of the one that filled the gaps, which had the
            least error on the validation entries.
        verdict: what the errors say, in sentences.
        counts: of the entries that were used to fit, to validate, to test. seed: as given.
        penalty_path: the path of soft-impute, where it ran. flow_path: that of the deep factorization.
        tried: the settings of the deep factorization.
        model: the model that filled the gaps; None where that was plain means.

    Examples:
        >>> Completed(np.ones((1, 1)), [], "mean", "", (8, 1, 1), 0).chosen
        'mean'
    """

    matrix: np.ndarray
    attempts: Sequence[Attempt]
    chosen: str
    verdict: str
    counts: tuple[int, int, int]
    seed: int
    penalty_path: SingularPath | None = None
    flow_path: SingularPath | None = None
    tried: Sequence[Tried] = field(default_factory=list)
    model: Any = None

    def as_json(self) -> dict[str, Any]:
        """What was measured, as plain values."""
        return {
            "chosen": self.chosen,
            "verdict": self.verdict,
            "seed": self.seed,
            "shape": list(self.matrix.shape),
            "entries": dict(zip(("fitted", "validation", "test"), self.counts, strict=True)),
            "methods": [
                {
                    "method": one.name,
                    "settings": one.settings,
                    "validation_rmse": one.validation,
                    "test_rmse": one.test,
                    "test_standard_error": one.error_of_test,
                    "certified_gap": one.gap,
                    "seconds": round(one.seconds, 3),
                    "left_out": one.left_out,
                }
                for one in self.attempts
            ],
        }


def complete(
    table: GappedTable, *, method: str = "best", seed: int = 0, quick: bool = False, step: Step | None = None
) -> Completed:
    """Fill the gaps of a table by the method that predicts held-out entries best.

    A tenth of the seen entries is put aside as a test, which no choice looks at. Of the others a tenth validates: it
    chooses the penalty of soft-impute, the depth, the scale of the start and the time to stop of the deep factorization,
    and the method: that of the least error, or plain means where it gains less than a hundredth on them. Each method, so
    set, is fitted to all but the test entries, and its error on those is reported. The chosen one is then fitted to all.

    Arguments:
        table: what was read.
        method: `best`, or the one of `METHODS` to fill the gaps by; the plain ones are compared in any case.
        seed: of everything that is drawn.
        quick: fewer depths and scales.
        step: called with what is being done, how many steps are done, and how many there are.

    Raises:
        ValueError: an unknown method, too few entries, or `nuclear-norm` asked for on a table that is too large for it.
        TableError: a table too large to be laid out whole.

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> rows, columns = np.nonzero(rng.random((12, 10)) < 0.7)
        >>> values = np.add.outer(np.arange(12.0), np.arange(10.0))[rows, columns]
        >>> names = tuple(range(12)), tuple(range(10))
        >>> found = complete(GappedTable(rows, columns, values, *names, "wide", ("",)), method="offsets")
        >>> found.chosen, bool(np.isfinite(found.matrix).all())
        ('offsets', True)
    """
    search = _Search(table, method, whole(seed, "seed", least=0), quick, step)
    with threads_for(table.shape, 2000):
        return search.result()


class _Search:
    """Entries in three parts, and what each method makes of them."""

    def __init__(self, table: GappedTable, method: str, seed: int, quick: bool, step: Step | None):
        if method != "best" and method not in METHODS:
            raise ValueError(f"method must be best or one of {', '.join(METHODS)}; got {method!r}")
        cells = table.shape[0] * table.shape[1]
        if cells > LARGEST:
            raise TableError(f"a table of {table.shape[0]} by {table.shape[1]} is too large to be laid out whole")
        if len(table.values) < LEAST:
            raise ValueError(
                f"the table has {len(table.values)} seen entries; {LEAST} are the least with which some can be held out"
            )
        if float(np.abs(table.values).max()) > 1e140:
            raise ValueError("the table has entries above 1e140, whose squares would overflow; divide by a scale of the data")
        if method == "nuclear-norm" and cells > CELLS:
            raise ValueError(f"{_too_large(table.shape)}; --method soft-impute is its relative for large tables")
        self.all = Entries.sorted(table.rows, table.columns, table.values.astype(np.float64), table.shape)
        rng = np.random.default_rng(seed)
        self.fitted, self.test = self.all.split(0.1, rng)
        self.train, self.validation = self.fitted.split(0.1, np.random.RandomState(seed))
        self.seed, self.quick, self.step = seed, quick, step
        self.names = [name for name in METHODS if method in ("best", name) or name in PLAIN]
        self.only = method
        self.settings = _settings(quick, len(self.all))
        self.centring, self.ridge = "both", 5.0
        self.done, self.total = 0, 0
        self.path: Any = None  # a fitted SoftImpute
        self.flow: SingularPath | None = None
        self.tried: list[Tried] = []
        self.models: dict[str, Callable[[Entries], Callable[[np.ndarray, np.ndarray], np.ndarray]]] = {}
        self.fits: dict[str, Any] = {}
        self.squares: dict[str, np.ndarray] = {}

    def result(self) -> Completed:
        """All methods, then the chosen one on all entries."""
        self.total = len(self.names) + (len(self.settings) + 1 if "deep" in self.names else 0) + 1
        attempts = [self._attempt(name) for name in self.names]
        chosen = _best(attempts) if self.only == "best" else self.only
        self._tell(f"{METHODS[chosen]}, fitted to all entries", 1)
        predict = self.models[chosen](self.all)
        matrix = self._filled(predict)
        soft = self.path
        return Completed(
            matrix=matrix,
            attempts=attempts,
            chosen=chosen,
            verdict=self._verdict(attempts, chosen),
            counts=(len(self.train), len(self.validation), len(self.test)),
            seed=self.seed,
            penalty_path=None
            if soft is None
            else SingularPath(soft.penalties_, soft.path_singular_values_, soft.path_errors_, soft.penalty_),
            flow_path=self.flow,
            tried=self.tried,
            model=self.fits.get("model"),
        )

    def _tell(self, what: str, steps: int = 1) -> None:
        if self.step is not None:
            self.step(what, self.done, self.total)
        self.done += steps

    def _attempt(self, name: str) -> Attempt:
        began = time.perf_counter()
        if name == "nuclear-norm" and self.all.shape[0] * self.all.shape[1] > CELLS:
            self._tell(METHODS[name])
            return Attempt(name, METHODS[name], "", left_out=_too_large(self.all.shape))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # gaps are reported as they are
            if name in PLAIN:
                self._tell(METHODS[name])
                settings, validation = self._plain(name)
            elif name == "soft-impute":
                self._tell(METHODS[name])
                settings, validation = self._soft_impute()
            elif name == "nuclear-norm":
                self._tell(METHODS[name])
                settings, validation = self._nuclear_norm()
            else:
                settings, validation = self._deep()
            predict = self.models[name](self.fitted)
        model, self.squares[name] = self.fits.get("model"), (predict(self.test.rows, self.test.columns) - self.test.values) ** 2
        if name == "soft-impute":
            self.path = model
        test = float(np.sqrt(self.squares[name].mean()))
        spread = float(self.squares[name].std(ddof=1) / np.sqrt(len(self.test)) / (2.0 * test)) if test > 0 else 0.0
        gap = None if name in PLAIN else getattr(model, "gap_", None)
        return Attempt(name, METHODS[name], settings, validation, test, spread, gap, time.perf_counter() - began)

    def _error(self, predict: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> float:
        validation = self.validation
        return float(np.sqrt(np.mean((predict(validation.rows, validation.columns) - validation.values) ** 2)))

    def _plain(self, name: str) -> tuple[str, float]:
        kind = {"mean": "global", "columns": "columns", "offsets": "both"}[name]
        ridges = (0.0, 2.0, 5.0, 20.0) if name == "offsets" else (0.0,)
        found = [(self._error(Centring.fit(self.train, kind, ridge).at), ridge) for ridge in ridges]
        error, ridge = min(found)

        def fit(entries: Entries) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
            self.fits["model"] = None
            return Centring.fit(entries, kind, ridge).at

        self.models[name] = fit
        if name == "offsets":
            self.ridge = ridge
        return (f"shrunk by {ridge:g} entries" if name == "offsets" else ""), error

    def _model(self, name: str, model: Any) -> None:
        def fit(entries: Entries) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
            self.fits["model"] = _fitted(model(), entries)
            return self.fits["model"].predict_entries

        self.models[name] = fit

    def _soft_impute(self) -> tuple[str, float]:
        found = []
        for centring in ("both", "none"):  # the deep factorization takes over which of the two is better
            model = _fitted(self._soft(centring), self.fitted)
            errors = model.path_errors_
            found.append((float(errors.min()) if len(errors) else np.inf, centring, model))
        error, self.centring, best = min(found, key=lambda one: one[0])
        if not np.isfinite(error):  # the offsets leave nothing
            error = self._error(Centring.fit(self.train, "both", self.ridge).at)
        self._model("soft-impute", lambda centring=self.centring: self._soft(centring))
        rank = len(best.singular_values_)
        return f"{_about(self.centring)}penalty {best.penalty_:.3g}, rank {rank}", error

    def _soft(self, centring: str) -> SoftImpute:
        options: dict[str, Any] = {"n_penalties": 12, "gap": 1e-3} if self.quick else {"n_penalties": 25, "gap": 3e-4}
        return SoftImpute(
            centring=centring, shrinkage=self.ridge, random_state=self.seed, ratio=3e-3, max_rank=80, patience=1, **options
        )

    def _nuclear_norm(self) -> tuple[str, float]:
        found = []
        for centring in ("both", "none"):
            model = _fitted(self._nuclear(centring), self.train)
            found.append((self._error(model.predict_entries), centring))
        error, centring = min(found)
        self._model("nuclear-norm", lambda: self._nuclear(centring))
        return f"{_about(centring)}equal to every entry seen", error

    def _nuclear(self, centring: str) -> NuclearNormCompletion:
        limit = 300 if self.quick else 2000
        return NuclearNormCompletion(centring=centring, shrinkage=self.ridge, gap=1e-3, max_iterations=limit)

    def _deep(self) -> tuple[str, float]:
        centring = self.centring
        for depth, scale in self.settings:
            self._tell(f"{METHODS['deep']}, depth {depth}, scale {scale:g}")
            model = self._deep_model(depth, scale, centring, refit=False)
            error = float(_fitted(model, self.fitted).validation_rmse_[0])
            rest = Centring.fit(self.train, centring, self.ridge)
            self.tried.append(Tried(depth, scale, centring, error if np.isfinite(error) else self._error(rest.at)))
        best = min(self.tried, key=lambda one: one.validation)
        self._tell(f"{METHODS['deep']}, its path")
        chosen = self._deep_model(best.depth, best.scale, best.centring, refit=True)
        self.flow = singular_path(chosen, self.train, self.validation)
        self._tell(f"{METHODS['deep']}, fitted to all but the test entries")
        self._model("deep", lambda: self._deep_model(best.depth, best.scale, best.centring, refit=True))
        return f"{_about(best.centring)}depth {best.depth}, scale {best.scale:g}", best.validation

    def _deep_model(self, depth: int, scale: float, centring: str, refit: bool) -> DeepMatrixCompletion:
        width = min(*self.all.shape, 30 if self.quick or min(self.all.shape) > 300 else 100)
        return DeepMatrixCompletion(
            depth,
            width,
            scale=scale,
            centring=centring,
            shrinkage=self.ridge,
            refit=refit,
            random_state=self.seed,
            max_gradients=2000 if self.quick else 6000,
        )

    def _filled(self, predict: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
        model, (m, n) = self.fits.get("model"), self.all.shape
        if isinstance(model, AbstractCompletion):
            centring = model.centring_
            matrix = (model.left_ * model.singular_values_) @ model.right_.T
            matrix += centring.mean + centring.row_offsets[:, None] + centring.column_offsets
        else:
            matrix = np.stack([predict(np.full(n, row), np.arange(n)) for row in range(m)])
        matrix[self.all.rows, self.all.columns] = self.all.values
        return matrix

    def _verdict(self, attempts: Sequence[Attempt], chosen: str) -> str:
        """What the test says of the chosen method beside the plain ones, by the paired difference of squared errors."""
        by_name = {one.name: one for one in attempts if one.test is not None}
        plain = min((by_name[name] for name in PLAIN), key=lambda one: one.validation or 0.0)
        mine = by_name[chosen]
        count = f"{len(self.test)} test entries"
        if chosen in PLAIN:
            rivals = [one for one in by_name.values() if one.name not in PLAIN]
            sentence = f"The gaps are filled by {SAID[chosen]}, with an error of {mine.test:.4g} on {count}."
            if not rivals:
                return sentence
            best = min(rivals, key=lambda one: one.validation or 0.0)
            return (
                f"{sentence} The best of the others, {SAID[best.name]}, does not predict the validation entries better by a "
                f"hundredth (its error on the test entries is {best.test:.4g}): beyond these means the table shows no "
                "pattern of low rank that could be learnt from so many entries."
            )
        difference = self.squares[plain.name] - self.squares[chosen]
        spread = float(difference.std(ddof=1) / np.sqrt(len(difference)))
        standing = float(difference.mean()) / spread if spread > 0 else 0.0
        compared = f"{mine.test:.4g} against {plain.test:.4g} of {SAID[plain.name]}"
        sentence = f"The gaps are filled by {SAID[chosen]}. Its error on {count} is {compared}"
        if standing >= 2:
            return f"{sentence}: better by {standing:.1f} standard errors of the difference."
        if standing <= -2:
            return f"{sentence}: the plain means are better by {-standing:.1f} standard errors. Prefer them."
        return f"{sentence}: a difference of {standing:.1f} standard errors, which may be chance."


def _best(attempts: Sequence[Attempt]) -> str:
    """The method of least validation error; plain means, unless that gains what is worth speaking of."""
    able = sorted((one.validation, one.name) for one in attempts if one.validation is not None)
    plain = next((error, name) for error, name in able if name in PLAIN)
    return able[0][1] if able[0][0] < (1.0 - GAIN) * plain[0] else plain[1]


def _settings(quick: bool, entries: int) -> list[tuple[int, float]]:
    """Depth and scale of the start of the deep factorizations that are tried: fewer on large tables."""
    if quick:
        return [(2, 1e-2), (3, 1e-2)]
    if entries > MANY:
        return [(2, 1e-1), (2, 1e-2), (3, 1e-2)]
    return [(depth, scale) for depth in (2, 3, 4) for scale in (1e-1, 1e-2, 1e-3)]


def _fitted(model: Any, entries: Entries) -> Any:
    import scipy.sparse as sp

    return model.fit(sp.coo_array((entries.values, (entries.rows, entries.columns)), shape=entries.shape))


def _about(centring: str) -> str:
    return "beyond offsets, " if centring == "both" else "without offsets, "


def _too_large(shape: tuple[int, int]) -> str:
    return f"the least nuclear norm takes whole matrices of at most {CELLS} cells, the table has {shape[0]} x {shape[1]}"
