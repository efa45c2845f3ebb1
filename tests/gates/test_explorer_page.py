"""The explorer's page is small, its own, and safe: no code from elsewhere, none from text, no dead module, and types that fit."""

import re
import sys
from pathlib import Path

import pytest

from gates.made import tool
from gates.source import PACKAGE, TESTS, Report, plant

PAGE = PACKAGE / "explorer" / "page"
KINDS = {".js", ".css", ".html", ".svg", ".json"}
LINES, BYTES, WIDTH = 300, 160_000, 420
"""The most lines of a script, bytes of all files, and letters of a line of a script: what is minified is from elsewhere."""
FROM_TEXT = re.compile(
    r"\b(?:eval|Function|execScript)\s*\(|\bset(?:Timeout|Interval)\(\s*[\"'`]|\b(?:inner|outer)HTML\b|\binsertAdjacentHTML\b"
    r"|\bdocument\.write|\bcreateContextualFragment\b|\bsetHTMLUnsafe\b|\bjavascript:|\bimport\s*\("
)
NAMED = {("studies.js", "innerHTML"): 1}
"""The only place that makes elements of text: what the server has typeset and escaped."""
ELSEWHERE = re.compile(
    r"https?://(?!www\.w3\.org/2000/svg\b)\S+|@license|\bcopyright\b|\bnode_modules\b|sourceMappingURL", re.IGNORECASE
)
INLINE = re.compile(r"<script(?![^>]*\ssrc=)|<style|\s(?:on\w+|style)=", re.IGNORECASE)
IMPORT = re.compile(r"^import\s+(?:\{([^}]*)\}\s+from\s+)?\"([^\"]+)\"", re.MULTILINE)
EXPORT = re.compile(r"^export (?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)


def faults_of_page(page: Path, tests: str) -> Report:
    """What the files of a page must not be; `tests` is text that may use what no script does."""
    report = Report()
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(page.iterdir()) if path.is_file()}
    imported: dict[str, set[str]] = {}
    for name, text in texts.items():
        report.visited += 1
        lines = text.splitlines()
        if Path(name).suffix not in KINDS:
            report.violations.append(f"{name}: no file of a page")
        if name.endswith(".js") and len(lines) > LINES:
            report.violations.append(f"{name}: {len(lines)} lines, and {LINES} are the most")
        found: dict[str, int] = {}
        for number, line in enumerate(lines, start=1):
            if name.endswith(".js") and len(line) > WIDTH:
                report.violations.append(f"{name}:{number}: {len(line)} letters in a line")
            report.violations += [f"{name}:{number}: from elsewhere, {one[0]!r}" for one in ELSEWHERE.finditer(line)]
            if name.endswith(".html"):
                report.violations += [f"{name}:{number}: inline, {one[0].strip()!r}" for one in INLINE.finditer(line)]
            for one in FROM_TEXT.finditer(line):
                found[one[0]] = found.get(one[0], 0) + 1
                if found[one[0]] > NAMED.get((name, one[0]), 0):
                    report.violations.append(f"{name}:{number}: code or elements from text, {one[0]!r}")
        for names, source in IMPORT.findall(text):
            if not source.startswith("/page/") or source.removeprefix("/page/") not in texts:
                report.violations.append(f"{name}: imports {source!r}, which is no script of the page")
            imported.setdefault(source.removeprefix("/page/"), set()).update(re.findall(r"\w+", names))
    for name, text in texts.items():
        if not name.endswith(".js"):
            continue
        if name not in imported and f'src="/page/{name}"' not in texts.get("index.html", ""):
            report.violations.append(f"{name}: nothing imports it")
        for one in EXPORT.findall(text):
            if one not in imported.get(name, set()) and not re.search(rf"\b{one}\b", tests):
                report.violations.append(f"{name}: nothing imports {one}")
    if (size := sum(len(text.encode()) for text in texts.values())) > BYTES:
        report.violations.append(f"{size} bytes in all, and {BYTES} are the most")
    return report


def test_the_page_is_small_and_its_own():
    tests = "\n".join(path.read_text(encoding="utf-8") for path in sorted((TESTS / "explorer").glob("*.py")))
    faults_of_page(PAGE, tests).check(least=15, things="files of the page")


SOUND = {
    "index.html": '<script type="module" src="/page/main.js"></script>\n<p class="a">One</p>',
    "main.js": 'import { one } from "/page/other.js";\none("http://www.w3.org/2000/svg");\n',
    "other.js": "export function one() {}\nexport const two = 2;\n",
    "studies.js": "export function set(one, html) {\n  one.innerHTML = html;\n}\n",
}


def test_a_sound_page_passes_and_each_fault_is_found(tmp_path: Path):
    sound = {**SOUND, "main.js": SOUND["main.js"] + 'import { set } from "/page/studies.js";\n'}
    assert faults_of_page(plant(tmp_path / "sound", sound), "other.two").violations == []
    faults = {
        "main.js": {
            'import { x } from "lodash";\n': "imports 'lodash'",
            'const a = eval("1");\n': "from text, 'eval('",
            'new Function("a");\n': "from text, 'Function('",
            'setTimeout("go()", 1);\n': "from text",
            'x.innerHTML = "";\n': "from text, 'innerHTML'",
            'await import("/page/other.js");\n': "from text, 'import('",
            'fetch("https://example.org/a.js");\n': "from elsewhere",
            "/*! @license MIT */\n": "from elsewhere",
            "a();\n" * 300: "lines, and 300 are the most",
            f"{'a;' * 300}\n": "letters in a line",
            f"{'a = 1;' * 60}\n" * 500: "bytes in all",
        },
        "studies.js": {"function more(one) {\n  one.innerHTML = 1;\n}\n": "studies.js:5: code or elements from text"},
        "other.js": {"export const three = 3;\n": "nothing imports three"},
        "index.html": {"<script>a()</script>": "inline", '<p onclick="a()">': "inline", '<p style="color: red">': "inline"},
        "dead.js": {"": "dead.js: nothing imports it"},
        "blob.wasm": {"": "no file of a page"},
    }
    count = 0
    for name, ones in faults.items():
        for text, said in ones.items():
            count += 1
            page = plant(tmp_path / str(count), {**sound, name: sound.get(name, "") + text})
            violations = faults_of_page(page, "other.two").violations
            assert any(said in one for one in violations), (said, violations)
    assert count == 18


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("npm error code ECONNREFUSED\nnpm error syscall connect", "ECONNREFUSED"),
        ("npm ERR! code ENOTFOUND", "ENOTFOUND"),
        ("npm error code EAI_AGAIN", "EAI_AGAIN"),
        ("npm error code E404", "E404"),
        ("npm error code E503", "E503"),
        ("npm error code SELF_SIGNED_CERT_IN_CHAIN", "SELF_SIGNED_CERT_IN_CHAIN"),
        ("npm error code ETARGET\nnpm error notarget No matching version", None),
        ("npm error code EINTEGRITY", None),
        ("npm error code ENOSPC", None),
        ("Segmentation fault", None),
    ],
)
def test_only_a_registry_that_does_not_answer_excuses(said: str, code: str | None):
    assert tool("check_page").unreachable(said) == code


def test_the_compiler_is_installed_whole_or_refused(tmp_path: Path):
    check_page, place = tool("check_page"), tmp_path / "environment" / "compiler"

    def npm(script: str) -> list[str]:
        return [sys.executable, "-c", script]

    assert check_page.install(npm("import sys; sys.exit('npm error code ECONNREFUSED')"), place) == "ECONNREFUSED"
    with pytest.raises(SystemExit, match="could not be installed:\nnpm error code ETARGET"):
        check_page.install(npm("import sys; sys.exit('npm error code ETARGET')"), place)
    assert list(place.parent.iterdir()) == []
    makes = (
        "import pathlib, sys; made = pathlib.Path(sys.argv[sys.argv.index('--prefix') + 1]); "
        "(made / 'node_modules' / 'typescript' / 'lib').mkdir(parents=True)"
    )
    assert check_page.install(npm(makes), place) is None
    assert [one.name for one in place.parent.iterdir()] == ["compiler"]
    assert [one.name for one in place.iterdir()] == ["lib"]
