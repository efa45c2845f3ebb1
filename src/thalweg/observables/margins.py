"""Margins of a classifier: raw, over a norm, and smoothed."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from thalweg._module import number, static
from thalweg.observables.base import AbstractObservable
from thalweg.parametrizations.base import Objective, Params

NORMS = (1, 2, math.inf)


class Margin(AbstractObservable):
    r"""The least margin $\min_i y_i f(x_i)$: positive once all samples are fitted.

    Raises:
        ValueError: before a run, a problem without margins.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> objective = tw.Objective(tw.Classification(np.eye(2), [1, -1]), tw.DeepLinear(depth=1, shape=(1, 2)))
        >>> float(tw.Margin()(objective, [np.array([[3.0, -4.0]])]))
        3.0
    """

    @property
    def name(self) -> str:
        return "margin"

    def check(self, objective: Objective) -> None:
        _check(objective, "Margin", "margins")

    def __call__(self, objective: Objective, params: Params) -> Array:
        return _margin(objective, params)


class NormalizedMargin(AbstractObservable):
    r"""The least margin over a norm, $\min_i y_i f(x_i)\,/\,\|w\|$, or over a power of it, $\|\theta\|^D$.

    Of the predictor $w$ where no degree is given; of all parameters $\theta$ together where the outputs are homogeneous of
    the degree $D$ in them, $f(c\theta) = c^D f(\theta)$. `tw.exact.hard_margin` says how large the first can be for a linear
    model. At the zero vector it is zero.

    Arguments:
        norm: 2, 1 or `inf`.
        degree: $D$, positive; none for the norm of the predictor.

    Raises:
        ValueError: another norm, a degree that is not positive, or, before a run, a problem without margins.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.Classification(np.eye(2), [1, -1])
        >>> objective = tw.Objective(problem, tw.DeepLinear(depth=1, shape=(1, 2)))
        >>> [round(float(tw.NormalizedMargin(norm)(objective, [np.array([[3.0, -4.0]])])), 6) for norm in (1, 2, np.inf)]
        [0.428571, 0.6, 0.75]
        >>> diagonal = tw.Objective(problem, tw.Diagonal(size=2, depth=2))
        >>> round(float(tw.NormalizedMargin(degree=2)(diagonal, [np.array([2.0, 0.0]), np.array([0.0, 1.0])])), 6)
        0.2

    Reference:
        soudry2018implicit, theorem 3; lyu2020gradient, section 4.
    """

    degree: np.ndarray | None
    norm: float = static()

    def __init__(self, norm: float = 2, *, degree: Any = None):
        if norm not in NORMS:
            raise ValueError(f"norm must be 1, 2 or inf, got {norm!r}")
        self.norm, self.degree = norm, None if degree is None else number(degree, "degree", above=0)

    @property
    def name(self) -> str:
        kind = {1: "_l1", 2: "", math.inf: "_linf"}[self.norm]
        return f"normalized_margin{kind}" + ("" if self.degree is None else "_of_parameters")

    def check(self, objective: Objective) -> None:
        _check(objective, "NormalizedMargin", "margins")

    def __call__(self, objective: Objective, params: Params) -> Array:
        if self.degree is None:
            length = _norm(objective.predictor(params), self.norm)
        else:
            length = _norm(params, self.norm) ** jnp.asarray(self.degree)
        return _margin(objective, params) / jnp.where(length > 0, length, 1.0)


class SmoothedMargin(AbstractObservable):
    r"""The smoothed margin $\log\frac{1}{mL}\,/\,\|\theta\|_2^D$ of a model homogeneous of degree $D$, with m samples.

    For a loss with an exponential tail it lies below the normalized margin, nears it as the loss falls, and does not
    decrease along gradient flow once $mL < 1$ (with the logistic loss, $mL < \log 2$): a progress that can be checked. At
    parameters of zero it is zero.

    Arguments:
        degree: $D$, positive: the depth of a linear network, 2 for two layers of ReLU without biases.

    Raises:
        ValueError: a degree that is not positive, or, before a run, a problem without log_loss.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> objective = tw.Objective(tw.Classification([[1.0], [0.0]], [1]), tw.DeepLinear(depth=1, shape=(1, 2)))
        >>> round(float(tw.SmoothedMargin(degree=1)(objective, [np.array([[300.0, 400.0]])])), 6)
        0.6

    Reference:
        lyu2020gradient, section 4.
    """

    degree: np.ndarray

    def __init__(self, degree: Any):
        self.degree = number(degree, "degree", above=0)

    @property
    def name(self) -> str:
        return "smoothed_margin"

    def check(self, objective: Objective) -> None:
        _check(objective, "SmoothedMargin", "log_loss")

    def __call__(self, objective: Objective, params: Params) -> Array:
        problem: Any = objective.problem
        predictor = objective.predictor(params)
        count = problem.margins(predictor).shape[0]
        length = _norm(params, 2) ** jnp.asarray(self.degree)
        return -(problem.log_loss(predictor) + math.log(count)) / jnp.where(length > 0, length, jnp.inf)


def _margin(objective: Objective, params: Params) -> Array:
    problem: Any = objective.problem
    return jnp.min(problem.margins(objective.predictor(params)))


def _norm(tree: Any, norm: float) -> Array:
    """The norm of all leaves together."""
    return jnp.linalg.norm(jnp.concatenate([jnp.ravel(leaf) for leaf in jax.tree.leaves(tree)]), norm)


def _check(objective: Objective, observable: str, wanted: str) -> None:
    if not hasattr(objective.problem, wanted):
        kind = type(objective.problem).__name__
        raise ValueError(f"{observable} needs a problem with `{wanted}`, such as tw.Classification; {kind} has none")
