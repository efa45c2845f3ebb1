"""`thalweg show`."""

from typing import Annotated

import typer

from thalweg.cli.common import Json, Quick, Set, explained, write_json


def show(
    study: Annotated[str, typer.Argument(help="The name of a study (see `thalweg list`), or a Python file that defines one.")],
    quick: Quick = False,
    settings: Set = None,
    json: Json = None,
) -> None:
    """Show what a study runs, with which parameters, and what it claims."""
    from rich.console import Console
    from rich.table import Table

    from thalweg.lab.plan import Plan
    from thalweg.trajectory.provenance import describe

    with explained(json):
        found, parameters, seeds = Plan(study, quick, settings=tuple(settings or ())).resolved()
        cases = found.cases(parameters, seeds)
        claims = found.claims(parameters)
        if json is None or str(json) != "-":
            console = Console()
            console.print(f"[bold]{found.title}[/bold]\n{found.question}\n", highlight=False)
            console.print(f"runs: {len(cases)}, over {len(seeds)} instances; {found.cost}\n", highlight=False)
            settable = Table("parameter", "value", box=None, pad_edge=False)
            for name, value in _flat(describe(parameters)):
                settable.add_row(name, str(value))
            console.print(settable)
            table = Table("claim", "grade", "published", "allowed", "fails on", box=None, pad_edge=False)
            for claim in claims:
                wrong = "; ".join([claim.null.what, *(mutant.what for mutant in claim.mutants)])
                table.add_row(claim.sentence, claim.grade, claim.published or "", str(claim.allowed), wrong)
            console.print()
            console.print(table)
        described = {
            "study": found.name,
            "title": found.title,
            "question": found.question,
            "runs": len(cases),
            "seeds": len(seeds),
            "parameters": dict(_flat(describe(parameters))),
            "claims": [
                {
                    "claim": c.name,
                    "sentence": c.sentence,
                    "grade": c.grade,
                    "source": str(c.source),
                    "published": c.published,
                    "allowed": str(c.allowed),
                    "null": c.null.what,
                    "mutants": [m.what for m in c.mutants],
                }
                for c in claims
            ],
        }
        write_json(described, json)


def _flat(described: dict, prefix: str = "") -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = []
    for name, value in described.items():
        if name == "class":
            continue
        rows += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(prefix + name, value)]
    return rows
