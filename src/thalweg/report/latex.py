"""The tables of studies that were carried out, as LaTeX."""

from thalweg.drawing.latex import check_shape as check_shape
from thalweg.drawing.latex import table_to_latex as table_to_latex
from thalweg.lab.finished import StudyRun


def verdicts_to_latex(run: StudyRun, label: str | None = None) -> str:
    """The verdicts of a study as a table; why a claim did not pass stands in the notes beneath."""
    return run.to_latex(label)
