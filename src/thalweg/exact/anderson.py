"""Anderson's extrapolation, which makes slow fixed-point iterations fast."""

import numpy as np


class Anderson:
    """Anderson's extrapolation of a fixed-point iteration, from the last few steps and points.

    Called with a point and the step that the iteration would take from it, it returns the point to go on from.

    Arguments:
        size: how many numbers a point holds.

    Examples:
        >>> extrapolate, point = Anderson(2), np.ones(2)
        >>> for _ in range(6):  # towards the fixed point 0 of a slow map
        ...     point = extrapolate(point, np.array([0.99, 0.9]) * point - point)
        >>> bool(np.abs(point).max() < 1e-6)
        True

    Reference:
        anderson1965iterative, section 4.
    """

    def __init__(self, size: int):
        self.memory = min(20, max(5, 8_000_000 // size))  # at most some 128 MB
        self.steps, self.sums = np.zeros((2, self.memory, size))
        self.gram = np.zeros((self.memory, self.memory))
        self.forget()

    def forget(self) -> None:
        self.count, self.last = 0, None

    def __call__(self, point: np.ndarray, step: np.ndarray) -> np.ndarray:
        if self.last is not None:
            row, filled = self.count % self.memory, min(self.count + 1, self.memory)
            self.steps[row] = (step - self.last[1]).ravel()
            self.sums[row] = self.steps[row] + (point - self.last[0]).ravel()
            self.gram[row, :filled] = self.gram[:filled, row] = self.steps[:filled] @ self.steps[row]
            self.count += 1
        self.last = point, step
        filled = min(self.count, self.memory)
        gram = self.gram[:filled, :filled]
        if filled < 2 or not gram.trace() > 0:
            return point + step
        damped = gram + 1e-10 * gram.trace() * np.eye(filled)
        weights = np.linalg.solve(damped, self.steps[:filled] @ step.ravel())
        return point + step - (weights @ self.sums[:filled]).reshape(point.shape)
