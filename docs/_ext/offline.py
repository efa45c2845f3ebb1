"""The site is read from disk with the network cut: a page that would load anything from elsewhere fails the build."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


_LOADED = re.compile(
    r"""<(?:script|img|iframe|source|video|embed)\b[^>]*?\bsrc=["']((?:https?:)?//[^"']+)|"""
    r"""<link\b(?=[^>]*\brel=["'](?:stylesheet|preload|icon|modulepreload))[^>]*?\bhref=["']((?:https?:)?//[^"']+)|"""
    r"""@import\s+(?:url\()?["']?((?:https?:)?//[^"')]+)""",
    re.IGNORECASE,
)


def loaded(text: str) -> list[str]:
    """Addresses outside the site that a page or a style sheet loads when it is opened; links to follow are none."""
    return [next(filter(None, found)) for found in _LOADED.findall(text)]


def _checked(app: "Sphinx", error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    pages = [path for kind in ("html", "css") for path in sorted(Path(app.outdir).rglob(f"*.{kind}"))]
    found = [f"{path.relative_to(app.outdir)} loads {one}" for path in pages for one in loaded(path.read_text("utf-8"))]
    if found:
        from sphinx.errors import ExtensionError

        raise ExtensionError("the site must be read with the network cut: " + "; ".join(found[:5]))


def setup(app: "Sphinx") -> dict[str, Any]:
    app.connect("build-finished", _checked)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
