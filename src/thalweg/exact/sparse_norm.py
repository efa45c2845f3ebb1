r"""The largest singular value of a sparse matrix, from above: what a dual certificate of completion rests on."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg, sparse

from thalweg.exact.certificate import EPS
from thalweg.exact.threads import threads_for

PROVED_TO = 4096
"""The smaller side up to which the bound is proved by a Cholesky factorization; beyond, it holds with a chance."""
CHANCE = 1e-12
"""The chance that a bound of a larger matrix is wrong, over the random start of Lanczos' method."""


@dataclass(frozen=True)
class SpectralBound:
    """An upper bound of a spectral norm.

    Attributes:
        bound: no singular value is larger.
        estimate: the largest singular value as Lanczos' method found it, which is at most the true one but for rounding.
        chance: of the bound being wrong; 0.0 where it is proved.

    Examples:
        >>> from scipy import sparse
        >>> found = spectral_bound(sparse.csr_array(np.diag([3.0, 4.0])))
        >>> found.chance, 4.0 <= found.bound < 4.0 + 1e-5
        (0.0, True)
    """

    bound: float
    estimate: float
    chance: float


def spectral_bound(matrix: Any, room: float = 1e-7, *, seed: int = 0) -> SpectralBound:
    r"""An upper bound of $\|R\|$ that is tight to about a share `room` where the smaller side is at most 4096.

    Up to there a Cholesky factorization of $\mu^2 I - R R^\top$ that goes through proves $\|R\| \le \mu$, rounding
    allowed for. Beyond, the largest Ritz value $\theta$ after $k$ steps of Lanczos' method from a random start has
    $\theta < (1-\varepsilon)\|R\|^2$ with a chance of at most $1.648 \sqrt{n} e^{-\sqrt\varepsilon (2k-1)}$; the bound is
    $\sqrt{\theta/(1-\varepsilon)}$ at a chance of 1e-12.

    Arguments:
        matrix: a `csr_array` of shape $(m, n)$, finite.
        room: by how much, relatively, the bound may exceed the norm.
        seed: of the start of Lanczos' method.

    Reference:
        kuczynski1992estimating, section 4; rump2006verification, section 2.
    """
    if matrix.nnz == 0 or not np.abs(matrix.data).max() > 0:
        return SpectralBound(0.0, 0.0, 0.0)
    if matrix.shape[0] > matrix.shape[1]:
        matrix = sparse.csr_array(matrix.T)
    exponent = math.frexp(float(np.abs(matrix.data).max()))[1]  # squares of what is scaled neither overflow nor underflow
    matrix = sparse.csr_array((np.ldexp(matrix.data, -exponent), matrix.indices, matrix.indptr), shape=matrix.shape)
    with threads_for(matrix.shape, math.inf):
        found = _bound(matrix, room, seed)
    return SpectralBound(math.ldexp(found.bound, exponent), math.ldexp(found.estimate, exponent), found.chance)


def _bound(matrix: Any, room: float, seed: int) -> SpectralBound:
    side = matrix.shape[0]
    proved = side <= PROVED_TO
    steps = 3 * side if proved else _steps(side, room)
    largest, steps = _lanczos(matrix, steps, 0.05 * room if proved else 0.0, np.random.default_rng(seed))
    estimate = math.sqrt(max(largest, 0.0))
    if proved:
        return SpectralBound(_proved(matrix, estimate, room), estimate, 0.0)
    share = _share(side, steps)
    return SpectralBound(estimate / math.sqrt(1.0 - share) * (1.0 + side * EPS), estimate, CHANCE)


def _steps(side: int, room: float) -> int:
    """How many steps of Lanczos' method the bound needs, at most 2000, where only its tightness suffers."""
    needed = math.log(1.648 * math.sqrt(side) / CHANCE) / math.sqrt(min(2.0 * room, 0.5))
    return min(2000, math.ceil(0.5 * (needed + 1.0)))


def _share(side: int, steps: int) -> float:
    return min(0.999, (math.log(1.648 * math.sqrt(side) / CHANCE) / (2.0 * steps - 1.0)) ** 2)


def _lanczos(matrix: Any, steps: int, change: float, random: np.random.Generator) -> tuple[float, int]:
    """The largest Ritz value of R R^T, without reorthogonalization, and the steps taken.

    Copies of a converged value that come from lost orthogonality do not change the largest.
    """
    transposed = sparse.csr_array(matrix.T)
    vector = random.normal(size=matrix.shape[0])
    vector /= np.linalg.norm(vector)
    before, above = np.zeros_like(vector), 0.0
    diagonal: list[float] = []
    beside: list[float] = []
    largest = 0.0
    for step in range(1, steps + 1):
        image = matrix @ (transposed @ vector) - above * before
        diagonal.append(float(vector @ image))
        image -= diagonal[-1] * vector
        above = float(np.linalg.norm(image))
        last = step == steps or above <= 4.0 * EPS * max(diagonal)
        if step % 10 == 0 or last:
            found = _top(diagonal, beside)
            if last or (change and found - largest <= change * found and step > 10):
                return found, step
            largest = found
        beside.append(above)
        before, vector = vector, image / above
    return largest, steps


def _top(diagonal: list[float], beside: list[float]) -> float:
    at = len(diagonal) - 1
    if at == 0:
        return diagonal[0]
    return float(linalg.eigvalsh_tridiagonal(np.array(diagonal), np.array(beside), select="i", select_range=(at, at))[0])


def _proved(matrix: Any, estimate: float, room: float) -> float:
    """The least of a few bounds above an estimate for which a Cholesky factorization goes through."""
    gram = (matrix @ matrix.T).toarray()
    side, trace = len(gram), float(np.trace(gram))
    widest = int(np.diff(matrix.indptr).max())
    # What the entries of the Gram matrix and the factorization can have lost, of which each is counted twice.
    lost = 2.0 * EPS * (widest + 2) * trace
    while True:
        square = estimate**2 * (1.0 + room) ** 2
        if not side * square - trace > 0 and room < 1:
            room *= 2.0
            continue
        slack = lost + 2.0 * EPS * (side + 2) * side * square
        shifted = -gram
        shifted[np.diag_indices(side)] += square - slack
        potrf: Any = linalg.get_lapack_funcs("potrf", (shifted,))
        _, failed = potrf(shifted, lower=1, clean=0, overwrite_a=1)
        if failed == 0:
            return math.sqrt(square) * (1.0 + 4.0 * EPS)
        if room > 1:  # Lanczos has lost the vector: the Frobenius norm is always a bound
            return math.sqrt(trace) * (1.0 + side * EPS)
        room *= 2.0
