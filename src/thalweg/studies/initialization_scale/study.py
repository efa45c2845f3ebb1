"""What to run: a sweep over standard deviations for two depths and two kinds of start, balance along a run, and margins.

Whitened inputs leave the loss half of |w - phi|^2, and a rotation of the inputs changes nothing: no data are needed, and the
target is a random direction of norm 1, as the published labels are scaled.
"""

import dataclasses
from collections.abc import Sequence

from thalweg.studies.claim import Source
from thalweg.studies.initialization_scale.claims import claims
from thalweg.studies.initialization_scale.pictures import plots, tables
from thalweg.studies.initialization_scale.work import KINDS, balance, margins, sweep
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    """The published setting, but for the cap, which is 1e6 there.

    Arguments:
        inputs, hidden: widths; there is one output.
        deviations: of the entries of the factors, or of the product where it is balanced; in rising order.
        rates: step sizes, of which the best counts.
        threshold: the loss that counts as converged; cap: steps within which.
        balance_rate, balance_cap: step size and steps of the run along which balance is looked at.
        draws: starts of which the share with a margin is counted.
    """

    inputs: int = 128
    hidden: int = 32
    deviations: tuple[float, ...] = tuple(10 ** (-3 + k / 4) for k in range(13))
    rates: tuple[float, ...] = tuple(10 ** (-4 + k / 2) for k in range(9))
    threshold: float = 1e-5
    cap: int = 10_000
    balance_rate: float = 0.3
    balance_cap: int = 1000
    draws: int = 20_000


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """Three families: `sweep` by depth and kind of start, `balance`, and `margins`."""
    found = []
    for seed in seeds:
        found += [Case({"family": "sweep", "depth": depth, "kind": kind}, seed) for depth in (8, 3) for kind in KINDS]
        found += [Case({"family": "balance"}, seed), Case({"family": "margins"}, seed)]
    return found


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The work of a case; the target depends on root and seed alone."""
    if list(parameters.deviations) != sorted(parameters.deviations) or len(parameters.deviations) < 3:
        raise ValueError(f"deviations must be three or more in rising order, got {parameters.deviations}")
    if min(*parameters.deviations, *parameters.rates, parameters.threshold) <= 0:
        raise ValueError("deviations, rates and threshold must be above 0")
    at = {"inputs": parameters.inputs, "hidden": parameters.hidden, "key": (root, case.seed)}
    if case.coordinates["family"] == "sweep":
        at |= {"depth": case.coordinates["depth"], "kind": case.coordinates["kind"], "cap": parameters.cap}
        swept = {"deviations": parameters.deviations, "rates": parameters.rates, "threshold": parameters.threshold}
        return Work(sweep, at | swept)
    if case.coordinates["family"] == "balance":
        run = {"rate": parameters.balance_rate, "cap": parameters.balance_cap, "threshold": parameters.threshold}
        return Work(balance, at | run | {"depth": 3, "deviations": (1e-3, 0.1)})
    return Work(margins, at | {"depth": 3, "deviations": parameters.deviations, "draws": parameters.draws})


STUDY = Study(
    name="initialization-scale",
    title="The scale of the start",
    question="How must a deep linear network be started to be trained at all, and does balance help?",
    sources=(Source("arora2019convergence", "figure 2, claim 3 and theorem 2"),),
    parameters=Parameters(),
    quick=Parameters(
        deviations=tuple(10 ** (-3 + k / 2) for k in range(7)), rates=tuple(10 ** (-3 + k / 2) for k in range(7)), cap=3000
    ),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(5, 2),
    cost="full: about a minute and a half; quick: a few seconds",
)
