"""The algorithms that the page offers, as objects and as lines of Python."""

from collections.abc import Mapping
from typing import Any

from thalweg.algorithms.gradient_descent import GradientDescent
from thalweg.algorithms.gradient_flow import GradientFlow
from thalweg.algorithms.heavy_ball import HeavyBall
from thalweg.algorithms.optax_algorithm import Optax
from thalweg.explorer.experiments.base import Values
from thalweg.trajectory.stop import Gradients, LossBelow, Steps

ALGORITHMS: Mapping[str, str] = {
    "flow": "gradient flow",
    "descent": "gradient descent",
    "momentum": "momentum (heavy ball, 0.9)",
    "adam": "Adam",
}
FINEST = 1e-6
MOST_STEPS = 20_000
MOST_GRADIENTS = 8_000


def algorithm(values: Values) -> Any:
    """The algorithm that the knobs `algorithm` and `rate` name."""
    if values["algorithm"] == "flow":
        return GradientFlow(rtol=1e-5, solver="rock4")  # of all solvers the one that is compiled soonest
    if values["algorithm"] == "descent":
        return GradientDescent(values["rate"])
    if values["algorithm"] == "momentum":
        return HeavyBall(values["rate"], 0.9)
    import optax

    return Optax(optax.adam, learning_rate=values["rate"])


def snippet_of(values: Values) -> str:
    """The same as a line of Python."""
    return {
        "flow": 'tw.GradientFlow(rtol=1e-5, solver="rock4")',
        "descent": f"tw.GradientDescent({values['rate']!r})",
        "momentum": f"tw.HeavyBall({values['rate']!r}, 0.9)",
        "adam": f"tw.Optax(optax.adam, learning_rate={values['rate']!r})",
    }[values["algorithm"]]


def stop(values: Values) -> Any:
    """When seen entries are fitted, or the work that a reader may ask for is done."""
    most = Gradients(MOST_GRADIENTS) if values["algorithm"] == "flow" else Steps(MOST_STEPS)
    return LossBelow(FINEST) | most


def stop_snippet(values: Values) -> str:
    """The same as Python."""
    most = f"tw.Gradients({MOST_GRADIENTS})" if values["algorithm"] == "flow" else f"tw.Steps({MOST_STEPS})"
    return f"tw.LossBelow({FINEST:g}) | {most}"
