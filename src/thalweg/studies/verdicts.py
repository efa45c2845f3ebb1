"""Verdicts of a study together: counted, as a table in a notebook, as a data frame, and as LaTeX."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from thalweg._references import Reference, UnknownReference, reference
from thalweg._shown import headed, table
from thalweg.drawing.latex import environment, mark, number_text, row
from thalweg.drawing.markup import as_latex, as_text
from thalweg.drawing.numbers import digits_of, interval, number
from thalweg.studies.claim import Verdict


class Verdicts(list[Verdict]):
    """The verdicts of a study, in the order of its claims: a list that shows itself.

    Examples:
        >>> from thalweg.studies.verdicts import Verdicts
        >>> Verdicts()
        <Verdicts: no claims>
    """

    def __repr__(self) -> str:
        return f"<Verdicts: {counted(self)}>"

    def _repr_html_(self) -> str:
        rows = [
            (
                verdict.verdict,
                as_text(verdict.sentence),
                verdict.published or "",
                number(verdict.measured, "text", digits=digits_of(verdict.measured, verdict.published)),
                verdict.allowed,
                f"{short_source(verdict.source)}; {verdict.grade}",
                verdict.reason,
            )
            for verdict in self
        ]
        return headed(counted(self), table(["verdict", "claim", "published", "measured", "allowed", "source", "reason"], rows))

    def to_dataframe(self) -> Any:
        """A pandas data frame: a row for each claim, named by it; margins of mutants as the number caught and the number tried.

        Examples:
            >>> from thalweg.studies.verdicts import Verdicts
            >>> Verdicts().to_dataframe().empty
            True
        """
        import pandas as pd

        rows = []
        for verdict in self:
            found, tried = caught(verdict)
            one = verdict.as_json() | {"seeds": len(verdict.seeds), "mutants_caught": found, "mutants": tried}
            rows.append(one | {"null_fails": null_fails(verdict)})
        return pd.DataFrame(rows).set_index("claim") if rows else pd.DataFrame()

    def to_latex(self, caption: str = "Verdicts.", label: str = "tab:verdicts") -> str:
        r"""A table with booktabs rules; why a claim did not pass stands in the notes beneath.

        Examples:
            >>> from thalweg.studies.verdicts import Verdicts
            >>> r"\toprule" in Verdicts().to_latex()
            True
        """
        notes: list[str] = []
        lines = []
        for verdict in self:
            word = as_latex(verdict.verdict)
            if verdict.reason:
                word += mark(notes, as_latex(verdict.reason))
            digits = digits_of(verdict.measured, verdict.published)
            around = interval(verdict.low, verdict.high, "latex", digits) if len(verdict.seeds) > 1 else ""
            measured = number(verdict.measured, "latex", digits=digits) + (rf" {{\footnotesize {around}}}" if around else "")
            null = {True: "fails", False: "passes", None: "--"}[null_fails(verdict)]
            found, mutants = caught(verdict)
            lines.append(
                row(
                    [
                        f"{as_latex(verdict.sentence)} ({as_latex(short_source(verdict.source))}; {verdict.grade})",
                        number_text(verdict.published) if verdict.published else "--",
                        measured,
                        number_text(verdict.allowed),
                        number(verdict.margin, "latex", sign=True),
                        f"{null}, {found}/{mutants}",
                        word,
                    ]
                )
            )
        header = ["claim", "published", "measured", "allowed", "margin", "null, mutants caught", "verdict"]
        columns = r"p{.32\linewidth}p{.12\linewidth}p{.16\linewidth}p{.1\linewidth}rll"
        return environment(caption, label, columns, header, lines, notes)


def counted(verdicts: Sequence[Verdict]) -> str:
    """How many claims there are and what they came to.

    Examples:
        >>> from thalweg.studies.verdicts import counted
        >>> counted([])
        'no claims'
    """
    if not verdicts:
        return "no claims"
    table = Counter(verdict.verdict for verdict in verdicts)
    order = [name for name in ("pass", "fail", "inconclusive", "not run") if table[name]]
    total = len(verdicts)
    return f"{total} claim{'s' if total != 1 else ''}: " + ", ".join(f"{table[name]} {name}" for name in order)


def caught(verdict: Verdict) -> tuple[int, int]:
    """How many mutants failed, as they must, and how many there are; a margin that is no number is no pass."""
    return sum(not margin >= 0 for margin in verdict.mutants.values()), len(verdict.mutants)


def null_fails(verdict: Verdict) -> bool | None:
    """Whether the trivial run failed, as it must; None where it was not tried."""
    return None if verdict.null_margin is None else not verdict.null_margin >= 0


def short_source(text: str) -> str:
    """`key, locator` with the key as authors and year; a key that the bibliography lacks stays as it is.

    Examples:
        >>> from thalweg.studies.verdicts import short_source
        >>> short_source("candes2009exact, theorem 1.1")
        'Candès and Recht (2009), theorem 1.1'
    """
    key, comma, locator = text.partition(", ")
    found = known(key)
    if found is None:
        return text
    names = [name.split()[-1] for name in found.authors]
    who = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
    return f"{who} ({found.year}){comma}{locator}"


def known(key: str) -> Reference | None:
    """What the bibliography has of a key; None where it has nothing."""
    try:
        return reference(key)
    except UnknownReference:
        return None
