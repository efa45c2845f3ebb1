"""`thalweg verify`."""

import typer

from thalweg.cli.carry_out import carry_out, command_line
from thalweg.cli.common import (
    FAILED,
    Jobs,
    Json,
    MaybeStudies,
    On,
    Quick,
    Seed,
    Seeds,
    Set,
    Shared,
    StoreFolder,
    explained,
    verdicts_of,
    write_json,
)


def verify(
    studies: MaybeStudies = None,
    quick: Quick = False,
    seeds: Seeds = None,
    seed: Seed = 0,
    settings: Set = None,
    jobs: Jobs = None,
    on: On = None,
    shared: Shared = None,
    store: StoreFolder = None,
    json: Json = None,
) -> None:
    """Check the claims of studies: exits with 1 unless every claim whose data are at hand ran and passed."""
    from rich.console import Console

    from thalweg.lab.plan import Plan
    from thalweg.lab.verified import expected
    from thalweg.report.verdicts import render
    from thalweg.studies.registry import MODULES

    with explained(json):
        plans = [Plan(name, quick, seed, seeds, tuple(settings or ())) for name in studies or MODULES]
        runs = carry_out(plans, store, jobs, command_line(), on, shared)
        if json is None or str(json) != "-":
            render(runs, Console())
        write_json(verdicts_of(runs), json)
        if not all(expected(one) for one in runs):
            raise typer.Exit(FAILED)
