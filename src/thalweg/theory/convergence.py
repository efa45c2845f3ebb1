"""Convergence of gradient descent on deep linear networks: the theorem's hypotheses as numbers, and what it then promises."""

import dataclasses
import functools
import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from thalweg._arrays import reals
from thalweg._module import number
from thalweg._shown import shown
from thalweg.problems.linear_regression import LinearRegression
from thalweg.theory.convergence_numbers import (
    convergence_rate,
    deficiency_margin,
    largest_imbalance,
    largest_learning_rate,
)
from thalweg.theory.imbalance import imbalances


@shown
@dataclasses.dataclass(frozen=True)
class ConvergenceCertificate:
    r"""What theorem 1 says of one start, target and step size.

    Arguments:
        depth: $N$; margin: $c$; distance: $\|W - \Phi\|_F$; least: $\sigma_{\min}(\Phi)$; norm: $\|\Phi\|_F$.
        imbalance: $\max_j\|D_j\|_F$; learning_rate: $\eta$.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> found = tw.theory.ConvergenceCertificate(2, 0.5, 0.5, 1.0, 1.0, imbalance=0.0, learning_rate=1e-6)
        >>> found.holds, found.steps(1e-3) > 1e6
        (True, True)

    Reference:
        arora2019convergence, theorem 1.
    """

    depth: int
    margin: float
    distance: float
    least: float
    norm: float
    imbalance: float
    learning_rate: float

    @property
    def loss(self) -> float:
        r"""$\ell(0) = \frac12\|W - \Phi\|_F^2$ at the start, above the least loss."""
        return self.distance**2 / 2

    @property
    def largest_imbalance(self) -> float:
        """The imbalance that the theorem allows; 0 without a margin."""
        return largest_imbalance(max(self.margin, 0.0), self.norm, self.depth) if self.norm else 0.0

    @property
    def largest_learning_rate(self) -> float:
        """The step size that the theorem allows; 0 without a margin."""
        return largest_learning_rate(max(self.margin, 0.0), self.norm, self.depth) if self.norm else 0.0

    @property
    def rate(self) -> float:
        """The share of the loss that each step takes at least, where the certificate holds."""
        return convergence_rate(max(self.margin, 0.0), self.learning_rate, self.depth)

    @property
    def failures(self) -> tuple[str, ...]:
        """A sentence for each hypothesis that fails, with by how much; empty where the theorem applies."""
        if self.margin <= 0:
            return (
                f"no deficiency margin: the start is {self.distance:.3g} from the target in Frobenius norm, and must be nearer "
                f"than the target's least singular value, {self.least:.3g}",
            )
        found = []
        if self.imbalance > self.largest_imbalance:
            found.append(
                f"the imbalance {self.imbalance:.3g} is {self.imbalance / self.largest_imbalance:.3g} times the "
                f"{self.largest_imbalance:.3g} that is allowed"
            )
        if self.learning_rate > self.largest_learning_rate:
            found.append(
                f"the learning rate {self.learning_rate:.3g} is {self.learning_rate / self.largest_learning_rate:.3g} times the "
                f"{self.largest_learning_rate:.3g} that is allowed"
            )
        return tuple(found)

    @property
    def holds(self) -> bool:
        """Whether all hypotheses are met."""
        return not self.failures

    def steps(self, loss: float) -> int:
        r"""Steps after which the loss is at most $\epsilon$ for certain: $\ln(\ell(0)/\epsilon)/(\eta c^{2(N-1)/N})$.

        Arguments:
            loss: $\epsilon > 0$, above the least loss.

        Raises:
            ValueError: a hypothesis fails, so that nothing is certain; the message says which.
        """
        if not (math.isfinite(loss) and loss > 0):
            raise ValueError(f"loss must be a positive number, got {loss!r}")
        if not self.holds:
            raise ValueError(f"the theorem promises nothing here: {'; '.join(self.failures)}")
        return max(0, math.ceil(math.log(self.loss / loss) / self.rate)) if self.loss > loss else 0

    def __str__(self) -> str:
        if not self.holds:
            return f"no certificate: {'; '.join(self.failures)}"
        return (
            f"gradient descent converges: margin {self.margin:.3g}, imbalance {self.imbalance:.3g} of the "
            f"{self.largest_imbalance:.3g} allowed, learning rate {self.learning_rate:.3g} of the "
            f"{self.largest_learning_rate:.3g} allowed; the loss shrinks by at least {self.rate:.3g} of itself at every step, "
            f"tenfold in at most {math.ceil(math.log(10) / self.rate):.3g} steps"
        )


def convergence_certificate(problem: Any, factors: Sequence[Any], learning_rate: Any) -> ConvergenceCertificate:
    r"""Whether theorem 1 has gradient descent converge from a start, by when, or which hypothesis fails and by how much.

    Arguments:
        problem: `LinearRegression` with whitened inputs, $\frac12\|W - \Phi\|_F^2$ up to a constant.
        factors: $W_1, \ldots, W_N$ at the start, $W_1$ first.
        learning_rate: $\eta$.

    Raises:
        TypeError: a problem of another kind.
        ValueError: inputs that are not white, factors that do not fit, a hidden width through which no margin passes.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.LinearRegression.whitened(np.diag([1.0, 0.75]))
        >>> found = tw.theory.convergence_certificate(problem, [np.eye(2)] * 3, learning_rate=1e-8)
        >>> found.holds, found.margin
        (True, 0.5)
        >>> print(tw.theory.convergence_certificate(problem, [np.eye(2)] * 3, learning_rate=0.1))
        no certificate: the learning rate 0.1 is 4.74e+05 times the 2.11e-07 that is allowed

    Reference:
        arora2019convergence, theorem 1.
    """
    target = whitened_target(problem)
    rate = float(number(learning_rate, "learning_rate", above=0))
    start = checked_factors(factors, target.shape)
    predictor = functools.reduce(lambda product, factor: factor @ product, start)
    delta = max((float(np.linalg.norm(d)) for d in imbalances(start)), default=0.0)
    singular = np.linalg.svd(target, compute_uv=False)
    return ConvergenceCertificate(
        depth=len(start),
        margin=deficiency_margin(predictor, target),
        distance=float(np.linalg.norm(predictor - target)),
        least=float(singular[-1]),
        norm=float(np.linalg.norm(target)),
        imbalance=delta,
        learning_rate=rate,
    )


def whitened_target(problem: Any) -> np.ndarray:
    r"""$\Phi$ of a problem $\frac12\|W - \Phi\|_F^2$, or an error that says why the problem is none."""
    if not isinstance(problem, LinearRegression):
        raise TypeError(
            f"the theorem is of LinearRegression with whitened inputs, got {type(problem).__name__}; "
            "see LinearRegression.whitened"
        )
    moment = problem.input_moment
    off = float(np.linalg.norm(moment - np.eye(len(moment))))
    if off > 1e-9:
        raise ValueError(
            f"the theorem needs whitened inputs, and the second moment of these is {off:.3g} from the identity; "
            "whiten them and give LinearRegression.whitened the cross moment"
        )
    return np.asarray(problem.target, dtype=float)


def checked_factors(factors: Sequence[Any], shape: tuple[int, int]) -> list[np.ndarray]:
    """Factors as arrays that multiply to the shape and let every rank through, or a ValueError."""
    found = [reals(factor, f"factors[{j}]") for j, factor in enumerate(factors)]
    if not found:
        raise ValueError("factors must hold at least one matrix, W_1 first")
    shapes = [factor.shape for factor in found]
    fits = all(len(s) == 2 for s in shapes) and all(a[0] == b[1] for a, b in itertools.pairwise(shapes))
    if not fits or (shapes[-1][0], shapes[0][1]) != shape:
        raise ValueError(f"factors must be matrices, W_1 first, whose product has the shape {shape}; got shapes {shapes}")
    if not all(np.isfinite(factor).all() for factor in found):
        raise ValueError("factors must be finite")
    narrow = min((s[0] for s in shapes[:-1]), default=min(shape))
    if narrow < min(shape):
        raise ValueError(
            f"a hidden width of {narrow} is below {min(shape)}, the smaller side of {shape}: no product of these factors has "
            "full rank, so none has a deficiency margin; use hidden widths of at least that"
        )
    return found
