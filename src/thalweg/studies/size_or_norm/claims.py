"""What is claimed of the size of the weights and the size of the network."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.stats import rankdata

from thalweg.studies.bounds import AtLeast, AtMost
from thalweg.studies.claim import Claim, Mutant, Source
from thalweg.studies.evidence import Evidence

FIGURE = Source("neyshabur2015search", "Figure 1")
TITLE = Source("bartlett1998sample", "the title")
NAMES = {"digits": "the digits", "mnist": "images of MNIST"}


def claims(parameters: Any) -> list[Claim]:
    """All claims, for the settings of the parameters."""
    return [claim for data, count in zip(parameters.data, parameters.counts) for claim in _of(parameters, data, count)]


def _of(parameters: Any, data: str, count: int) -> list[Claim]:
    fitting = [width for width in parameters.widths if width >= parameters.fitting]
    narrow = [width for width in parameters.widths if width < parameters.fitting]
    first, widest, random = fitting[0], fitting[-1], parameters.random

    def at(e: Evidence, name: str, width: int, family: str = "widths") -> float:
        return e.final(name, family=family, data=data, width=width)

    def as_widths(order: Sequence[int], *names: str) -> Callable[[Evidence], Evidence]:
        """The numbers of each fitting width replaced by those of another."""

        def change(e: Evidence) -> Evidence:
            values = {width: {name: at(e, name, other) for name in names} for width, other in zip(fitting, order)}
            for width, found in values.items():
                e = e.replaced(lambda r, found=found: found, family="widths", data=data, width=width)
            return e

        return change

    def as_family(source: str, at_width: int, *names: str, into: str = "widths") -> Callable[[Evidence], Evidence]:
        """The numbers of one width replaced by those of another family of runs."""
        return lambda e: e.replaced(
            lambda r: {name: at(e, name, at_width, source) for name in names}, family=into, data=data, width=at_width
        )

    def exchanged(name: str, other: str) -> Callable[[Evidence], Evidence]:
        return lambda e: e.replaced(lambda r: {name: r.finals[other]}, data=data)

    def rise(e: Evidence) -> float:
        return max(at(e, "test_mean", b) - at(e, "test_mean", a) for a, b in itertools.combinations(fitting, 2))

    def told(e: Evidence) -> float:
        where = [*(("widths", width) for width in fitting), ("large", widest)]
        measures = [at(e, "path_margin", width, family) for family, width in where]
        errors = [at(e, "test_mean", width, family) for family, width in where]
        return float(np.corrcoef(rankdata(measures), rankdata(errors))[0, 1])

    what = f"{NAMES[data]}, {count} to train on"
    few = len(fitting) * [max(narrow, default=first)]
    common: dict[str, Any] = {"grade": "figure", "needs": {"data": data}}
    return [
        Claim(
            f"small networks fit, {data}",
            f"With {what}, networks of {first} hidden units, trained until the loss is {parameters.target:g}, reach a training "
            f"error of zero in some draws of examples and start, and those of {fitting[1]} and more in every draw.",
            FIGURE,
            measure=lambda e: max(at(e, "train_least", first), *(at(e, "train_most", width) for width in fitting[1:])),
            allowed=AtMost(0.0),
            null=Mutant("narrower networks", as_widths(few, "train_least", "train_most")),
            mutants=[Mutant("test examples", exchanged("train_most", "test_most"))],
            reduce="max",
            **common,
        ),
        Claim(
            f"larger networks predict no worse, {data}",
            "Beyond the width that fits the error on test examples does not rise: no wider network is worse than a narrower "
            f"one, up to {widest} units, by more than 0.01, about two standard errors.",
            FIGURE,
            measure=rise,
            allowed=AtMost(0.01),
            null=Mutant("widths in the opposite order", as_widths(fitting[::-1], "test_mean")),
            mutants=[Mutant("the widest from a large start", as_family("large", widest, "test_mean"))],
            **common,
        ),
        Claim(
            f"larger networks predict better, {data}",
            f"With {widest} hidden units the error on test examples is lower than with {first}, where these fit, "
            f"by {parameters.least_gain:g} at least, at {widest // first} times the number of weights.",
            FIGURE,
            measure=lambda e: at(e, "test_mean", first) - at(e, "test_mean", widest),
            allowed=AtLeast(parameters.least_gain),
            null=Mutant("one width for all", as_widths(len(fitting) * [widest], "test_mean")),
            mutants=[Mutant("widths in the opposite order", as_widths(fitting[::-1], "test_mean"))],
            **common,
        ),
        Claim(
            f"larger weights predict worse, {data}",
            f"The same network of {widest} units from a start {parameters.large:g} times as large fits as well and predicts "
            "worse: test error higher by at least 0.01.",
            TITLE,
            measure=lambda e: at(e, "test_mean", widest, "large") - at(e, "test_mean", widest),
            allowed=AtLeast(0.01),
            null=Mutant("the usual start", lambda e: _copied(e, data, widest)),
            mutants=[Mutant("training errors", exchanged("test_mean", "train"))],
            **common,
        ),
        Claim(
            f"the path norm over the margin tells which predict better, {data}",
            "Over all networks that fit, of every width and from the large start, the path norm over the least margin orders "
            "them as the error on test examples does: rank correlation at least 0.6.",
            FIGURE,
            measure=told,
            allowed=AtLeast(0.6),
            null=Mutant("the number of weights", exchanged("path_margin", "parameters")),
            mutants=[
                Mutant("the norm of all weights", exchanged("path_margin", "l2")),
                Mutant("the margin alone", exchanged("path_margin", "margin")),
            ],
            **common,
        ),
        Claim(
            f"random labels need large weights, {data}",
            f"With {random} units random labels are fitted too; the path norm over the margin is then at least one and a half "
            "times what true labels need.",
            FIGURE,
            measure=lambda e: at(e, "path_margin", random, "random") / at(e, "path_margin", random),
            allowed=AtLeast(1.5),
            null=Mutant("true labels", as_family("random", random, "path_margin")),
            mutants=[Mutant("the number of weights", exchanged("path_margin", "parameters"))],
            **common,
        ),
    ]


def _copied(e: Evidence, data: str, widest: int) -> Evidence:
    usual = e.final("test_mean", family="widths", data=data, width=widest)
    return e.replaced(lambda r: {"test_mean": usual}, family="large", data=data, width=widest)
