r"""Formulas as MathML, made by docutils when the site is built: browsers set them without a script and without a network.

A formula that the converter does not know is a warning, and so fails a strict build.
"""

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_SPACE = "http://www.w3.org/1998/Math/MathML"
_ACCENTS = set("˙¨ˉˆ~˜→^¯")
_SIDE = r"(\{(?:[^{}]|\{[^{}]*\})*\}|\\[A-Za-z]+|\w)"
_FRACTION = re.compile(rf"\\[dt]?frac\s*{_SIDE}\s*{_SIDE}")
_ACCENT = re.compile(r"\\(dot|ddot|bar|hat|tilde|vec|widehat|widetilde)\s*(\\[A-Za-z]+|[A-Za-z])")
_FENCE = re.compile(r"\\([bB]ig{1,2})(?![A-Za-z])\s*(\\[|{}]|\\[A-Za-z]+|.)")


def mathml(formula: str, block: bool = False) -> str:
    r"""A formula of LaTeX as MathML.

    `\frac12`, `\dot u_r` and `\big(` are read as TeX reads them, which docutils does not; fences are as high as they are
    typed, and there is no room around the stroke of a fraction.

    Raises:
        MathError: a command that is not known.
    """
    formula = _FRACTION.sub(lambda m: rf"\frac{_braced(m[1])}{_braced(m[2])}", formula.replace(r"\texttt", r"\mathtt"))
    formula = _ACCENT.sub(r"\\\1{\2}", formula)
    formula = _FENCE.sub(lambda m: rf"\{m[1]}{'r' if m[2] in ')]}' else 'l'}{m[2]}", formula)
    try:
        made = tex2mathml(formula.strip(), as_block=block)
    except (MathError, AttributeError) as error:
        raise MathError(f"{error}: {formula}") from error
    return _tidied(made, fences=r"\left" not in formula)


def _tidied(made: str, fences: bool) -> str:
    """Indices beside what carries an accent rather than below it; no room around a stroke; fences as high as typed."""
    made = made.replace('<mo stretchy="false">/</mo>', '<mo stretchy="false" lspace="0" rspace="0">/</mo>')
    if fences:
        made = re.sub("<mo>([‖⟨⟩∣|])</mo>", r'<mo stretchy="false">\1</mo>', made)
    if "munderover" not in made:
        return made
    tree = ElementTree.fromstring(made.replace("&ApplyFunction;", "&#x2061;"))
    for node in list(tree.iter(f"{{{_SPACE}}}munderover")):
        base, index, over = node
        if over.text in _ACCENTS:
            node.tag = f"{{{_SPACE}}}msub"
            node[:] = [ElementTree.Element(f"{{{_SPACE}}}mover", {"accent": "true"}), index]
            node[0].extend([base, over])
    ElementTree.register_namespace("", _SPACE)
    return ElementTree.tostring(tree, encoding="unicode")


def _braced(text: str) -> str:
    return text if text.startswith("{") else f"{{{text}}}"


def _inline(self: Any, node: nodes.math) -> None:
    self.body.append(_made(node, block=False))
    raise nodes.SkipNode


def _displayed(self: Any, node: nodes.math_block) -> None:
    self.body.append(f'<div class="math-block">{_made(node, block=True)}</div>')
    raise nodes.SkipNode


def _made(node: nodes.Element, block: bool) -> str:
    try:
        return mathml(node.astext(), block)
    except MathError as error:
        from sphinx.util import logging

        logging.getLogger(__name__).warning("no MathML for the formula: %s", error, location=node, type="math")
        return ""


def setup(app: "Sphinx") -> dict[str, Any]:
    app.add_html_math_renderer("mathml", (_inline, None), (_displayed, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
