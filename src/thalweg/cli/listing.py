"""`thalweg list`."""

from thalweg.cli.common import Json, explained, write_json


def listing(json: Json = None) -> None:
    """List the studies: what each reproduces and what it costs."""
    from rich.console import Console
    from rich.table import Table

    from thalweg.studies.registry import MODULES, study

    with explained(json):
        found = [study(name) for name in MODULES]
        table = Table(box=None, pad_edge=False)
        table.add_column("study", no_wrap=True)
        for title in ("about", "source", "cost"):
            table.add_column(title)
        for one in found:
            table.add_row(one.name, one.title, str(one.sources[0]), one.cost)
        if json is None or str(json) != "-":
            Console().print(table)
        described = [
            {
                "study": one.name,
                "title": one.title,
                "question": one.question,
                "cost": one.cost,
                "sources": [str(source) for source in one.sources],
            }
            for one in found
        ]
        write_json(described, json)
