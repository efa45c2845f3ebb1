"""Verdicts, pictures and tables of studies that were carried out: for the terminal, the screen and paper."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from thalweg.report.verdicts import render as render
    from thalweg.report.verdicts import verdicts_json as verdicts_json
    from thalweg.report.write import ReportNotWritten as ReportNotWritten
    from thalweg.report.write import write_report as write_report

_HOMES = {
    "write_report": "thalweg.report.write",
    "ReportNotWritten": "thalweg.report.write",
    "render": "thalweg.report.verdicts",
    "verdicts_json": "thalweg.report.verdicts",
}


def __getattr__(name: str) -> Any:
    """Names on first use: who prints verdicts should not wait for the drawing libraries."""
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
