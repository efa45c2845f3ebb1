"""How far a flow is followed: to the turn of the held-out error, to a fit, to rest, or to a time."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import minimize_scalar

from thalweg.estimators.chain import Chain
from thalweg.estimators.entries import Entries
from thalweg.estimators.stabilized import Instant, Stabilized, between

UNDER_WAY = 0.95
"""The held-out error is not judged before the loss has come to this part of what it was: at a saddle nothing is learnt."""
HOPELESS = 1.1
"""A held-out error this much above the least is not waited for to turn again."""

SLOWED = 0.1
"""It is not at rest before the speed has come to this part of the greatest: near the start it is slow, too."""


@dataclass(frozen=True)
class Progress:
    """What a progress callback is given after each step of the flow.

    Arguments:
        start: which of the starts, from 0. phase: `held out` or `refit`.
        time: of the flow, for entries scaled to mean square 1. gradients: evaluations so far.
        seen, held_out: root mean square errors as parts of the root mean square of the centred entries; `held_out` is
            None where nothing is held out.

    Examples:
        >>> from thalweg.estimators.stopping import Progress
        >>> Progress(0, "refit", 1.5, 20, 0.25, None).seen
        0.25
    """

    start: int
    phase: str
    time: float
    gradients: int
    seen: float
    held_out: float | None


@dataclass(frozen=True)
class Followed:
    """Where a flow was left: the vector, the time, the mean square errors of seen and held-out entries, and why."""

    point: np.ndarray
    time: float
    seen: float
    held_out: float | None
    reason: str


def follow(
    chain: Chain,
    start: np.ndarray,
    *,
    rtol: float,
    tol: float,
    max_gradients: int,
    held_out: Entries | None = None,
    patience: float = 2.0,
    time: float | None = None,
    report: Callable[[float, int, float, float | None], None] | None = None,
) -> Followed:
    r"""The flow from a start, stopped by the first of these: the time, if one is given; where entries are held out, once
    `patience` times the time of their least error has gone by, which is then the place that is returned; a fit to a root
    mean square of `tol`; rest, when the loss no longer falls by `tol` squared of itself in an e-fold of time; the most
    gradients. The time of the least held-out error is found between steps, too, so that it does not depend on them.
    """
    flow = Stabilized(chain.loss_and_descent, start, rtol=rtol)
    first = flow.here.loss

    def error(point: np.ndarray) -> float | None:
        return None if held_out is None else chain.error_at(point, held_out)

    here = flow.here
    best, least = here, error(here.point)
    around: list[Instant] = [here]
    begun: float | None = None
    fastest = 0.0
    while True:
        if time is not None and here.time >= time:
            reason = "time"
            break
        if chain.gradients >= max_gradients:
            reason = "gradients"
            break
        if np.sqrt(here.loss) <= tol:
            reason = "fit"
            break
        speed = float(np.linalg.norm(here.velocity))
        fastest = max(fastest, speed)
        if speed <= SLOWED * fastest and here.time * speed**2 <= tol**2 * here.loss:
            reason = "rest"
            break
        before, here = flow.advance(np.inf if time is None else time)
        now = error(here.point)
        if report is not None:
            report(here.time, chain.gradients, here.loss, now)
        if begun is None and here.loss <= UNDER_WAY * first:
            begun = here.time
        if now is not None and least is not None:
            if now < least:
                best, least, around = here, now, [before, here]
            elif len(around) < 3:
                around.append(here)
            if begun is not None and (here.time > patience * max(best.time, begun) or now > HOPELESS * least):
                reason = "held out"
                break
    if held_out is None or least is None:
        return Followed(here.point, here.time, here.loss, None, reason)
    point, when, least = _least(chain, held_out, around, best, least)
    return Followed(point, when, chain.loss_and_descent(point)[0], least, reason)


def _least(
    chain: Chain, held_out: Entries, around: list[Instant], best: Instant, least: float
) -> tuple[np.ndarray, float, float]:
    """The least held-out error on the path between the neighbours of the step with the least."""
    point, when = best.point, best.time
    for before, after in pairwise(around):
        found = minimize_scalar(
            lambda t, a=before, b=after: chain.error_at(between(a, b, t), held_out),
            bounds=(before.time, after.time),
            method="bounded",
            options={"maxiter": 12, "xatol": 1e-3 * (after.time - before.time)},
        )
        if found.fun < least:
            point, when, least = between(before, after, float(found.x)), float(found.x), float(found.fun)
    return point, when, least
