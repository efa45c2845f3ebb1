"""Scripts of `tools/`, which is no package."""

import importlib.util
from types import ModuleType

from gates.source import REPOSITORY


def make_docs() -> ModuleType:
    return tool("make_docs")


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, REPOSITORY / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
