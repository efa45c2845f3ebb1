"""What is where: the tree of pages, kept here rather than in the pages, so that these stay plain Markdown on a forge."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


CONTENTS: dict[str, list[str]] = {
    "index": ["learn", "howto", "studies", "background", "api", "project"],
    "learn": ["explorer", "learn/tutorial", "learn/theory_overlay", "learn/depth_and_scale"],
    "howto": [
        "howto/own_problem",
        "howto/follow",
        "howto/resume",
        "howto/sweep",
        "howto/cluster",
        "howto/lay_theory",
        "howto/notebooks",
        "howto/complete",
        "estimators",
        "extend",
    ],
    "background": ["words", "linear_networks", "geometry_of_bias", "errata", "limits", "sources"],
    "api": ["cli"],
    "project": ["performance", "reproducibility", "decisions", "reference/changes"],
}
"""Below each page those that stand under it; the reference of the public names (`reference.py`) adds its own below `api`."""


def _with_tree(app: "Sphinx", docname: str, source: list[str]) -> None:
    below = [*CONTENTS.get(docname, []), *app.config.thalweg_below.get(docname, [])]
    if below:
        source[0] += "\n".join(["\n\n```{toctree}", ":hidden:", "", *below, "```", ""])


def setup(app: "Sphinx") -> dict[str, Any]:
    app.add_config_value("thalweg_below", {}, "env")
    app.connect("source-read", _with_tree)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
