"""The Runge-Kutta-Chebyshev method of order two on one vector: gradient flow on the CPU without a compiler."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

DAMPING = 2 / 13
MOST_STAGES = 200
Field = Callable[[np.ndarray], tuple[float, np.ndarray]]


@dataclass(frozen=True)
class Instant:
    """A point of the path: time, the vector, minus the gradient there, and the loss.

    Examples:
        >>> import numpy as np
        >>> Instant(0.0, np.zeros(1), np.ones(1), 1.0).time
        0.0
    """

    time: float
    point: np.ndarray
    velocity: np.ndarray
    loss: float


class Stabilized:
    r"""Follows $\dot\theta = -\nabla\varphi(\theta)$ with error control; the state is `here`.

    A step is accepted when its estimated local error is at most `rtol` times the norm of the vector. A step $h$ takes the
    fewest stages $s$ with $\frac23 (s^2 - 1)(1 - \frac{2}{15}\epsilon) \ge h \rho$, $\epsilon = 2/13$: the Jacobian is
    minus the Hessian, so that its spectrum is real, and its radius $\rho$ is found by power iteration on differences of
    gradients, from the direction found at the step before.

    Arguments:
        field: the loss and minus its gradient, at a vector.
        start: the vector to start from.
        rtol: the tolerance.
        time: at the start.

    Examples:
        >>> import numpy as np
        >>> flow = Stabilized(lambda x: (float(x @ x) / 2, -x), np.array([1.0, 2.0]), rtol=1e-6)
        >>> bool(np.abs(flow.until(1.0).point - np.exp(-1.0) * np.array([1.0, 2.0])).max() < 1e-4)
        True

    Reference:
        sommeijer1998rkc.
    """

    def __init__(self, field: Field, start: np.ndarray, *, rtol: float, time: float = 0.0):
        self.field, self.rtol = field, rtol
        loss, velocity = field(start)
        self.here = Instant(time, start, velocity, loss)
        speed = float(np.linalg.norm(velocity))
        # any direction but the velocity's own, in which a symmetric start may be confined
        wobble = np.cos(np.arange(len(start), dtype=start.dtype) + 1)
        self._direction = velocity / max(speed, float(np.finfo(start.dtype).tiny)) + wobble / float(np.linalg.norm(wobble))
        self._radius = self._spectral_radius(sweeps=12)
        self._step = 0.1 / self._radius if self._radius > 0 else 1.0
        self._fresh = True

    def advance(self, latest: float = np.inf) -> tuple[Instant, Instant]:
        """One accepted step, not beyond `latest`; where from and where to."""
        before = self.here
        size = float(np.linalg.norm(before.point))
        if not self._fresh:
            self._radius = self._spectral_radius(sweeps=6)
        reach = _reach(MOST_STAGES)
        while True:
            if self._radius > 0:
                self._step = min(self._step, reach / self._radius)
            step = min(self._step, latest - before.time)
            with np.errstate(over="ignore", invalid="ignore"):
                after, error = self._try(step)
                scale = self.rtol * max(size, float(np.linalg.norm(after.point)))
                ratio = float(np.linalg.norm(error)) / scale if scale > 0 else 0.0
            if np.isfinite(ratio) and ratio <= 1:
                break
            self._step = step * (min(max(0.8 * ratio ** (-1 / 3), 0.1), 0.8) if np.isfinite(ratio) else 0.1)
            if before.time + self._step == before.time:
                raise FloatingPointError(f"the flow cannot be followed beyond time {before.time:g} at rtol {self.rtol:g}")
            self._radius = self._spectral_radius(sweeps=6)
        growth = min(max(0.8 * max(ratio, 1e-9) ** (-1 / 3), 0.2), 5.0)
        self._step = max(step * growth, self._step if step < self._step else 0.0)
        self._fresh = False
        self.here = after
        return before, after

    def until(self, time: float) -> Instant:
        """The state at a later time, by steps of which the last ends there."""
        while self.here.time < time:
            self.advance(time)
        return self.here

    def _try(self, h: float) -> tuple[Instant, np.ndarray]:
        start, f0 = self.here.point, self.here.velocity
        stages = max(2, int(np.ceil(np.sqrt(1 + h * self._radius / _reach(None)))))
        w0 = 1 + DAMPING / stages**2
        value, slope, curve = _chebyshev(w0, stages)
        w1 = float(slope[-1] / curve[-1])
        weights = np.empty(stages + 1)
        weights[2:] = curve[2:] / slope[2:] ** 2
        weights[:2] = weights[2]
        b, a = weights.tolist(), (1 - weights * value).tolist()  # Python's numbers leave float32 what it is
        before, y = start, start + (b[1] * w1 * h) * f0
        for j in range(2, stages + 1):
            mu, nu = 2 * b[j] * w0 / b[j - 1], -b[j] / b[j - 2]
            pull = 2 * b[j] * w1 / b[j - 1]
            new = (1 - mu - nu) * start - (a[j - 1] * pull * h) * f0
            new += (pull * h) * self.field(y)[1]
            new += mu * y
            new += nu * before
            before, y = y, new
        loss, f1 = self.field(y)
        error = 0.8 * (start - y) + (0.4 * h) * (f0 + f1)
        return Instant(self.here.time + h, y, f1, loss), error

    def _spectral_radius(self, sweeps: int) -> float:
        """From below by power iteration, with a margin of a quarter."""
        point, velocity = self.here.point, self.here.velocity
        small = float(np.finfo(point.dtype).eps) ** 0.5 * max(float(np.linalg.norm(point)), 1e-8)
        radius = 0.0
        for _ in range(sweeps):
            direction = self._direction * (small / float(np.linalg.norm(self._direction)))
            image = (self.field(point + direction)[1] - velocity) / small
            found = float(np.linalg.norm(image))
            if not found > 0:
                break
            self._direction = image
            settled = abs(found - radius) <= 0.05 * found
            radius = found
            if settled:
                break
        return 1.25 * radius


def between(before: Instant, after: Instant, time: float) -> np.ndarray:
    """The vector at a time within a step, by the cubic that has the points and velocities of its ends.

    Examples:
        >>> import numpy as np
        >>> one = Instant(0.0, np.array([0.0]), np.array([0.0]), 0.0)
        >>> float(between(one, Instant(1.0, np.array([1.0]), np.array([3.0]), 0.0), 0.5)[0])
        0.125
    """
    h = after.time - before.time
    s = (float(time) - before.time) / h  # Python's numbers: NumPy's would make float64 of float32
    first, last = (1 + 2 * s) * (1 - s) ** 2, s**2 * (3 - 2 * s)
    return (
        first * before.point
        + last * after.point
        + (h * s * (1 - s) ** 2) * before.velocity
        + (h * s**2 * (s - 1)) * after.velocity
    )


def _reach(stages: int | None) -> float:
    """The length of the interval of stability over the square of the stages less one; times it where they are given."""
    unit = 2 / 3 * (1 - 2 / 15 * DAMPING)
    return unit if stages is None else unit * (stages**2 - 1)


def _chebyshev(x: float, degree: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The Chebyshev polynomials up to a degree with their first two derivatives, at x."""
    value, slope, curve = (np.zeros(degree + 1) for _ in range(3))
    value[:2], slope[1] = (1.0, x), 1.0
    for j in range(2, degree + 1):
        value[j] = 2 * x * value[j - 1] - value[j - 2]
        slope[j] = 2 * value[j - 1] + 2 * x * slope[j - 1] - slope[j - 2]
        curve[j] = 4 * slope[j - 1] + 2 * x * curve[j - 1] - curve[j - 2]
    return value, slope, curve
