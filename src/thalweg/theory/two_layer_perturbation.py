r"""How far two-layer flow strays from the closed form where the moments nearly share singular vectors."""

from typing import Any

import numpy as np


def perturbation_bound(time: Any, epsilon: Any, rate: Any) -> np.ndarray:
    r"""$\varepsilon\,e^{ct^2}$, by which each factor may differ from the closed form when $\|B\|\le\varepsilon$.

    Arguments:
        time: $t$. epsilon: $\varepsilon$. rate: $c$, which depends on the moments and the start and not on $\varepsilon$.

    Examples:
        >>> import thalweg as tw
        >>> float(tw.theory.perturbation_bound(0.0, 0.01, 3.0))
        0.01

    Reference:
        gidel2019implicit, detailed theorems, continuous dynamics.
    """
    time, epsilon, rate = (np.asarray(x, dtype=float) for x in (time, epsilon, rate))
    if (time < 0).any() or (epsilon < 0).any():
        raise ValueError("neither times nor epsilon may be negative")
    return epsilon * np.exp(rate * time**2)


def perturbation_rate(time: Any, deviation: Any, epsilon: float) -> float:
    r"""The least $c$ for which $\varepsilon\,e^{ct^2}$ is above measured deviations: $\max_t\ln(d(t)/\varepsilon)/t^2$.

    Arguments:
        time: $(n,)$, positive. deviation: $d(t)$ at those times, $(n,)$, not negative. epsilon: $\varepsilon > 0$.

    Examples:
        >>> import thalweg as tw
        >>> tw.theory.perturbation_rate([1.0, 2.0], [0.01, 0.02], 0.01).__round__(4)
        0.1733

    Reference:
        gidel2019implicit, detailed theorems, continuous dynamics.
    """
    time, deviation = np.asarray(time, dtype=float), np.asarray(deviation, dtype=float)
    if time.ndim != 1 or time.shape != deviation.shape or not (time > 0).all() or not (deviation >= 0).all():
        raise ValueError("time and deviation must be lists of one length, times positive and deviations not negative")
    if not epsilon > 0:
        raise ValueError(f"epsilon must be positive, got {epsilon!r}")
    with np.errstate(divide="ignore"):
        return float(np.max(np.log(deviation / epsilon) / time**2))
