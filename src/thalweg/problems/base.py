"""What a problem is: a loss of the predictor, apart from how the predictor is parametrized."""

import abc

import jax
from jax import Array

from thalweg._module import Module


class AbstractProblem(Module):
    r"""A loss $\ell(W)$ of a predictor $W \in \mathbb{R}^{d_N \times d_0}$.

    A new problem writes `shape` and `loss`; `loss_and_gradient` has a default, replaced where the structure is cheaper.
    """

    @property
    @abc.abstractmethod
    def shape(self) -> tuple[int, int]:
        """The shape $(d_N, d_0)$ of the predictor: rows are outputs."""

    @abc.abstractmethod
    def loss(self, predictor: Array) -> Array:
        r"""The loss $\ell(W)$, a scalar."""

    def loss_and_gradient(self, predictor: Array) -> tuple[Array, Array]:
        r"""$\ell(W)$ and $G = \nabla\ell(W)$, by reverse differentiation unless a problem knows better."""
        return jax.value_and_grad(self.loss)(predictor)
