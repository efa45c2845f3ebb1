"""The numbers of the convergence theorems: margins, and how large imbalance, step size and number of steps may be."""

import math

import numpy as np

from thalweg._whole import whole


def deficiency_margin(predictor: np.ndarray, target: np.ndarray) -> float:
    r"""The largest $c$ with $\|W - \Phi\|_F \le \sigma_{\min}(\Phi) - c$; not positive where there is no margin.

    Arguments:
        predictor, target: $W$ and $\Phi$, $(d_N, d_0)$.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> tw.theory.deficiency_margin(np.diag([1.0, 0.75]), np.eye(2))
        0.75

    Reference:
        arora2019convergence, definition 2.
    """
    return float(np.linalg.svd(target, compute_uv=False)[-1] - np.linalg.norm(predictor - target))


def largest_imbalance(margin: float, norm: float, depth: int) -> float:
    r"""$\delta = \frac{c^2}{256\,N^3\,\|\Phi\|_F^{2(N-1)/N}}$: how far from balance the theorem lets a start be.

    Examples:
        >>> import thalweg as tw
        >>> round(tw.theory.largest_imbalance(0.5, 1.0, depth=2), 6)
        0.000122

    Reference:
        arora2019convergence, theorem 1.
    """
    n = whole(depth, "depth")
    return margin**2 / (256 * n**3 * norm ** (2 * (n - 1) / n))


def largest_learning_rate(margin: float, norm: float, depth: int) -> float:
    r"""$\eta \le \frac{c^{(4N-2)/N}}{6144\,N^3\,\|\Phi\|_F^{(6N-4)/N}}$: the step sizes of the theorem.

    Examples:
        >>> import thalweg as tw
        >>> f"{tw.theory.largest_learning_rate(0.5, 1.0, depth=2):.2e}"
        '2.54e-06'

    Reference:
        arora2019convergence, theorem 1.
    """
    n = whole(depth, "depth")
    return margin ** ((4 * n - 2) / n) / (6144 * n**3 * norm ** ((6 * n - 4) / n))


def convergence_rate(margin: float, learning_rate: float, depth: int) -> float:
    r"""$\eta\,c^{2(N-1)/N}$: the share by which the theorem has the loss shrink at every step, at least.

    Examples:
        >>> import thalweg as tw
        >>> tw.theory.convergence_rate(0.25, 0.1, depth=2)
        0.025

    Reference:
        arora2019convergence, theorem 1.
    """
    n = whole(depth, "depth")
    return learning_rate * margin ** (2 * (n - 1) / n)


def residual_margin(target: np.ndarray) -> float:
    r"""$1 - 2\|\Phi - I\|_F$, a margin of the start of linear residual networks, $W_j = I$.

    It is positive where $\|\Phi - I\|_F < \frac12$, which is the sufficient condition as published.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> tw.theory.residual_margin(np.diag([1.0, 1.25]))
        0.5

    Reference:
        arora2019convergence, section 3.2 (linear residual networks).
    """
    if target.shape[0] != target.shape[1]:
        raise ValueError(f"residual networks have a square predictor, got a target of shape {target.shape}")
    return float(1 - 2 * np.linalg.norm(target - np.eye(len(target))))


def single_output_deviation(norm: float, inputs: int, a: float = 100.0) -> float:
    r"""$s \le \frac{\|\Phi\|_2}{\sqrt{a\,d_0^2}}$: how small the entries of a balanced start with one output must be drawn.

    Arguments:
        norm: $\|\Phi\|_2$; inputs: $d_0$, from about 100; a: the larger, the nearer to one half the probability.

    Examples:
        >>> import thalweg as tw
        >>> tw.theory.single_output_deviation(1.0, 100)
        0.001

    Reference:
        arora2019convergence, theorem 2.
    """
    return norm / math.sqrt(a * whole(inputs, "inputs") ** 2)


def single_output_learning_rate(norm: float, inputs: int, deviation: float, depth: int) -> float:
    r"""$\eta \le \frac{(s^2d_0)^{4-2/N}}{10^5N^3\|\Phi\|_2^{10-6/N}}$, the step sizes for that start.

    Examples:
        >>> import thalweg as tw
        >>> f"{tw.theory.single_output_learning_rate(1.0, 100, 0.001, depth=2):.3e}"
        '1.250e-18'

    Reference:
        arora2019convergence, theorem 2.
    """
    n = whole(depth, "depth")
    return (deviation**2 * inputs) ** (4 - 2 / n) / (1e5 * n**3 * norm ** (10 - 6 / n))


def single_output_steps(norm: float, inputs: int, deviation: float, depth: int, learning_rate: float, loss: float) -> float:
    r"""$\frac4\eta\left(\ln4\,(\|\Phi\|_2/(s^2d_0))^{2-2/N} + \|\Phi\|_2^{2/N-2}\ln(\|\Phi\|_2^2/(8\epsilon))\right)$.

    Steps to a loss $\epsilon$ from that start. They come in two phases: with margin $s^2d_0/(2\|\Phi\|_2)$ up to a margin
    of $\|\Phi\|_2/2$, and on from there.

    Arguments:
        norm, inputs, deviation, depth: as above; learning_rate: $\eta$; loss: $\epsilon$, at most $\|\Phi\|_2^2/8$.

    Examples:
        >>> import thalweg as tw
        >>> round(tw.theory.single_output_steps(1.0, 100, 0.1, depth=2, learning_rate=1e-3, loss=0.125))
        5545

    Reference:
        arora2019convergence, theorem 2.
    """
    n = whole(depth, "depth")
    first = math.log(4) * (norm / (deviation**2 * inputs)) ** (2 - 2 / n)
    return 4 / learning_rate * (first + norm ** (2 / n - 2) * math.log(norm**2 / (8 * loss)))
