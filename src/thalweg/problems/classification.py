"""Linear classification with a loss of exponential tail."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from thalweg._arrays import reals
from thalweg._module import static
from thalweg.problems.base import AbstractProblem

LOSSES = ("exponential", "logistic")


class Classification(AbstractProblem):
    r"""Classification of samples $x_i$ with labels $y_i = \pm 1$, $\ell(w) = \frac1m\sum_{i=1}^m \phi(y_i\langle w, x_i\rangle)$.

    $\phi(u) = e^{-u}$ or $\log(1 + e^{-u})$. Where the samples can be separated the loss has no least value and tends to
    zero along a direction. Losses are computed in log space; with `logarithm` the loss is $\log\ell$, whose gradient
    $\nabla\ell/\ell$ weighs the samples by a softmin of their margins: it is exact at margins of thousands, where $\ell$
    itself is zero in floating-point numbers.

    For a model whose predictor is its outputs at fixed inputs take `Classification.of_outputs(labels)`.

    Arguments:
        inputs: $X$, of shape $(d, m)$, a sample a column; labels: $y$, of length m, each -1 or 1.
        loss: `exponential` or `logistic`.
        logarithm: whether the loss is $\log\ell$.

    Attributes:
        signed: $y_i x_i$ as columns, $(d, m)$: the margins are $w^\top$ times it.

    Raises:
        ValueError: labels that are not -1 or 1, shapes that do not agree, no samples, numbers that are not finite, or an
            unknown loss. That samples cannot be separated is no error here; `tw.exact.hard_margin` says so.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.Classification(inputs=np.eye(2), labels=[1, -1])
        >>> problem.margins(np.array([[2.0, -3.0]])).tolist()
        [2.0, 3.0]
        >>> float(problem.log.loss(np.array([[2000.0, -3000.0]])).round(6))
        -2000.693147

    Reference:
        soudry2018implicit, section 2; lyu2020gradient, section 3.
    """

    signed: np.ndarray
    kind: str = static()
    logarithm: bool = static()

    def __init__(self, inputs: Any, labels: Any, *, loss: str = "exponential", logarithm: bool = False):
        x, y = reals(inputs, "inputs"), reals(labels, "labels").ravel()
        if x.ndim != 2 or 0 in x.shape or not np.isfinite(x).all():
            raise ValueError(f"inputs must be a finite matrix with a sample a column, got shape {x.shape}")
        if x.shape[1] != len(y):
            raise ValueError(f"there are {x.shape[1]} samples and {len(y)} labels")
        if not np.isin(y, (-1.0, 1.0)).all():
            raise ValueError(f"labels must be -1 or 1, got {sorted(set(y[:50].tolist()))[:5]}; map two classes to them first")
        if loss not in LOSSES:
            raise ValueError(f"loss must be one of {', '.join(map(repr, LOSSES))}; got {loss!r}")
        self.signed, self.kind, self.logarithm = x * y, loss, bool(logarithm)

    def _told(self) -> dict[str, Any]:
        features, samples = self.signed.shape
        return {"features": features, "samples": samples, "loss": self.kind, "logarithm": self.logarithm}

    @classmethod
    def of_outputs(cls, labels: Any, *, loss: str = "exponential", logarithm: bool = False) -> "Classification":
        r"""The loss of outputs $f(x_i)$, for a parametrization whose predictor they are.

        Examples:
            >>> import numpy as np
            >>> import thalweg as tw
            >>> tw.Classification.of_outputs([1, -1]).margins(np.array([[0.5, 0.25]])).tolist()
            [0.5, -0.25]
        """
        labels = reals(labels, "labels").ravel()
        return cls(np.eye(len(labels)), labels, loss=loss, logarithm=logarithm)

    @property
    def shape(self) -> tuple[int, int]:
        return 1, self.signed.shape[0]

    @property
    def log(self) -> "Classification":
        r"""The same problem with $\log\ell$ for its loss."""
        # Not through the checks of __init__: within a compiled run the samples are no arrays that could be looked at.
        made = object.__new__(Classification)
        for name, value in (("signed", self.signed), ("kind", self.kind), ("logarithm", True)):
            object.__setattr__(made, name, value)
        return made

    def margins(self, predictor: Any) -> Any:
        r"""The margins $y_i\langle w, x_i\rangle$, of length m."""
        return (predictor @ self.signed)[0]

    def log_loss(self, predictor: Array) -> Array:
        r"""$\log\ell$, exact where $\ell$ itself would be rounded to zero."""
        return jax.nn.logsumexp(self.log_losses(self.margins(predictor))) - np.log(self.signed.shape[1])

    def loss(self, predictor: Array) -> Array:
        log = self.log_loss(predictor)
        return log if self.logarithm else jnp.exp(log)

    def loss_and_gradient(self, predictor: Array) -> tuple[Array, Array]:
        margins = self.margins(predictor)
        logs = self.log_losses(margins)
        # d log phi / du, which is -1 in the tail
        steep = -jnp.ones_like(margins) if self.kind == "exponential" else -jnp.exp(-jax.nn.softplus(margins) - logs)
        log = jax.nn.logsumexp(logs) - np.log(self.signed.shape[1])
        gradient = ((jax.nn.softmax(logs) * steep) @ self.signed.T)[None, :]
        return (log, gradient) if self.logarithm else (jnp.exp(log), jnp.exp(log) * gradient)

    def log_losses(self, margins: Array) -> Array:
        r"""$\log\phi(u_i)$ of margins, sample by sample."""
        if self.kind == "exponential":
            return -margins
        # log(1 + e^-u) loses its digits to e^-u far in the tail, where its logarithm is -u - e^-u/2
        far = margins > 30.0
        near = jnp.log(jax.nn.softplus(-jnp.where(far, 0.0, margins)))
        return jnp.where(far, -margins - 0.5 * jnp.exp(-jnp.where(far, margins, 30.0)), near)
