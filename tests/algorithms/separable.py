"""A separable problem with a planted margin, for the algorithms that look for the largest."""

import numpy as np

import thalweg as tw


def planted(seed: int = 0, samples: int = 12, size: int = 4, *, loss: str = "exponential") -> tw.Classification:
    """Gaussian inputs, labelled by a plane through zero and moved away from it by 0.5."""
    rng = np.random.default_rng(seed)
    normal = rng.normal(size=size)
    normal /= np.linalg.norm(normal)
    inputs = rng.normal(size=(size, samples))
    labels = np.sign(normal @ inputs)
    inputs = inputs + 0.5 * normal[:, None] * labels
    return tw.Classification(inputs / np.linalg.norm(inputs, axis=0).max(), labels, loss=loss)


def row(size: int = 4) -> tuple[tw.DeepLinear, tw.Given]:
    """A linear model, and zero to start from."""
    return tw.DeepLinear(depth=1, shape=(1, size)), tw.Given([np.zeros((1, size))])


def softmin_slope(problem: tw.Classification, w: np.ndarray) -> tuple[float, np.ndarray]:
    """log L and its gradient for the exponential loss, by numpy."""
    margins = w @ problem.signed
    weights = np.exp(margins.min() - margins)
    return float(np.log(weights.mean()) - margins.min()), -problem.signed @ (weights / weights.sum())
