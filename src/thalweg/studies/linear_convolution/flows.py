"""Flows of linear networks on separable samples in logarithmic time, by scipy with their own Jacobian.

Margins of 1e8 are reached in some thousand gradients. The Jacobian matters: with difference quotients in its place the same
method takes a hundred times as many on some instances, where the flow is stiff by the size of the margins.
"""

import dataclasses
import itertools
from collections.abc import Callable

import numpy as np
from scipy.integrate import solve_ivp

LONGEST, MOST = 600.0, 100_000
"""Limits on the logarithmic time and on the gradients: ten and fifty times what any of hundreds of instances took."""


@dataclasses.dataclass(frozen=True)
class Network:
    r"""A linear network whose predictor is of the first degree in each layer, its parameters one vector.

    Arguments:
        depth, size, count: the layers, the inputs, the parameters.
        predictor: $\beta(\theta)$, for stacks of parameters too.
        pulled: $\nabla_\theta\langle\gamma, \beta(\theta)\rangle$ from $\theta$ and $\gamma$, stacks of both too.
    """

    depth: int
    size: int
    count: int
    predictor: Callable[[np.ndarray], np.ndarray]
    pulled: Callable[[np.ndarray, np.ndarray], np.ndarray]


def convolutional(size: int, depth: int) -> Network:
    r"""$\hat\beta = \hat w_1 \odot \cdots \odot \hat w_L$ in the unitary transform."""

    def spectra(theta: np.ndarray) -> np.ndarray:
        return np.fft.rfft(theta.reshape(*theta.shape[:-1], depth, size), norm="ortho")

    def predictor(theta: np.ndarray) -> np.ndarray:
        return np.fft.irfft(np.prod(spectra(theta), axis=-2), n=size, norm="ortho")

    def pulled(theta: np.ndarray, slope: np.ndarray) -> np.ndarray:
        parts = np.conj(_others(spectra(theta))) * np.fft.rfft(slope, norm="ortho")[..., None, :]
        back = np.fft.irfft(parts, n=size, norm="ortho")
        return back.reshape(*back.shape[:-2], depth * size)

    return Network(depth, size, depth * size, predictor, pulled)


def diagonal(size: int, depth: int) -> Network:
    r"""$\beta = w_1 \odot \cdots \odot w_L$."""

    def predictor(theta: np.ndarray) -> np.ndarray:
        return np.prod(theta.reshape(*theta.shape[:-1], depth, size), axis=-2)

    def pulled(theta: np.ndarray, slope: np.ndarray) -> np.ndarray:
        back = _others(theta.reshape(*theta.shape[:-1], depth, size)) * slope[..., None, :]
        return back.reshape(*back.shape[:-2], depth * size)

    return Network(depth, size, depth * size, predictor, pulled)


def fully_connected(size: int, depth: int) -> Network:
    r"""$\beta^\top = W_L \cdots W_1$, hidden layers as wide as there are inputs."""
    shapes = [(size, size)] * (depth - 1) + [(1, size)]
    cuts = list(itertools.accumulate(rows * columns for rows, columns in shapes))

    def factors(theta: np.ndarray) -> list[np.ndarray]:
        parts = np.split(theta, cuts[:-1], axis=-1)
        return [part.reshape(*theta.shape[:-1], *shape) for part, shape in zip(parts, shapes, strict=True)]

    def predictor(theta: np.ndarray) -> np.ndarray:
        *rest, row = factors(theta)
        for factor in reversed(rest):
            row = row @ factor
        return row[..., 0, :]

    def pulled(theta: np.ndarray, slope: np.ndarray) -> np.ndarray:
        parts = factors(theta)
        before = [slope[..., :, None]]
        for factor in parts[:-1]:
            before.append(factor @ before[-1])
        after, found = np.ones((1, 1)), []
        for factor, column in zip(reversed(parts), reversed(before), strict=True):
            slope_of = np.swapaxes(after, -1, -2) @ np.swapaxes(column, -1, -2)
            found.append(slope_of.reshape(*slope_of.shape[:-2], -1))
            after = after @ factor
        stack = np.broadcast_shapes(*(part.shape[:-1] for part in found))
        return np.concatenate([np.broadcast_to(part, (*stack, part.shape[-1])) for part in reversed(found)], axis=-1)

    return Network(depth, size, cuts[-1], predictor, pulled)


@dataclasses.dataclass(frozen=True)
class Path:
    """The steps of a flow: parameters, predictors and their least margins, `(steps, ...)`; and the gradients that it took."""

    params: np.ndarray
    predictors: np.ndarray
    margins: np.ndarray
    gradients: int

    def at(self, margin: float) -> int:
        """The first step with this margin, or the last one where it was not reached."""
        reached = np.flatnonzero(self.margins >= margin)
        return int(reached[0]) if len(reached) else len(self.margins) - 1

    def direction(self, margin: float) -> np.ndarray:
        """The predictor there, scaled to a least margin of 1."""
        step = self.at(margin)
        return self.predictors[step] / self.margins[step]


def followed(signed: np.ndarray, network: Network, start: np.ndarray, margin: float, *, rtol: float = 1e-7) -> Path:
    r"""The path of gradient flow on $\sum_i e^{-y_i\langle x_i, \beta\rangle}$ until the least margin is reached.

    $d\theta/ds = \frac12\|\theta\|\,g/\|g\|$ with $g = -\nabla\log L$, the margins weighed by their softmin: the norm of the
    parameters grows at most e-fold in two units of $s$, and nothing underflows.

    Arguments:
        signed: $y_i x_i$ as columns, $(D, m)$.
        start: $\theta$ at the start, not zero.

    Raises:
        RuntimeError: the solver makes no way; a smaller tolerance helps.
    """
    samples = signed.T

    def weights(theta: np.ndarray) -> np.ndarray:
        margins = samples @ network.predictor(theta)
        found = np.exp(margins.min() - margins)
        return found / found.sum()

    spent = itertools.count(1)

    def field(_: float, theta: np.ndarray) -> np.ndarray:
        if next(spent) > MOST:
            raise RuntimeError(f"margin {margin:g} was not reached in {MOST} gradients at rtol={rtol:g}; take a smaller one")
        uphill = network.pulled(theta, weights(theta) @ samples)
        return 0.5 * np.linalg.norm(theta) / np.linalg.norm(uphill) * uphill

    def jacobian(_: float, theta: np.ndarray) -> np.ndarray:
        p, norm = weights(theta), float(np.linalg.norm(theta))
        combined = p @ samples
        uphill = network.pulled(theta, combined)
        length = float(np.linalg.norm(uphill))
        unit = uphill / length
        # the slope is of the first degree in every single parameter: differences of any width are exact
        moved = network.pulled(theta + norm * np.eye(network.count), np.broadcast_to(combined, (network.count, network.size)))
        slopes = samples @ network.pulled(np.broadcast_to(theta, (network.size, network.count)), np.eye(network.size))
        bend = (moved - uphill).T / norm - slopes.T @ (p[:, None] * (slopes - p @ slopes))
        return 0.5 * (np.outer(unit, theta) / norm + norm / length * (bend - np.outer(unit, unit @ bend)))

    def reached(_: float, theta: np.ndarray) -> float:
        return float((samples @ network.predictor(theta)).min()) / margin - 1.0

    reached.terminal = True  # type: ignore[attr-defined]
    found = solve_ivp(field, (0.0, LONGEST), start, method="LSODA", jac=jacobian, events=reached, rtol=rtol, atol=1e-2 * rtol)
    params = np.vstack([found.y.T, *found.y_events])
    predictors = network.predictor(params)
    return Path(params, predictors, (predictors @ signed).min(axis=1), int(found.nfev))


def _others(parts: np.ndarray) -> np.ndarray:
    """For each layer the product of all the others."""
    return np.stack([np.prod(np.delete(parts, layer, axis=-2), axis=-2) for layer in range(parts.shape[-2])], axis=-2)
