"""Gradient descent of many small two-layer ReLU networks at once, in log space: the same steps as one by one, faster."""

import dataclasses

import numpy as np

from thalweg.exact import MarginKKT, margin_kkt

RAISE, LOWER, MOST = 2**0.2, 2**-0.1, 100.0
"""How the loss-based rate is raised after a step that lowers the loss, and lowered after one that does not, and is undone;
and the largest rate, which only networks that make no way come near."""


@dataclasses.dataclass(frozen=True)
class Samples:
    """One set of samples for each network: inputs `(B, n, d)`, labels -1 or 1 `(B, n)`."""

    inputs: np.ndarray
    labels: np.ndarray


@dataclasses.dataclass(frozen=True)
class Weights:
    r"""$f(x) = \sum_j a_j[\langle w_j, x\rangle]_+ + c$: `first` $(B, k, d)$, `second` $(B, k)$, `offset` $(B,)$ or none."""

    first: np.ndarray
    second: np.ndarray
    offset: np.ndarray | None = None

    @property
    def square(self) -> np.ndarray:
        r"""$\|\theta\|^2$."""
        found = (self.first**2).sum(axis=(1, 2)) + (self.second**2).sum(axis=1)
        return found if self.offset is None else found + self.offset**2

    def chosen(self, where: np.ndarray, other: "Weights") -> "Weights":
        """These weights where a condition on networks holds, others elsewhere."""
        offset = None
        if self.offset is not None and other.offset is not None:
            offset = np.where(where, self.offset, other.offset)
        first = np.where(where[:, None, None], self.first, other.first)
        return Weights(first, np.where(where[:, None], self.second, other.second), offset)


@dataclasses.dataclass(frozen=True)
class Seen:
    r"""What the samples see of weights: active units `(B, n, k)`, their outputs, margins $q_i$, and $\log\sum_i e^{-q_i}$."""

    active: np.ndarray
    hidden: np.ndarray
    margins: np.ndarray
    log: np.ndarray

    @property
    def shares(self) -> np.ndarray:
        r"""The softmin of the margins, $e^{-q_i}/\sum_j e^{-q_j}$."""
        return np.exp(-self.margins - self.log[:, None])


def seen(samples: Samples, weights: Weights) -> Seen:
    """Forward through all networks."""
    before = samples.inputs @ weights.first.swapaxes(1, 2)
    active = before > 0
    hidden = np.where(active, before, 0.0)
    outputs = (hidden @ weights.second[:, :, None])[..., 0]
    if weights.offset is not None:
        outputs = outputs + weights.offset[:, None]
    margins = samples.labels * outputs
    least = margins.min(axis=1)
    return Seen(active, hidden, margins, np.log(np.exp(least[:, None] - margins).sum(axis=1)) - least)


@dataclasses.dataclass(frozen=True)
class Path:
    r"""What was recorded: steps, and for each network $\log\sum e^{-q}$, least margins, $\|\theta\|^2$ `(steps, B)`, and weights.

    Attributes:
        drop: by how much the smoothed margin fell at most in a single step once $\sum e^{-q} < 1$, `(B,)`; zero if never.
        falls: what it fell by in all such steps together, over its value at the end.
        falls_wrong: the same over $\|\theta\|^4$ in place of $\|\theta\|^2$.
    """

    steps: np.ndarray
    log: np.ndarray
    margins: np.ndarray
    square: np.ndarray
    weights: list[Weights]
    drop: np.ndarray
    falls: np.ndarray
    falls_wrong: np.ndarray

    @property
    def normalized(self) -> np.ndarray:
        r"""$\min_i q_i / \|\theta\|^2$."""
        return self.margins / self.square

    @property
    def fitted(self) -> np.ndarray:
        r"""The first record of each network with $\sum e^{-q} < 1$, or the last one."""
        reached = self.log < 0
        return np.where(reached.any(axis=0), reached.argmax(axis=0), len(self.log) - 1)


def descended(samples: Samples, start: Weights, steps: int, rate: float, rule: str, *, records: int = 60) -> Path:
    r"""Gradient descent of every network.

    Arguments:
        steps: how many.
        rate: in units that the rule gives.
        rule: `constant`, of the mean loss $L$ itself; `steady`, of $\log L$, in units of $1/\max_i\|\nabla q_i\|^2$, about its
            largest curvature: a rate of $L$ that grows as its inverse; or `adaptive`, which raises that by $2^{1/5}$ after each
            step that lowers the loss, and else undoes the step and lowers it by $2^{1/10}$.
        records: how many steps to record, spread geometrically.
    """
    marks = set(np.unique(np.round(np.geomspace(1, steps, records))).astype(int).tolist()) | {0}
    kept: list[tuple[int, np.ndarray, np.ndarray, np.ndarray, Weights]] = []
    weights, now = start, seen(samples, start)
    rates = np.full(len(start.second), rate)
    drop, falls, falls_wrong = np.zeros((3, len(rates)))
    squares = (samples.inputs**2).sum(axis=2)
    square = weights.square
    for step in range(steps + 1):
        if step in marks:
            kept.append((step, now.log, now.margins.min(axis=1), square, weights))
        pull = now.shares * samples.labels
        up_first = weights.second[:, :, None] * ((now.active * pull[:, :, None]).swapaxes(1, 2) @ samples.inputs)
        up_second = (now.hidden.swapaxes(1, 2) @ pull[:, :, None])[..., 0]
        if rule == "constant":
            size = rates * np.exp(now.log) / samples.labels.shape[1]
        else:
            slopes = (now.hidden**2).sum(axis=2) + squares * (now.active @ (weights.second**2)[:, :, None])[..., 0]
            slopes = slopes.max(axis=1) + (0 if weights.offset is None else 1)
            size = rates / slopes
        offset = None if weights.offset is None else weights.offset + size * pull.sum(axis=1)
        moved = Weights(weights.first + size[:, None, None] * up_first, weights.second + size[:, None] * up_second, offset)
        after = seen(samples, moved)
        if rule == "adaptive":
            lower = after.log < now.log
            rates = np.where(lower, np.minimum(rates * RAISE, MOST), rates * LOWER)
            if not lower.all():
                moved = moved.chosen(lower, weights)
                after = seen(samples, moved)
        larger = moved.square
        once = now.log < 0
        fell = np.where(once, np.maximum(after.log / larger - now.log / square, 0.0), 0.0)
        fell_wrong = np.where(once, np.maximum(after.log / larger**2 - now.log / square**2, 0.0), 0.0)
        drop, falls = np.maximum(drop, fell), falls + fell
        falls_wrong = falls_wrong + fell_wrong
        weights, now, square = moved, after, larger
    end = np.where(now.log < 0, -now.log / square, np.inf)
    at, log, margins, sizes, stored = zip(*kept, strict=True)
    return Path(
        np.array(at),
        np.stack(log),
        np.stack(margins),
        np.stack(sizes),
        list(stored),
        drop,
        falls / end,
        falls_wrong / end * square,
    )


def slopes_of(samples: Samples, weights: Weights, which: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""$\theta$, $q_i(\theta)$ and $\nabla q_i(\theta)$ of one network, as `margin_kkt` takes them; offsets are left out."""
    alone = Samples(samples.inputs[[which]], samples.labels[[which]])
    one = Weights(weights.first[[which]], weights.second[[which]])
    found = seen(alone, one)
    signs, inputs = alone.labels[0][:, None], alone.inputs[0]
    first = (signs * found.active[0] * one.second[0])[:, :, None] * inputs[:, None, :]
    rows = np.hstack([first.reshape(len(inputs), -1), signs * found.hidden[0]])
    return np.concatenate([one.first.ravel(), one.second.ravel()]), found.margins[0], rows


def stationarity(samples: Samples, weights: Weights, which: int) -> MarginKKT:
    """How nearly one network is stationary for the largest margin, with the best multipliers."""
    return margin_kkt(*slopes_of(samples, weights, which))
