"""The script that makes pages from the code, loaded from `tools/`, which is no package."""

import importlib.util
from types import ModuleType

from gates.source import REPOSITORY


def make_docs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_docs", REPOSITORY / "tools" / "make_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
