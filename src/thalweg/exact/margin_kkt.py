r"""How nearly parameters are stationary for the largest margin, with the multipliers that show it best."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import nnls

from thalweg._arrays import reals
from thalweg._shown import shown


@shown
@dataclass(frozen=True)
class MarginKKT:
    r"""What the best multipliers leave of the conditions of Karush, Kuhn and Tucker.

    Attributes:
        stationarity: $\epsilon = \|\tilde\theta - \sum_i\lambda_i\nabla q_i(\tilde\theta)\| / \|\tilde\theta\|$.
        complementarity: $\delta = \sum_i\lambda_i(q_i(\tilde\theta) - 1) / \|\tilde\theta\|^2$.
        multipliers: of the samples, scaled to a sum of 1.

    Examples:
        >>> found = margin_kkt(np.array([1.0, 1.0]), np.array([1.0, 1.0, 3.0]), np.array([[1.0, 0], [0, 1.0], [2.0, 1.0]]))
        >>> round(found.residual, 12), found.multipliers.round(6).tolist()
        (0.0, [0.5, 0.5, 0.0])
    """

    stationarity: float
    complementarity: float
    multipliers: np.ndarray = field(repr=False)

    @property
    def residual(self) -> float:
        r"""$\sqrt{\epsilon^2 + \delta^2}$, which the multipliers make least."""
        return float(np.hypot(self.stationarity, self.complementarity))


def margin_kkt(params: Any, margins: Any, slopes: Any) -> MarginKKT:
    r"""How nearly a homogeneous model is stationary for $\min\frac12\|\theta\|^2$ subject to $q_i(\theta) \ge 1$.

    $\tilde\theta$ is $\theta$ scaled until the least margin is 1. Least squares without negative multipliers find the
    $\lambda$ of the least $\epsilon^2 + \delta^2$,

    $$\epsilon = \frac{\|\tilde\theta - \sum_i\lambda_i\nabla q_i(\tilde\theta)\|}{\|\tilde\theta\|}, \qquad
    \delta = \frac{\sum_i\lambda_i\,(q_i(\tilde\theta) - 1)}{\|\tilde\theta\|^2}.$$

    Neither depends on the degree of homogeneity, which must be the same for all samples. Where $q_i$ has a kink, as a network
    of ReLUs has, `slopes` is one element of Clarke's subdifferential, and the residual a bound from above.

    Arguments:
        params: $\theta$, all parameters as one vector, (P,).
        margins: $q_i(\theta)$, (m,), positive.
        slopes: $\nabla q_i(\theta)$ as rows, (m, P).

    Raises:
        ValueError: margins that are not all positive, parameters of zero, or shapes that do not agree.

    Examples:
        >>> import numpy as np
        >>> theta = np.array([2.0, 0.0])  # q = theta_1^2 + 2 theta_2^2, of degree 2: stationary, though not the least
        >>> margin_kkt(theta, [4.0], [[4.0, 0.0]]).residual
        0.0

    Reference:
        lyu2020gradient, appendix C, approximate KKT points; lawson1974solving, chapter 23.
    """
    theta, values, rows = reals(params, "params").ravel(), reals(margins, "margins").ravel(), reals(slopes, "slopes")
    if rows.shape != (len(values), len(theta)):
        raise ValueError(
            f"slopes must hold a row of {len(theta)} numbers for each of {len(values)} margins, got shape {rows.shape}"
        )
    norm, least = float(np.linalg.norm(theta)), float(values.min(initial=np.inf))
    if not (0 < least < np.inf and norm > 0):
        raise ValueError(f"all samples must be fitted, by parameters that are not zero; the least margin is {least:g}")
    # in units of the parameters: mu_i = lambda_i ||theta~|| times what the scaling does to a slope
    matrix = np.vstack([rows.T / norm, (values - least) / norm**2])
    size = np.linalg.norm(matrix, axis=0)
    size[size == 0] = 1.0
    weights = nnls(matrix / size, np.append(theta / norm, 0.0))[0] / size
    apart = np.append(theta / norm, 0.0) - matrix @ weights
    total = float(weights.sum())
    return MarginKKT(float(np.linalg.norm(apart[:-1])), float(-apart[-1]), weights / (total or 1.0))
