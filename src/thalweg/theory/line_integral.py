"""Overparametrization is not a regularizer: the line integral of the end-to-end field over a closed curve."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from thalweg._arrays import reals
from thalweg._shown import shown
from thalweg._whole import whole
from thalweg.problems.base import AbstractProblem

Gradient = Callable[[np.ndarray], np.ndarray]


def single_output_field(w: np.ndarray, gradient: np.ndarray, depth: float) -> np.ndarray:
    r"""$F(w) = \|w\|^{2-2/N}\,(g + (N-1)\,\mathrm{Proj}_w g)$, minus the velocity of the end-to-end vector $w$.

    It is $\sum_j [WW^\top]^{(j-1)/N} G\, [W^\top W]^{(N-j)/N}$ for $W = w^\top$; nothing is divided by $\|w\|$ where it is 0.

    Arguments:
        w, gradient: `(..., d)`; depth: $N \ge 1$, not only whole.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> tw.theory.single_output_field(np.array([0.0, 1.0]), np.array([1.0, 1.0]), depth=3).tolist()
        [1.0, 3.0]

    Reference:
        arora2018optimization, claim 2.
    """
    n = checked_depth(depth)
    size = np.linalg.norm(w, axis=-1, keepdims=True)
    unit = w / np.where(size > 0, size, 1.0)
    along = np.sum(unit * gradient, axis=-1, keepdims=True) * unit
    return size ** (2 - 2 / n) * (gradient + (n - 1) * along)


@shown
@dataclasses.dataclass(frozen=True)
class KeyholeCurve:
    r"""The closed curve $\Gamma_{r,R}$: from $-Re$ to $-re$, a half circle to $re$, on to $Re$, a half circle back.

    It passes around the origin, where the field is not smooth. What an odd field contributes to it cancels: the part of
    the gradient that is linear in $w$ is not seen. An angle other than $\pi$ between its two straight pieces makes it the
    edge of a sector, which sees that part too.

    Arguments:
        direction: $e$, `(d,)`; other: orthogonal to it, the side on which the circles lie, `(d,)`.
        outer, inner: $R > r > 0$.
        angle: between the straight pieces, in radians, above 0 and up to $\pi$.

    Raises:
        ValueError: directions that are not orthonormal, radii out of order, or no such angle.

    Examples:
        >>> import thalweg as tw
        >>> curve = tw.theory.KeyholeCurve([1.0, 0.0], [0.0, 1.0], outer=1.0, inner=0.1)
        >>> curve.pieces(8)[0].shape  # four pieces of eight nodes in the plane
        (4, 8, 2)

    Reference:
        arora2018optimization, proof of theorem 2.
    """

    direction: Any
    other: Any
    outer: float
    inner: float
    angle: float = np.pi

    def __post_init__(self) -> None:
        e, f = reals(self.direction, "direction"), reals(self.other, "other")
        if e.ndim != 1 or e.shape != f.shape or np.abs(np.array([e @ e, e @ f, f @ f]) - [1, 0, 1]).max() > 1e-9:
            raise ValueError("direction and other must be two orthonormal vectors of one length")
        if not (np.isfinite(self.outer) and 0 < self.inner < self.outer):
            raise ValueError(f"radii must be 0 < inner < outer, got inner {self.inner!r} and outer {self.outer!r}")
        if not 0 < self.angle <= np.pi:
            raise ValueError(f"angle must be above 0 and at most pi, got {self.angle!r}")

    def pieces(self, nodes: int) -> tuple[np.ndarray, np.ndarray]:
        """Gauss-Legendre nodes of the four pieces and the tangents times the weights, each `(4, nodes, d)`.

        The straight pieces are run through in the logarithm of the radius, in which powers of it are entire.
        """
        x, weight = np.polynomial.legendre.leggauss(whole(nodes, "nodes", least=2))
        share, weight = (x + 1) / 2, weight / 2
        ratio = np.log(self.outer / self.inner)
        radius = self.inner * np.exp(share * ratio)
        angle = self.angle * share
        e, f = np.asarray(self.direction, dtype=float), np.asarray(self.other, dtype=float)
        back = np.cos(self.angle) * e + np.sin(self.angle) * f
        by = (radius * ratio * weight)[:, None]
        turn = np.cos(angle)[:, None] * e + np.sin(angle)[:, None] * f
        turn_by = self.angle * weight[:, None] * (np.cos(angle)[:, None] * f - np.sin(angle)[:, None] * e)
        places = [radius[:, None] * back, self.inner * turn, radius[:, None] * e, self.outer * turn]
        return np.stack(places), np.stack([-by * back, -self.inner * turn_by, by * e, self.outer * turn_by])


def line_integral(gradient: Gradient, curve: KeyholeCurve, depth: float, *, nodes: int = 64) -> float:
    r"""$\oint_\Gamma F$, by Gauss-Legendre quadrature on each piece. Other than 0, it shows that $F$ is no gradient.

    Arguments:
        gradient: $\nabla\ell$, from vectors `(points, d)` to vectors `(points, d)`.
        curve: $\Gamma$; depth: $N \ge 1$, not only whole; nodes: on each piece.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> curve = tw.theory.KeyholeCurve([1.0, 0.0], [0.0, 1.0], outer=1.0, inner=0.1)
        >>> round(tw.theory.line_integral(lambda w: np.array([1.0, 0.0]) + 0 * w, curve, depth=3), 5)
        0.56878

    Reference:
        arora2018optimization, theorem 2.
    """
    places, steps = curve.pieces(nodes)
    flat = places.reshape(-1, places.shape[-1])
    return float(np.sum(single_output_field(flat, gradient(flat), depth) * steps.reshape(flat.shape)))


def constant_gradient_integral(norm: float, depth: float, *, outer: float, inner: float, angle: float = np.pi) -> float:
    r"""$\oint_{\Gamma_{r,R}} F = 2\|g\|\left(\frac{N}{3-2/N} - 1\right)(R^{3-2/N} - r^{3-2/N})$ for a constant gradient $g$.

    It is 0 for $N = 1$ and $N = 2$, and positive beyond: the bracket is $(N-1)(N-2)/(3N-2)$. For a sector of angle
    $\alpha$ the 2 becomes $1 - \cos\alpha$.

    Arguments:
        norm: $\|g\|$; depth: $N \ge 1$, not only whole; outer, inner, angle: $R$, $r$ and $\alpha$ of the curve.

    Examples:
        >>> import thalweg as tw
        >>> [round(tw.theory.constant_gradient_integral(1.0, n, outer=1.0, inner=0.1), 4) for n in (2, 3, 4, 8)]
        [0.0, 0.5688, 1.1962, 3.8114]

    Reference:
        arora2018optimization, theorem 2 (its curve, evaluated for a linear loss).
    """
    n = checked_depth(depth)
    power = 3 - 2 / n
    return float((1 - np.cos(angle)) * norm * (n - 1) * (n - 2) / (3 * n - 2) * (outer**power - inner**power)) + 0.0


def plane_of(problem: AbstractProblem) -> tuple[Gradient, np.ndarray, np.ndarray, float]:
    r"""The plane of predictors in which a problem's curve lies: the gradient in it, its two directions, and $\sigma_1(G(0))$.

    With $u, v$ the leading singular vectors of $G(0)$ it holds $W = uw^\top$ with $w$ spanned by $v$ and the next right
    singular vector; in it the field is that of the vector $w$ and the gradient $G(W)^\top u$. Where the predictor has a
    single column the two sides change places.

    Raises:
        ValueError: the gradient at 0 vanishes, or the predictor is a single number, for which every field is a gradient.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> gradient, first, second, norm = tw.theory.plane_of(tw.LinearRegression.whitened(np.diag([2.0, 1.0])))
        >>> norm, gradient(0 * first[None]).round(12).tolist() == (2 * first[None]).round(12).tolist()
        (2.0, True)
    """
    shape = problem.shape
    if max(shape) == 1:
        raise ValueError("for a predictor of shape (1, 1) every field is a gradient; take one with more entries")
    slopes = jax.jit(jax.vmap(lambda predictor: problem.loss_and_gradient(predictor)[1]))
    start = np.asarray(slopes(np.zeros((1, *shape)))[0], dtype=float)
    u, s, vt = np.linalg.svd(start)
    if not s[0] > 0:
        raise ValueError("the theorem needs a gradient at 0 that does not vanish, and that of this problem does")
    wide = shape[1] > 1
    fixed, moving = (u[:, 0], vt) if wide else (vt[0], u.T)

    def gradient(w: np.ndarray) -> np.ndarray:
        predictors = fixed[:, None] * w[:, None, :] if wide else w[:, :, None] * fixed
        found = np.asarray(slopes(predictors), dtype=float)
        return np.einsum("i,pij->pj", fixed, found) if wide else found @ fixed

    sign = 1.0 if gradient(np.zeros((1, moving.shape[1])))[0] @ moving[0] > 0 else -1.0
    return gradient, sign * moving[0], moving[1], float(s[0])


def regularizer_integral(
    problem: AbstractProblem, depth: float, *, outer: float, inner: float, angle: float = np.pi, nodes: int = 64
) -> float:
    r"""$\oint_{\Gamma_{r,R}} F$ for a problem, over the curve along the leading singular direction of $G(0)$.

    Were gradient flow on a depth-$N$ network that of $\ell$ plus a regularizer of the predictor, it would be 0. It tends to
    `constant_gradient_integral` with $\|g\| = \sigma_1(G(0))$ as $R \to 0$.

    Arguments:
        problem: with a gradient at 0 that does not vanish.
        depth: $N \ge 1$, not only whole; outer, inner, angle: of the curve; nodes: on each of its four pieces.

    Raises:
        ValueError: the gradient at 0 vanishes, or the predictor is a single number.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> problem = tw.LinearRegression.whitened(np.array([[1.0, 0.0]]))
        >>> abs(tw.theory.regularizer_integral(problem, 2, outer=1.0, inner=0.1)) < 1e-12
        True
        >>> tw.theory.regularizer_integral(problem, 3, outer=1.0, inner=0.1) > 0.5
        True

    Reference:
        arora2018optimization, theorem 2; it needs N > 2.
    """
    gradient, first, second, _ = plane_of(problem)
    return line_integral(gradient, KeyholeCurve(first, second, outer, inner, angle), depth, nodes=nodes)


def linear_potential(w: np.ndarray, slope: np.ndarray) -> np.ndarray:
    r"""$\|w\|\langle w, u\rangle$, whose gradient is the field of depth 2 for the linear loss $\ell(w) = \langle u, w\rangle$.

    Arguments:
        w: `(..., d)`; slope: $u$, `(d,)`.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> float(tw.theory.linear_potential(np.array([3.0, 4.0]), np.array([1.0, 0.0])))
        15.0

    Reference:
        arora2018optimization, theorem 2, the exception at N = 2.
    """
    return np.linalg.norm(w, axis=-1) * (w @ slope)


def quadratic_potential(w: np.ndarray, target: np.ndarray) -> np.ndarray:
    r"""$\frac23\|w\|^3 - \|w\|\langle w, y\rangle$, the same for $\ell(w) = \frac12\|w - y\|^2$.

    Arguments:
        w: `(..., d)`; target: $y$, `(d,)`.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> round(float(tw.theory.quadratic_potential(np.array([0.0, 3.0]), np.array([0.0, 1.0]))), 12)
        9.0

    Reference:
        arora2018optimization, theorem 2, the exception at N = 2.
    """
    size = np.linalg.norm(w, axis=-1)
    return 2 / 3 * size**3 - size * (w @ target)


def depth_two_curl(w: np.ndarray, moment: np.ndarray) -> np.ndarray:
    r"""$\partial_iF_j - \partial_jF_i = -\frac{1}{\|w\|}(w_i(Hw)_j - w_j(Hw)_i)$ at depth 2.

    For $\ell(w) = \frac12w^\top Hw - b^\top w$. It vanishes for every $w$ exactly where $H$ is a multiple of the identity.

    Arguments:
        w: `(d,)`, not 0; moment: $H$, `(d, d)`.

    Examples:
        >>> import numpy as np
        >>> import thalweg as tw
        >>> tw.theory.depth_two_curl(np.array([3.0, 4.0]), np.diag([1.0, 2.0]))[0, 1].item()
        -2.4

    Reference:
        arora2018optimization, theorem 2, the exception at N = 2 (worked out here for quadratic losses).
    """
    size = np.linalg.norm(w)
    if not size > 0:
        raise ValueError("the field of depth 2 has no derivative at 0; w must not be 0")
    pull = moment @ w
    return -(np.outer(w, pull) - np.outer(pull, w)) / size


def checked_depth(depth: float) -> float:
    """`depth` as a number of at least 1, or a ValueError."""
    if isinstance(depth, bool) or not np.isfinite(depth) or depth < 1:
        raise ValueError(f"depth must be a number of at least 1, got {depth!r}")
    return float(depth)
