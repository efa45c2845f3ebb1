"""Matrix factorization: a product of matrices, measured such that its eigenvectors stay and its eigenvalues are what moves."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from thalweg.explorer.experiments.base import Values
from thalweg.explorer.experiments.charts import Picture
from thalweg.explorer.experiments.families import AbstractFamily, Exact, Words, at_least
from thalweg.explorer.experiments.pictures import picture
from thalweg.explorer.knobs import BadKnob
from thalweg.initializations.identity import Identity
from thalweg.parametrizations.deep_linear import DeepLinear
from thalweg.problems.matrix_sensing import MatrixSensing
from thalweg.theory.least_trace import least_trace
from thalweg.theory.sensing_limit import sensing_limit

LEAST = {2: 1e-6, 3: 0.15, 4: 0.3, 5: 0.4}
"""The least scale at each depth from which the product stays in its eigenbasis, whatever is drawn.

Where a direction has been learnt and others still wait, turning it towards them lowers the loss to second order. Above depth 2
it turns by much more than the others grow, so that rounding errors come to be seen if the wait is long.
"""
LARGEST, MOST_ROWS = 100.0, 60
OFF = 1e-6
"""The part of the product off its eigenbasis from which on the exact limit is not that of this path."""


class MatrixFamily(AbstractFamily):
    """Matrix sensing by a product of matrices: between the nearest solution to the start and the least nuclear norm."""

    words: ClassVar[Words] = Words(
        one="eigenvalue",
        norm="nuclear norm",
        title="Nuclear norm",
        now="Of the product, beside solutions that are computed otherwise, and the matrix that the samples come from.",
        paths="Each curve is one. Across: the planted ones. From a small start they leave zero one after the other.",
        sizes="The sum of the sizes of the eigenvalues. Least possible: of all solutions without negative eigenvalues.",
        loss="The mean square over the samples.",
    )
    most_gradients: ClassVar[int] = 30_000

    def check(self, values: Values) -> None:
        if values["coefficients"] > MOST_ROWS:
            raise BadKnob(
                "coefficients",
                f"a product of matrices with {values['coefficients']} eigenvalues takes longer than can be waited for here; "
                f"{MOST_ROWS} are the most for matrix factorization",
            )
        at_least(values, LEAST, "rounding errors grow until they turn the eigenvectors, and no exact limit is known then")
        if _start(values) > LARGEST:
            most = LARGEST ** (1 / values["depth"])
            raise BadKnob(
                "scale",
                f"a product of {values['depth']} matrices of scale {values['scale']:.3g} begins at {_start(values):.3g} times "
                f"the identity, beside which nothing is seen to move; {np.floor(100 * most) / 100:g} is the most at this depth",
            )

    def planted(self, values: Values) -> np.ndarray:
        return drawn(values)[2]

    def asked(self, values: Values) -> Mapping[str, Any]:
        basis, spectra, planted = drawn(values)
        size = values["coefficients"]
        return {
            "problem": MatrixSensing(np.einsum("ik,ak,jk->aij", basis, spectra, basis), spectra @ planted),
            "parametrization": DeepLinear(depth=values["depth"], shape=(size, size)),
            "start": Identity(_start(values)),
        }

    def exact(self, values: Values) -> tuple[Exact, Exact, Exact]:
        return _exact(*_asked(values), values["depth"], values["scale"])

    def coefficients(self, values: Values, predictors: np.ndarray) -> np.ndarray:
        basis = drawn(values)[0]
        return np.sum((predictors @ basis) * basis, axis=1)

    def derived(self, values: Values, predictors: np.ndarray) -> Mapping[str, np.ndarray]:
        """How far the product is off its basis, in norm."""
        basis = drawn(values)[0]
        inside = (basis * self.coefficients(values, predictors)[:, None, :]) @ basis.T
        return {"off_basis": np.linalg.norm(predictors - inside, axis=(1, 2))}

    def interval(self, values: Values) -> int:
        if values["depth"] == 2:
            return 1 if values["scale"] >= 1 else 2
        return 1 if values["scale"] >= 1 else 4

    def label(self, values: Values) -> str:
        return f"product of {values['depth']} matrices, scale {values['scale']:.3g}"

    def reference(self, values: Values) -> str:
        limit, least, near = self.exact(values)
        gaps = [max(one.gap, 1e-16) for one in (least, limit, near)]
        return (
            f"The product begins at {_start(values):.3g} times the identity. The measurements have trace zero, so that they do "
            "not see this start, and they commute, so that eigenvalues move and eigenvectors stay. Of all positive "
            f"semidefinite solutions the least nuclear norm is {least.norm:.4g}, and the planted matrix has "
            f"{float(self.planted(values).sum()):.4g}. The exact limit of the flow from this scale has {limit.norm:.4g}. A "
            f"kernel method, which linearizes the model at its start, finds the solution nearest to it, of norm {near.norm:.4g}"
            f"{', with eigenvalues of both signs' if near.coefficients.min() < 0 else ''}. Certified: a relative gap of "
            f"{gaps[0]:.0e} of the least, and equations that hold to {gaps[1]:.0e} of the limit and {gaps[2]:.0e} of the nearest."
        )

    def added(self, values: Values, predictors: np.ndarray) -> str:
        off = float(self.derived(values, predictors[-1:])["off_basis"][0])
        if off > OFF:
            return (
                f"Rounding errors have turned its eigenvectors, by {off:.1g} in norm: the exact limit is not that of this "
                "path, and a larger scale keeps them."
            )
        return f"Its eigenvectors have stayed, to {max(off, 1e-16):.0e} in norm."

    def pictures(self) -> Sequence[Picture]:
        return (
            Picture("product", "The product now", "Entry by entry. What is sparse in the eigenvalues is a low rank here."),
            Picture("behind", "The planted matrix", "What the samples are measured from.", still=True),
        )

    def pictured(self, values: Values, predictor: np.ndarray | None) -> Mapping[str, Any]:
        basis, _, planted = drawn(values)
        target = (basis * planted) @ basis.T
        reach = float(np.quantile(np.abs(target), 0.99))
        return {"behind": picture(target, reach)} if predictor is None else {"product": picture(predictor, reach)}

    def lines(self, values: Values) -> list[str]:
        size, few, scale, depth = (values[name] for name in ("coefficients", "sparsity", "scale", "depth"))
        return [
            f"rng = np.random.default_rng({values['seed']})",
            f"basis = np.linalg.qr(rng.normal(size=({size}, {size})))[0]",
            f"spectra = rng.normal(size=({values['samples']}, {size}))",
            "spectra -= spectra.mean(axis=1, keepdims=True)  # of trace zero: the start is not seen",
            f"planted = np.zeros({size})",
            f"planted[rng.choice({size}, size={few}, replace=False)] = np.linspace(1.5, 0.5, {few})",
            "values = spectra @ planted",
            'problem = tw.MatrixSensing(np.einsum("ik,ak,jk->aij", basis, spectra, basis), values)',
            "",
            f"limit = tw.theory.sensing_limit(spectra, values, {scale!r}, {depth})",
            "least_trace = tw.theory.least_trace(spectra, values)",
            f"nearest = {scale!r} ** {depth} + np.linalg.pinv(spectra) @ values",
            "print(limit, least_trace, sep='\\n')",
        ]

    def called(self, values: Values) -> tuple[str, str]:
        size, depth = values["coefficients"], values["depth"]
        return f"tw.DeepLinear(depth={depth}, shape=({size}, {size}))", f"tw.Identity({values['scale']!r} ** {depth})"


def drawn(values: Values) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The eigenbasis of all measurements, the eigenvalues of each, and the planted ones, from 1.5 down to 0.5."""
    return _drawn(*_asked(values))


def _asked(values: Values) -> tuple[int, int, int, int]:
    return values["seed"], values["coefficients"], values["samples"], values["sparsity"]


def _start(values: Values) -> float:
    """The multiple of the identity that the product begins at."""
    return values["scale"] ** values["depth"]


@functools.lru_cache(maxsize=32)
def _drawn(seed: int, size: int, samples: int, few: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.normal(size=(size, size)))[0]
    spectra = rng.normal(size=(samples, size))
    spectra -= spectra.mean(axis=1, keepdims=True)
    planted = np.zeros(size)
    planted[rng.choice(size, size=few, replace=False)] = np.linspace(1.5, 0.5, few)
    return basis, spectra, planted


@functools.lru_cache(maxsize=32)
def _exact(seed: int, size: int, samples: int, few: int, depth: int, scale: float) -> tuple[Exact, Exact, Exact]:
    basis, spectra, planted = _drawn(seed, size, samples, few)
    values = spectra @ planted
    limit, least = sensing_limit(spectra, values, scale, depth), least_trace(spectra, values)
    inverse = np.linalg.pinv(spectra)
    move = inverse @ values
    dual = float(values @ least.multipliers) / max(1.0, float((least.multipliers @ spectra).max()))
    unmet = float(np.abs(spectra @ move - values).max() / np.abs(values).max())
    aside = float(np.linalg.norm(move - inverse @ (spectra @ move)) / np.linalg.norm(move))

    def named(vector: np.ndarray, gap: float, record: str, label: str, at: str, python: str) -> Exact:
        return Exact(record, label, at, f"(basis * {python}) @ basis.T", vector, (basis * vector) @ basis.T, gap)

    proof = max(limit.residual, limit.stationarity)
    return (
        named(limit.eigenvalues, proof, "to_limit", "exact limit for this scale", "exact limit", "limit.eigenvalues"),
        named(
            least.eigenvalues,
            abs(least.value - dual) / least.value,
            "to_least_trace",
            "least nuclear norm",
            "least possible",
            "least_trace.eigenvalues",
        ),
        named(
            scale**depth + move,
            max(unmet, aside),
            "to_nearest",
            "solution nearest to the start",
            "of the nearest to the start",
            "nearest",
        ),
    )
