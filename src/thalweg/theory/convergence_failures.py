"""What the convergence theorem's hypotheses are for: starts from which gradient descent fails, one for each of them."""

import math

import numpy as np

from thalweg._arrays import reals
from thalweg._module import number
from thalweg._whole import whole


def sufficient_spread(learning_rate: float) -> float:
    r"""$A = 10/\sqrt\eta$, for which the curvature $A^2$ of `unbalanced_start` is a hundred times what $\eta$ can follow.

    Arguments:
        learning_rate: $\eta$.

    Examples:
        >>> import thalweg as tw
        >>> tw.theory.sufficient_spread(1e-4)
        1000.0

    Reference:
        arora2019convergence, claim 4.
    """
    return 10 / math.sqrt(float(number(learning_rate, "learning_rate", above=0)))


def unbalanced_start(depth: int, dimension: int, *, spread: float, margin: float = 0.75) -> list[np.ndarray]:
    r"""A start with a deficiency margin and without balance, from which gradient descent to $\Phi = I$ diverges.

    All entries on the diagonals are 1 but the first of each factor: $A c^{1/N}$ in half of the factors and $c^{1/N}/A$ in
    the others. Their product is $c$, and $\|W - I\|_F = 1 - c$: the margin is $c$. With $A$ large against $1/\sqrt\eta$ one
    step makes all factors large, and what follows overflows.

    Arguments:
        depth: $N$, even; dimension: $d$ of all layers.
        spread: $A > 1$, such as `sufficient_spread`; margin: $c$ in (0, 1).

    Raises:
        ValueError: an odd depth, or numbers out of range.

    Examples:
        >>> import thalweg as tw
        >>> [factor[0, 0].round(3).item() for factor in tw.theory.unbalanced_start(2, 3, spread=30.0)]
        [25.981, 0.029]

    Reference:
        arora2019convergence, claim 4.
    """
    depth = _even(depth)
    spread = float(number(spread, "spread", above=1))
    margin = float(number(margin, "margin", above=0))
    if margin >= 1:
        raise ValueError(f"margin must be below 1, the least singular value of the target, got {margin:g}")
    found = []
    for j in range(depth):
        factor = np.eye(whole(dimension, "dimension"))
        factor[0, 0] = margin ** (1 / depth) * (spread if j < depth // 2 else 1 / spread)
        found.append(factor)
    return found


def indefinite_floor(target: np.ndarray, depth: int) -> float:
    r"""$\frac12\sum_i\min(\lambda_i(\Phi), 0)^2$, below which descent from $W_j = I$ never comes at even depth, for any $\eta$.

    The start is perfectly balanced and has no margin. All factors stay equal and symmetric, so that $W = W_1^N$ has no
    negative eigenvalue. With one negative eigenvalue $-\lambda$ it is $\lambda^2/2$.

    Arguments:
        target: $\Phi$, symmetric, `(d, d)`; depth: $N$, even: at odd depth only small steps are held up.

    Raises:
        ValueError: an odd depth, or a target that is not symmetric.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> round(tw.theory.indefinite_floor(np.diag([1.0, -0.7]), depth=2), 12)
        0.245

    Reference:
        arora2019convergence, claim 5.
    """
    _even(depth)
    phi = reals(target, "target")
    if phi.ndim != 2 or phi.shape[0] != phi.shape[1] or np.abs(phi - phi.T).max() > 1e-12 * np.abs(phi).max():
        raise ValueError(f"target must be a symmetric matrix, got shape {phi.shape}")
    return float(0.5 * np.sum(np.minimum(np.linalg.eigvalsh(phi), 0.0) ** 2))


def _even(depth: int) -> int:
    if whole(depth, "depth", least=2) % 2:
        raise ValueError(f"the example is of an even depth, got {depth}")
    return depth
