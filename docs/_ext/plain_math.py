r"""Formulas as MathML, made by docutils when the site is built: browsers set them without a script and without a network.

A formula that the converter does not know is a warning, and so fails a strict build.
"""

import re
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
_SIDE = r"(\{(?:[^{}]|\{[^{}]*\})*\}|\\[A-Za-z]+|\w)"
_FRACTION = re.compile(rf"\\[dt]?frac\s*{_SIDE}\s*{_SIDE}")
_FENCE = re.compile(r"\\([bB]ig{1,2})(?![A-Za-z])\s*(\\[|{}]|\\[A-Za-z]+|.)")


def mathml(formula: str, block: bool = False) -> str:
    r"""A formula of LaTeX as MathML; `\frac12` and `\big(` are read as TeX reads them, which docutils does not.

    Raises:
        MathError: a command that is not known.
    """
    formula = _FRACTION.sub(lambda m: rf"\frac{_braced(m[1])}{_braced(m[2])}", formula.replace(r"\texttt", r"\mathtt"))
    formula = _FENCE.sub(lambda m: rf"\{m[1]}{'r' if m[2] in ')]}' else 'l'}{m[2]}", formula)
    try:
        return tex2mathml(formula.strip(), as_block=block)
    except (MathError, AttributeError) as error:
        raise MathError(f"{error}: {formula}") from error


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
        LOGGER.warning("no MathML for the formula: %s", error, location=node, type="math")
        return ""


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_html_math_renderer("mathml", (_inline, None), (_displayed, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
