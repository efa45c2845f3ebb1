"""The application: its commands, and what happens to errors on their way out."""

import sys

import typer

from thalweg.cli.cite import cite
from thalweg.cli.complete import complete
from thalweg.cli.doctor import doctor
from thalweg.cli.explore import explore
from thalweg.cli.export import export
from thalweg.cli.listing import listing
from thalweg.cli.report import report
from thalweg.cli.run import run
from thalweg.cli.show import show
from thalweg.cli.verify import verify

app = typer.Typer(
    name="thalweg",
    help="A laboratory for the paths that gradient descent takes: run published studies, and see whether they hold.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("list")(listing)
app.command("show")(show)
app.command("run")(run)
app.command("verify")(verify)
app.command("report")(report)
app.command("export")(export)
app.command("complete")(complete)
app.command("cite")(cite)
app.command("explore")(explore)
app.command("doctor")(doctor)


def main() -> None:
    """The entry point of the command `thalweg`."""
    try:
        app()
    except KeyboardInterrupt:
        print("interrupted; what was done is kept", file=sys.stderr)
        sys.exit(130)
