"""`thalweg run`."""

import typer

from thalweg.cli.carry_out import carry_out, command_line
from thalweg.cli.common import (
    FAILED,
    Jobs,
    Json,
    Quick,
    Seed,
    Seeds,
    Set,
    StoreFolder,
    Studies,
    explained,
    verdicts_of,
    write_json,
)


def run(
    studies: Studies,
    quick: Quick = False,
    seeds: Seeds = None,
    seed: Seed = 0,
    settings: Set = None,
    jobs: Jobs = None,
    store: StoreFolder = None,
    json: Json = None,
) -> None:
    """Run studies, or what the store does not have of them, and print the verdict on each claim; exits with 1 if one fails."""
    from rich.console import Console

    from thalweg.lab.plan import Plan
    from thalweg.report.verdicts import render

    with explained():
        plans = [Plan(name, quick, seed, seeds, tuple(settings or ())) for name in studies]
        runs = carry_out(plans, store, jobs, command_line())
        if json is None or str(json) != "-":
            render(runs, Console())
        write_json(verdicts_of(runs), json)
        if any(verdict.verdict == "fail" for one in runs for verdict in one.verdicts):
            raise typer.Exit(FAILED)
