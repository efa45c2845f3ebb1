# pyright: reportCallIssue=false, reportArgumentType=false
r"""Derive the coefficients of `thalweg.algorithms.solvers.Rock4` and write them beside it.

The stability polynomial of $s$ stages is $R_s(z) = w(x) P_{s-4}(x) / (w(a) P_{s-4}(a))$ with $x = a + d z$, where $w$
has two pairs of complex roots $\alpha_i \pm i\beta_i$ and $P$ is orthogonal for the weight $w^2/\sqrt{1-x^2}$, hence
has a three-term recurrence that serves as the first $s - 4$ stages (Abdulle and Medovikov, Numer. Math. 90, 2001;
Abdulle, SIAM J. Sci. Comput. 23, 2002, for the form; every number here is computed). Three steps:

1. `optimal`: a linear program finds the best polynomial of order four with $|R| \le 0.4$, whose complex roots start
   the search. In the scaling $(1-\alpha) s^2, \beta s^2, (a-1) s^2, d s^2$ they hardly depend on $s$.
2. `tuned`: Newton's method makes $R$ exact to order four; the two directions left over make the interval longest.
3. `finish`: four stages $W$ with the polynomial $w$ such that the composition of Butcher series $W \circ P$ is of order
   four: 8 conditions for 10 unknowns, the two left over make the terms of order five smallest. The embedded
   estimate adds the old point and keeps the 4 conditions of order three.

Run: python tools/make_rock4_coefficients.py  (some minutes)
"""

from collections import Counter
from math import factorial
from pathlib import Path

import numpy as np
from numpy.polynomial import chebyshev
from scipy.optimize import linprog, minimize

WHERE = Path(__file__).parents[1] / "src/thalweg/algorithms/solvers/rock4_coefficients.npz"
LOW = [5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 18, 20]
HIGH = [20, 22, 25, 28, 32, 36, 41, 47, 54, 62, 71, 82, 94, 108, 124, 142, 163, 187, 215, 250, 290, 340, 400, 470]
BOUND = 0.4
"""The largest |R| away from 0. With 0.95, what a step leaves in the stiff components would stay for twenty steps; this costs
7 stages in a hundred."""
NEAR = -1.2
"""Where "away from 0" begins: R follows exp there."""
TAYLOR = np.array([1, 1, 1 / 2, 1 / 6, 1 / 24])


def newton(f, x, *, steps=50, reach=2.0, small=1e-13):
    """A root of an underdetermined system, each step the shortest there is."""
    for _ in range(steps):
        step = np.linalg.lstsq(jacobian(f, x), f(x), rcond=1e-10)[0]
        size = np.abs(step).max()
        x = x - step * min(1, reach / max(size, 1e-300))
        if size < small:
            break
    return x


def jacobian(f, x, h=1e-6):
    return np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))]).T


# The stability polynomial


def optimal(s: int) -> np.ndarray:
    """Scaled parameters of the best stability polynomial, by bisection over linear programs in the Chebyshev basis."""
    least, most = 0.2 * s**2, 0.5 * s**2
    for _ in range(16):
        middle = (least + most) / 2
        least, most = (middle, most) if _peak_and_polynomial(s, middle)[0] <= BOUND else (least, middle)
    roots = chebyshev.chebroots(_peak_and_polynomial(s, least)[1])
    near, far = sorted(roots[roots.imag > 1e-6], key=lambda root: root.real)
    return np.array([1 - near.real, near.imag, 1 - far.real, far.imag, 0.0, 2 / least]) * s**2


def _peak_and_polynomial(s: int, length: float) -> tuple[float, np.ndarray]:
    z = -length * (1 - np.cos(np.linspace(0, np.pi, 40 * s))) / 2
    values = chebyshev.chebvander(1 + 2 * z[z < NEAR] / length, s)
    slopes = np.ones((5, s + 1))
    for k in range(1, 5):
        slopes[k] = slopes[k - 1] * (np.arange(s + 1) ** 2 - (k - 1) ** 2) / (2 * k - 1) * 2 / length
    size = np.abs(slopes).max(axis=1)
    ones = np.ones((len(values), 1))
    found = linprog(
        np.r_[np.zeros(s + 1), 1],
        A_ub=np.block([[values, -ones], [-values, -ones]]),
        b_ub=np.zeros(2 * len(values)),
        A_eq=np.c_[slopes / size[:, None], np.zeros(5)],
        b_eq=1 / size,
        bounds=[(None, None)] * (s + 1) + [(0, None)],
    )
    return found.x[-1], found.x[:-1]


def unscaled(s: int, u: np.ndarray) -> tuple[np.ndarray, np.ndarray, float, float]:
    """The roots' real and imaginary parts, a and d."""
    return 1 - u[[0, 2]] / s**2, u[[1, 3]] / s**2, 1 + u[4] / s**2, u[5] / s**2


def recurrence(s: int, u: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""$\mu, \nu, \kappa$ of $P_j = (\mu_j z + \nu_j) P_{j-1} + \kappa_j P_{j-2}$, by Stieltjes' procedure.

    The quadrature of Gauss and Chebyshev with $s + 6$ nodes is exact for the products that occur.
    """
    alpha, beta, a, d = unscaled(s, u)
    nodes = s + 6
    x = np.cos((2 * np.arange(nodes) + 1) * np.pi / (2 * nodes))
    weight = (((x - alpha[0]) ** 2 + beta[0] ** 2) * ((x - alpha[1]) ** 2 + beta[1] ** 2)) ** 2
    weight /= weight.sum()
    before, last, size_before, size, ratio = np.zeros(nodes), np.ones(nodes), 1.0, 1.0, 1.0
    mu, nu, kappa = np.zeros((3, s - 4))
    for j in range(s - 4):
        center, pull = (weight * x * last**2).sum() / size, size / size_before if j else 0.0
        before, last = last, (x - center) * last - pull * before
        size_before, size = size, (weight * last**2).sum()
        new_ratio = a - center - pull / ratio
        mu[j], nu[j], kappa[j] = d / new_ratio, (a - center) / new_ratio, -pull / ratio / new_ratio
        ratio = new_ratio
    return mu, nu, kappa


def finishing_polynomial(s: int, u: np.ndarray) -> np.ndarray:
    """The coefficients of w(a + d z) / w(a), from the constant one up."""
    alpha, beta, a, d = unscaled(s, u)
    factors = [np.array([(a - r) ** 2 + b**2, 2 * (a - r) * d, d**2]) for r, b in zip(alpha, beta, strict=True)]
    product = np.convolve(*factors)
    return product / product[0]


def order_defect(s: int, u: np.ndarray) -> np.ndarray:
    before, last = np.zeros(5), np.eye(5)[0]
    for mu, nu, kappa in zip(*recurrence(s, u), strict=True):
        new = nu * last + kappa * before
        new[1:] += mu * last[:-1]
        before, last = last, new
    return (np.convolve(last, finishing_polynomial(s, u))[1:5] - TAYLOR[1:]) / TAYLOR[1:]


def stability(s: int, u: np.ndarray, z: np.ndarray) -> np.ndarray:
    before, last = np.zeros_like(z), np.ones_like(z)
    for mu, nu, kappa in zip(*recurrence(s, u), strict=True):
        before, last = last, (mu * z + nu) * last + kappa * before
    return np.polyval(finishing_polynomial(s, u)[::-1], z) * last


def interval(s: int, u: np.ndarray) -> float:
    """The length of the interval of stability: x = -1."""
    _, _, a, d = unscaled(s, u)
    return (1 + a) / d


def peak(s: int, u: np.ndarray) -> float:
    z = -interval(s, u) * (1 - np.cos(np.linspace(0, np.pi, 60 * s))) / 2
    return np.abs(stability(s, u, z[z < NEAR])).max()


def tuned(s: int, u: np.ndarray) -> np.ndarray:
    """The parameters near u of order four with the longest interval."""

    def exact(x: np.ndarray, steps: int = 50) -> np.ndarray:
        return newton(lambda p: order_defect(s, p), x, steps=steps, small=1e-11)

    u = exact(u)
    for width in (0.2, 0.04, 0.04):
        free = np.linalg.svd(jacobian(lambda p: order_defect(s, p), u))[2][4:].T

        def cost(v: np.ndarray, u: np.ndarray = u, free: np.ndarray = free) -> float:
            x = exact(u + free @ v, steps=6)
            return -interval(s, x) / s**2 + 20 * max(0, peak(s, x) - BOUND)

        simplex = width * np.array([[0, 0], [1, 0], [0, 1]])
        options = {"initial_simplex": simplex, "maxfev": 60, "xatol": 1e-4, "fatol": 1e-6}
        u = exact(u + free @ minimize(cost, np.zeros(2), method="Nelder-Mead", options=options).x)
    return u


# The finishing stages: rooted trees up to order five, each the tuple of the trees that its root carries


def rooted_trees() -> tuple[list[tuple[int, ...]], np.ndarray, np.ndarray, np.ndarray]:
    """The trees by index, their orders, densities and symmetries."""
    trees, order, density, symmetry = [()], [1], [1.0], [1]

    def branches(left: int, first: int) -> list[tuple[int, ...]]:
        if left == 0:
            return [()]
        heads = [k for k in range(first, len(known)) if known[k] <= left]
        return [(k, *rest) for k in heads for rest in branches(left - known[k], k)]

    for size in range(2, 6):
        known = list(order)
        for tree in branches(size - 1, 0):
            trees.append(tree)
            order.append(size)
            density.append(size * np.prod([density[k] for k in tree]))
            symmetry.append(np.prod([factorial(m) * symmetry[k] ** m for k, m in Counter(tree).items()]))
    return trees, np.array(order), np.array(density), np.array(symmetry)


TREES, ORDER, DENSITY, SYMMETRY = rooted_trees()
PLACES = [(1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2)]


def slope_series(point: np.ndarray) -> np.ndarray:
    """The Butcher series of the field at a point that has the given one."""
    return np.array([np.prod([point[k] for k in tree]) if tree else 1.0 for tree in TREES])


def recurrence_series(s: int, u: np.ndarray) -> np.ndarray:
    before, last = np.zeros((2, len(TREES)))
    for mu, nu, kappa in zip(*recurrence(s, u), strict=True):
        before, last = last, mu * slope_series(last) + nu * last + kappa * before
    return last


def finishing_series(v: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The series of the four slopes; v holds a_21, a_31, a_32, a_41, a_42, a_43, b_1..b_4."""
    slopes: list[np.ndarray] = []
    for i in range(4):
        point = start.copy()
        for value, (row, column) in zip(v[:6], PLACES, strict=True):
            if row == i:
                point = point + value * slopes[column]
        slopes.append(slope_series(point))
    return np.array(slopes)


def finish(start: np.ndarray, v: np.ndarray) -> np.ndarray:
    """The finishing stages near v that make the method of order four, with small terms of order five."""
    low, five = ORDER <= 4, ORDER == 5

    def defect(x: np.ndarray) -> np.ndarray:
        return start + x[6:] @ finishing_series(x, start) - 1 / DENSITY

    def conditions(x: np.ndarray) -> np.ndarray:
        return (defect(x) * DENSITY)[low]

    def cost(x: np.ndarray) -> np.ndarray:
        return np.r_[1e3 * (defect(x) / SYMMETRY)[five], 0.1 * x]

    v, damping = newton(conditions, v, reach=0.2, small=1e-15), 1e-2
    while damping < 1e12:
        free = np.linalg.svd(jacobian(conditions, v))[2][8:].T
        slope = jacobian(cost, v) @ free
        step = free @ np.linalg.solve(slope.T @ slope + damping * np.eye(2), -slope.T @ cost(v))
        new = newton(conditions, v + step * min(1, 0.1 / np.abs(step).max()), reach=0.2, small=1e-15)
        better = np.abs(conditions(new)).max() < 1e-11 and np.sum(cost(new) ** 2) < np.sum(cost(v) ** 2)
        v, damping = (new, max(damping / 3, 1e-9)) if better else (v, 4 * damping)
    return v


def estimate(start: np.ndarray, v: np.ndarray) -> np.ndarray:
    """The error's weights of (old point - last point of the recurrence) and of the four slopes: zero to order three.

    No slope at the new point: its share would grow with the stiffness, while this estimate stays below 1 on the whole
    interval. The scale makes the norm of its terms of order four a hundredth.
    """
    series = np.vstack([-start, finishing_series(v, start)])
    null = np.linalg.svd(series[:, ORDER <= 3].T)[2][-1]
    size = np.linalg.norm(((null @ series) / SYMMETRY)[ORDER == 4])
    return null * np.sign(null[0]) / size / 100


def main() -> None:
    """Derive all coefficients, from the middle of the table to both its ends, and write them."""
    found = {}
    for table in (LOW[::-1], HIGH):
        u = optimal(20)
        v = np.array([-0.12, 1.18, -0.78, -0.11, 0.21, 0.45, 0.44, -0.20, 0.19, 0.25])
        for s in table:
            u = tuned(s, u)
            start = recurrence_series(s, u)
            v = finish(start, v)
            found[s] = (interval(s, u), *recurrence(s, u), v, estimate(start, v))
            print(f"{s:4d} stages: interval {interval(s, u) / s**2:.4f} s^2, peak {peak(s, u):.5f}", flush=True)
    rows = [found[s] for s in sorted(found)]
    np.savez(
        WHERE,
        stages=np.array(sorted(found)),
        interval=np.array([row[0] for row in rows]),
        mu=np.concatenate([row[1] for row in rows]),
        nu=np.concatenate([row[2] for row in rows]),
        kappa=np.concatenate([row[3] for row in rows]),
        finishing=np.array([row[4] for row in rows]),
        error=np.array([row[5] for row in rows]),
    )


if __name__ == "__main__":
    main()
