"""Modes of inputs: the spectrum that a linear student sees, of given inputs or of infinitely many random ones."""

import dataclasses
from typing import Any, Self

import numpy as np

from thalweg._arrays import reals
from thalweg._module import number
from thalweg._shown import shown

PANELS, NODES = 45, 16


@shown
@dataclasses.dataclass(frozen=True)
class InputModes:
    r"""The eigenvalues $\lambda$ of $XX^\top$, for $P$ inputs of $N$ numbers each, and the share of directions at each.

    Arguments:
        values: $\lambda$, zero where no input reaches, `(modes,)`.
        weights: the share of the $N$ directions at each, `(modes,)`; they add up to 1.
        ratio: $\alpha = P/N$.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> modes = tw.theory.InputModes.of(np.array([[2.0], [0.0]]))
        >>> modes.values.tolist(), modes.ratio, modes.frozen
        ([4.0, 0.0], 0.5, 0.5)

    Reference:
        advani2020high, section 2; marchenko1967distribution.
    """

    values: np.ndarray
    weights: np.ndarray
    ratio: float

    @classmethod
    def of(cls, inputs: Any) -> Self:
        """The modes of given inputs.

        Arguments:
            inputs: $X$, an input a column, `(N, P)`.

        Raises:
            ValueError: not a matrix, or not finite.
        """
        x = reals(inputs, "inputs")
        if x.ndim != 2 or 0 in x.shape or not np.isfinite(x).all():
            raise ValueError(f"inputs must be a finite matrix with an input a column, got shape {x.shape}")
        found = np.linalg.svd(x, compute_uv=False)
        found[found <= max(x.shape) * np.finfo(float).eps * found[0]] = 0.0
        values = np.zeros(len(x))
        values[: len(found)] = found**2
        return cls(values, np.full(len(x), 1 / len(x)), x.shape[1] / x.shape[0])

    @classmethod
    def marchenko_pastur(cls, ratio: Any) -> Self:
        r"""The limit of many random inputs with entries of mean 0 and variance $1/N$.

        The density is $\sqrt{(\lambda_+-\lambda)(\lambda-\lambda_-)}/(2\pi\lambda)$ between
        $\lambda_\pm = (\sqrt\alpha \pm 1)^2$, and a share $1 - \alpha$ of the directions lies at 0 where $\alpha < 1$. It comes
        as nodes and weights of a quadrature, in the angle $\lambda = \lambda_- + 4\sqrt\alpha\sin^2(\varphi/2)$ and on panels
        halved towards $\lambda_-$: exact to rounding for smooth functions of $\lambda t$ at any $t$, at $\alpha = 1$ too.

        Examples:
            >>> import thalweg as tw
            >>> modes = tw.theory.InputModes.marchenko_pastur(0.5)
            >>> float((modes.weights * modes.values).sum().round(12)), modes.frozen
            (0.5, 0.5)
        """
        alpha = float(number(ratio, "ratio", above=0))
        nodes, weights = np.polynomial.legendre.leggauss(NODES)
        ends = np.pi * np.append(0.0, 0.5 ** np.arange(PANELS - 1, -1, -1))
        half = np.diff(ends)[:, None] / 2
        angle = (ends[:-1, None] + half * (1 + nodes)).ravel()
        values = (1 - np.sqrt(alpha)) ** 2 + 4 * np.sqrt(alpha) * np.sin(angle / 2) ** 2
        shares = (half * weights).ravel() * 2 * alpha / np.pi * np.sin(angle) ** 2 / values
        if alpha < 1:
            values, shares = np.append(values, 0.0), np.append(shares, 1 - alpha)
        return cls(values, shares, alpha)

    @property
    def frozen(self) -> float:
        r"""The share of directions that no input reaches, in the limit $\max(0, 1 - \alpha)$."""
        return float(np.sum(self.weights[self.values == 0]))
