"""One page about one thing: a lead, tables, pictures, provenance; in the dress of the report."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup
from plotly.offline import get_plotlyjs

from thalweg import __version__
from thalweg._references import reference
from thalweg.drawing import palette
from thalweg.drawing.plot import Plot, Table
from thalweg.drawing.plotly_figures import points_for
from thalweg.report.html import drawn_plot, environment, shown_table


def single_page(
    title: str,
    lead: str,
    *,
    notes: Sequence[str] = (),
    tables: Sequence[Table] = (),
    plots: Sequence[Plot] = (),
    facts: Mapping[str, str] | None = None,
    command: str = "",
    references: Sequence[str] = (),
) -> str:
    """The page as HTML, with style, script and data in it: it opens from disk with the network cut.

    Arguments:
        title, lead, notes: in words; formulas stand between dollars.
        tables, plots: as the studies have them.
        facts: what it was made of, by name.
        command: the command line that makes it again.
        references: keys of the bibliography.

    Examples:
        >>> from thalweg.report.single_page import single_page
        >>> "<h1>A page</h1>" in single_page("A page", "What it says.")
        True
    """
    points = points_for(list(plots))
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            version=__version__,
            title=title,
            lead=lead,
            notes=notes,
            tables=[shown_table(table) for table in tables],
            plots=[drawn_plot("page", plot.name, plot, points) for plot in plots],
            facts=facts or {},
            command=command,
            references=[str(reference(key)) for key in references],
            light=palette.LIGHT,
            dark=palette.DARK,
            plotly=Markup(get_plotlyjs()) if any(plot.panels for plot in plots) else "",
        )
    )
