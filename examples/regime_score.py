"""How far from a kernel method your own model is: a network in plain JAX and an equinox module, from small and large starts."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import thalweg as tw


def network(params: Any, x: jax.Array) -> jax.Array:
    """Two layers of a ReLU network without biases, homogeneous of degree 2: any `f(params, x)` of one sample will do."""
    return params["out"] @ jax.nn.relu(params["in"] @ x)


def circle(angles: np.ndarray) -> np.ndarray:
    """Points on the circle, a sample a row."""
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def start(width: int, key: int) -> dict[str, np.ndarray]:
    """Pairs of units that cancel, so that outputs are zero at any scale."""
    rng = np.random.default_rng(key)
    inner, outer = rng.normal(size=(width // 2, 2)), rng.normal(size=width // 2) / np.sqrt(width)
    return {"in": np.concatenate([inner, inner]), "out": np.concatenate([outer, -outer])}


def scores(scales: tuple[float, ...] = (0.1, 0.5, 1.0, 2.0, 5.0)) -> dict[float, tw.Regime]:
    """The regime of the network at each scale of its start, compared with its linearized twin where it was not trained."""
    angles = np.linspace(0.0, 2 * np.pi, 8, endpoint=False)
    held_out = circle(angles + 0.3)
    model = tw.Model(network, circle(angles))
    problem = tw.LinearRegression.whitened(np.sin(2 * angles)[None, :])
    first, found = start(40, key=0), {}
    print(tw.homogeneity(model, first))
    for scale in scales:
        params = {name: scale * leaf for name, leaf in first.items()}
        # a step that a kernel scale^2 times as large allows
        descent, twins = tw.GradientDescent(0.02 / max(scale, 1.0) ** 2), tw.GradientDescent(0.02 / scale**2)
        run = tw.follow(problem, model, tw.Given(params), descent, until=tw.LossBelow(1e-6), key=0)
        found[scale] = tw.regime(run, inputs=held_out, algorithm=twins)
        print(f"scale {scale:g}: {found[scale]}")
    return found


def of_module() -> tw.Regime:
    """The same of an equinox module as it comes, biases and all, on samples given in a batch."""
    inputs = circle(np.linspace(0.0, 2 * np.pi, 8, endpoint=False))
    module = eqx.nn.MLP(2, "scalar", width_size=32, depth=2, activation=jax.nn.tanh, key=jax.random.key(0))
    model, params = tw.Model.of_module(module, inputs)
    problem = tw.LinearRegression.whitened(jnp.prod(inputs, axis=1)[None, :])
    record = [tw.Loss(), tw.KernelDrift(tw.tangent_kernel(model, params))]
    run = tw.follow(problem, model, tw.Given(params), tw.GradientDescent(0.02), until=tw.LossBelow(1e-4), record=record, key=0)
    trained = model.module(run.params)  # an equinox module again
    print(f"the module at 45 degrees: {float(trained(circle(np.array([np.pi / 4]))[0])):.3f}, and it should be 0.5")
    print(f"kernel drift on the way: {run.data.kernel_drift.values[:: max(1, len(run.data.record) // 5)].round(3)}")
    return tw.regime(run, algorithm=tw.GradientDescent(0.02))


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    scores()
    print(of_module())
