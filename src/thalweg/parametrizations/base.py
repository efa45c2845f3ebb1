"""What a parametrization is: a map from parameters to the predictor."""

import abc
from typing import Any

import jax
from jax import Array

from thalweg._module import Module
from thalweg.problems.base import AbstractProblem

Params = Any


class AbstractParametrization(Module):
    r"""A map $\theta \mapsto W(\theta)$ from parameters (any pytree of arrays) to the predictor.

    A new parametrization writes `predictor`; `loss_and_gradient` is by reverse differentiation unless it knows better.
    """

    @property
    @abc.abstractmethod
    def shape(self) -> tuple[int, int]:
        """The shape of the predictor."""

    @abc.abstractmethod
    def predictor(self, params: Params) -> Array:
        r"""$W(\theta)$."""

    def loss_and_gradient(self, problem: AbstractProblem, params: Params) -> tuple[Array, Params]:
        r"""$\varphi(\theta) = \ell(W(\theta))$ and $\nabla\varphi(\theta)$, a pytree like the parameters."""
        return jax.value_and_grad(lambda inner: problem.loss(self.predictor(inner)))(params)


class Objective(Module):
    r"""A problem seen through a parametrization: $\varphi(\theta) = \ell(W(\theta))$.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> objective = tw.Objective(tw.MatrixCompletion(np.eye(2)), tw.DeepLinear(depth=2, shape=(2, 2)))
        >>> float(objective.loss([np.eye(2), 3 * np.eye(2)]))
        2.0
    """

    problem: AbstractProblem
    parametrization: AbstractParametrization

    @property
    def shape(self) -> tuple[int, int]:
        """The shape $(d_N, d_0)$ of the predictor."""
        return self.parametrization.shape

    def predictor(self, params: Params) -> Array:
        r"""$W(\theta)$."""
        return self.parametrization.predictor(params)

    def loss(self, params: Params) -> Array:
        r"""$\varphi(\theta)$."""
        return self.problem.loss(self.predictor(params))

    def loss_and_gradient(self, params: Params) -> tuple[Array, Params]:
        r"""$\varphi(\theta)$ and $\nabla\varphi(\theta)$, at the cost of one gradient."""
        return self.parametrization.loss_and_gradient(self.problem, params)
