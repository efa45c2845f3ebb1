"""`thalweg run`."""

import typer

from thalweg.cli.carry_out import carry_out, command_line
from thalweg.cli.common import (
    FAILED,
    Jobs,
    Json,
    On,
    Quick,
    Seed,
    Seeds,
    Set,
    Shared,
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
    on: On = None,
    shared: Shared = None,
    store: StoreFolder = None,
    json: Json = None,
) -> None:
    """Run studies, or what the store does not have of them, and print the verdict on each claim.

    Exits with 1 if a claim or a run fails.
    """
    from rich.console import Console

    from thalweg.lab.plan import Plan
    from thalweg.report.verdicts import render

    with explained(json):
        plans = [Plan(name, quick, seed, seeds, tuple(settings or ())) for name in studies]
        runs = carry_out(plans, store, jobs, command_line(), on, shared)
        if json is None or str(json) != "-":
            render(runs, Console())
        write_json(verdicts_of(runs), json)
        failed = any(verdict.verdict == "fail" for one in runs for verdict in one.verdicts)
        if failed or any(not missing.no_data for one in runs for missing in one.missing):
            raise typer.Exit(FAILED)
