"""An observable of your own in one file: the stable rank of the predictor."""

import jax
import jax.numpy as jnp
from jax import Array

import thalweg as tw
from thalweg.observables.base import AbstractObservable
from thalweg.parametrizations.base import Objective, Params


class StableRank(AbstractObservable):
    r"""The stable rank $\|W\|_F^2 / \|W\|^2$: never above the rank, and not moved by small singular values.

    An observable is a name and one array from the objective and the parameters; it runs inside the compiled loop.
    """

    @property
    def name(self) -> str:
        return "stable_rank"

    def __call__(self, objective: Objective, params: Params) -> Array:
        values = jnp.linalg.svd(objective.predictor(params), compute_uv=False)
        return jnp.sum(values**2) / values[0] ** 2


def main() -> tw.Trajectory:
    """Watches the stable rank while a matrix of rank two is completed."""
    problem = tw.MatrixCompletion.random(shape=(12, 12), rank=2, observed=100, key=0)
    network = tw.DeepLinear(depth=3, shape=problem.shape)
    record = [tw.Loss(), StableRank()]
    until = tw.LossBelow(1e-8)
    return tw.follow(problem, network, tw.Gaussian(1e-3), tw.GradientFlow(), until=until, record=record, key=0)


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    run = main()
    print(run)
    print(run.data.stable_rank.values[:: max(1, len(run.data.record) // 10)].round(2))
