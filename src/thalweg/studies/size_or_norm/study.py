"""What the study of size and norm runs."""

import dataclasses
from collections.abc import Sequence

from thalweg.studies.claim import Source
from thalweg.studies.size_or_norm import work
from thalweg.studies.size_or_norm.claims import claims
from thalweg.studies.size_or_norm.pictures import plots, tables
from thalweg.studies.study import Case, Study, Work


@dataclasses.dataclass(frozen=True)
class Parameters:
    """Widths and the way of training as published, on fewer examples, which even small networks can fit.

    Arguments:
        data: `digits` (of scikit-learn), `mnist`; counts: of examples to train on, for each.
        widths: of the hidden layer, in increasing order.
        fitting: the width from which on networks can fit; narrower ones train for `few_epochs`.
        draws: of training examples and starts, for each of `data`; few: of those with random labels.
        rate, momentum, batch: of the descent; target: the loss at which it stops if no error is left;
            epochs: after which it does at last.
        large: the scale of the large start; random: the width that is trained on random labels.
        least_gain: by how much the error on test examples must fall from `fitting` to the widest.
    """

    data: tuple[str, ...] = ("digits", "mnist")
    counts: tuple[int, ...] = (400, 1000)
    widths: tuple[int, ...] = (2, 4, 8, 16, 32, 128, 512, 2048)
    fitting: int = 8
    draws: tuple[int, ...] = (10, 3)
    few: int = 3
    rate: float = 0.05
    momentum: float = 0.9
    batch: int = 100
    target: float = 0.01
    epochs: int = 2000
    few_epochs: int = 300
    large: float = 8.0
    random: int = 128
    least_gain: float = 0.03


def cases(parameters: Parameters, seeds: Sequence[int]) -> list[Case]:
    """Every width, the widest from a large start, and one width with random labels; for each kind of data and seed."""
    p, found = parameters, []
    for data in p.data[::-1]:
        for seed in seeds:
            found += [Case({"family": "large", "data": data, "width": p.widths[-1]}, seed)]
            found += [Case({"family": "widths", "data": data, "width": width}, seed) for width in p.widths[::-1]]
            found += [Case({"family": "random", "data": data, "width": p.random}, seed)]
    return found


def build(parameters: Parameters, case: Case, root: int) -> Work:
    """The work of a case; draws of training examples depend on root and seed alone, so that all widths meet the same.

    Raises:
        DataMissing: the digits or the images are not at hand.
        ValueError: widths that are not increasing, or without those that fit and that are trained on random labels.
    """
    p, at = parameters, case.coordinates
    if list(p.widths) != sorted(set(p.widths)) or not {p.fitting, p.random} <= set(p.widths):
        raise ValueError(f"widths must increase, with {p.fitting} and {p.random} among them; got {p.widths}")
    place = p.data.index(at["data"])
    work.pool(at["data"])
    settings = {"rate": p.rate, "momentum": p.momentum, "batch": p.batch, "target": p.target}
    return Work(
        work.fitted,
        {
            "key": (root, case.seed),
            "data": at["data"],
            "width": at["width"],
            "count": p.counts[place],
            "draws": p.few if at["family"] == "random" else p.draws[place],
            "scale": p.large if at["family"] == "large" else 1.0,
            "random": at["family"] == "random",
            "epochs": p.epochs if at["width"] >= p.fitting else p.few_epochs,
            **settings,
        },
    )


STUDY = Study(
    name="size-or-norm",
    title="The size of the weights and the size of the network",
    question="A network with hundreds of times as many weights as it needs to fit the data predicts no worse, but better. "
    "What tells how well it will predict, if not how many weights it has? How large they are, measured along paths.",
    sources=(
        Source("neyshabur2015search", "Figure 1"),
        Source("bartlett1998sample", "the title, as told in a talk on the geometry of optimization and learning"),
    ),
    parameters=Parameters(),
    quick=Parameters(
        data=("digits",),
        counts=(400,),
        widths=(4, 8, 16, 32, 128, 512),
        draws=(4,),
        few=1,
        epochs=1000,
        few_epochs=200,
        least_gain=0.01,
    ),
    cases=cases,
    build=build,
    claims=claims,
    plots=plots,
    tables=tables,
    seeds=(3, 1),
    cost="full: about two and a half minutes on two cores; quick: about five seconds",
)
