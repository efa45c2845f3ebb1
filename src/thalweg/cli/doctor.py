"""`thalweg doctor`."""

import os

import typer

from thalweg.cli.common import FAILED, Json, StoreFolder, explained, write_json


def doctor(store: StoreFolder = None, json: Json = None) -> None:
    """Say what Thalweg finds here: versions, devices, precision, data and store; exits with 1 where something is wrong."""
    from rich.console import Console
    from rich.table import Table

    from thalweg.lab.doctor import examine

    with explained(json):
        findings = examine(store, dict(os.environ))
        if json is None or str(json) != "-":
            table = Table("what", "found", "", box=None, pad_edge=False)
            for finding in findings:
                table.add_row(finding.what, finding.found, "ok" if finding.well else "attention")
            Console().print(table)
        write_json([{"what": f.what, "found": f.found, "well": f.well} for f in findings], json)
        if not all(finding.well for finding in findings):
            raise typer.Exit(FAILED)
