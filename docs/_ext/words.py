"""The headings of the page of words are terms: `{term}` leads to them from notebooks and docstrings."""

from typing import TYPE_CHECKING, Any

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PAGE = "words"


def _noted(app: "Sphinx", doctree: nodes.document) -> None:
    if app.env.docname != PAGE:
        return
    domain = app.env.get_domain("std")
    for section in doctree.findall(nodes.section):
        title = section.next_node(nodes.title)
        if title is not None and not isinstance(section.parent, nodes.document):
            domain.note_object("term", title.astext().lower(), section["ids"][0], location=section)


def setup(app: "Sphinx") -> dict[str, Any]:
    app.connect("doctree-read", _noted)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
