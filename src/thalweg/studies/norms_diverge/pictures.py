"""Pictures and tables of the completion in which norms diverge."""

from typing import Any

import numpy as np

from thalweg.drawing.plot import Cell, Line, Panel, Plot, Rule, Table
from thalweg.studies.evidence import Evidence, over_seeds
from thalweg.studies.norms_diverge.claims import PRINTED
from thalweg.studies.norms_diverge.work import LOSSES
from thalweg.theory import unseen_entry_bound


def plots(parameters: Any, evidence: Evidence) -> list[Plot]:
    """The unseen entry and the effective rank against the loss."""
    results = evidence.select(family="paths")
    if not results:
        return []
    record = results[0].record()
    loss = record.loss.values
    entries, ranks = [], []
    for group, depth in enumerate(parameters.depths):
        for sign, style in (("positive", "solid"), ("negative", "dot")):
            label = f"depth {depth}, {sign}"
            entries.append(Line(loss, record[f"entry_{sign}_{depth}"].values, label, group, style=style))
            ranks.append(Line(loss, record[f"rank_{sign}_{depth}"].values, label, group, style=style))
    entries.append(Line(loss[loss < 0.3], unseen_entry_bound(loss[loss < 0.3]), "bound", 6, style="dash"))
    entries.append(Line(np.array(LOSSES), np.array(PRINTED), "published, depth 3", 7, style="dot", markers=True))
    return [
        Plot(
            "entry",
            "The unseen entry grows while the loss falls",
            "Completion of [[?, 1], [1, 0]] by products from balanced random starts, read from right to left. Where the "
            "determinant is positive at the start fitting drives the unseen entry along 1/sqrt(2 loss) to infinity, and with it "
            "every norm; where it is negative the entry stops. The three depths lie on the bound. Dots: read off the published "
            "figure.",
            [Panel("unseen entry", "loss", "size of the entry", entries, x_scale="log", y_scale="log")],
        ),
        Plot(
            "rank",
            "The effective rank goes to one",
            "On the same paths: where norms diverge the effective rank goes to 1, the least possible. Norms do not explain "
            "what the flow prefers here; rank does.",
            [Panel("effective rank", "loss", "effective rank", ranks, [Rule(1.0, "rank one")], x_scale="log")],
        ),
    ]


def tables(parameters: Any, evidence: Evidence) -> list[Table]:
    """The unseen entry at the published losses by depth and sign, and the signs of random starts."""
    found = []
    if results := evidence.select(family="paths"):
        rows: list[list[Cell | str]] = []
        for sign in ("positive", "negative"):
            for depth in parameters.depths:
                cells: list[Cell | str] = []
                for loss, printed in zip(LOSSES, PRINTED, strict=True):
                    numbers = over_seeds([float(r.finals[f"at_{loss:g}_{sign}_{depth}"]) for r in results])
                    cells.append(Cell(*numbers, published=f"{printed:g}" if (sign, depth) == ("positive", 3) else None))
                for name in ("ratio", "rank"):
                    cells.append(Cell(*over_seeds([float(r.finals[f"{name}_{sign}_{depth}"]) for r in results])))
                rows.append([f"{sign} determinant, depth {depth}", *cells])
        bounds: list[Cell | str] = [Cell(float(unseen_entry_bound(loss))) for loss in LOSSES]
        rows.append(["bound", *bounds, Cell(float(np.sqrt(0.5))), ""])
        found.append(
            Table(
                "entry",
                "The unseen entry",
                "Its size at three losses, the product of size and root of the loss at the end, and the effective rank there: "
                "median over random starts with the least and the largest, the published value beside.",
                ["start", *(f"loss {loss:g}" for loss in LOSSES), "|w11| sqrt(loss)", "effective rank"],
                rows,
            )
        )
    if results := evidence.select(family="signs"):
        names = {
            "share": "Gaussian products with positive determinant",
            "changed_balanced": "balanced factors that change its sign",
            "changed_unbalanced": "factors out of balance that do",
            "saturated": "of them, positive at the start and then levelling off",
        }
        rows = [[words, Cell(*over_seeds([float(r.finals[name]) for r in results]))] for name, words in names.items()]
        found.append(
            Table(
                "signs",
                "Signs of determinants",
                "Shares of random starts. Balanced factors keep the sign and so the fate of their start; others may change it, "
                "and then the entry stops growing, as one of the published curves does.",
                ["", "share"],
                rows,
            )
        )
    return found
