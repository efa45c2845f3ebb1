r"""The little mathematics of sentences and captions, `$\sigma_1 \le 2$`, in HTML, plain text and LaTeX."""

import html
import re
import textwrap
from collections.abc import Callable

_MATH = re.compile(r"\$([^$\n]+)\$")
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[{}_^]|.", re.DOTALL)
_NAMED = """
alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ kappa κ lambda λ mu μ nu ν xi ξ pi π rho ρ
sigma σ tau τ phi φ varphi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Sigma Σ Phi Φ Psi Ψ Omega Ω
times × cdot · le ≤ leq ≤ ge ≥ geq ≥ ne ≠ neq ≠ approx ≈ sim ~ to → rightarrow → infty ∞ ell ℓ sum ∑ prod ∏
int ∫ partial ∂ nabla ∇ pm ± in ∈ top ⊤ dots … ldots … cdots … Vert ‖ lVert ‖ rVert ‖ vert | langle ⟨ rangle ⟩
propto ∝ sqrt √ dagger †
"""
SYMBOLS = dict(re.findall(r"(\w+) (\S)", _NAMED))
_SILENT = {"left", "right", "mathrm", "mathbf", "mathcal", "text", "operatorname", "big", "Big", "displaystyle"}
_ACCENTS = {"dot": "\u0307", "ddot": "\u0308", "hat": "\u0302", "bar": "\u0304", "tilde": "\u0303"}
_SPACES = {",": "\u2009", ";": " ", " ": " ", "!": "", "quad": " ", ":": " "}
_SPECIALS = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "–": "--", "—": "---", "…": r"\dots{}", "−": "$-$", "\u00a0": "~",
}  # fmt: skip
_SIGNS = {sign: f"$\\{name}$" for name, sign in reversed(SYMBOLS.items()) if sign not in "~|…√"} | {"√": r"$\surd$"}


def as_html(text: str) -> str:
    """Escaped HTML, with formulas in italics, their indices lowered and their exponents raised.

    Examples:
        >>> from thalweg.drawing.markup import as_html
        >>> as_html(r"$W_N$ and $\\sigma_1^{2-2/N}$ for a < b")
        '<i>W</i><sub><i>N</i></sub> and σ<sub>1</sub><sup>2−2/<i>N</i></sup> for a &lt; b'
    """
    return _split(text, lambda part: html.escape(part, quote=False), lambda part: _formula(part, _tags))


def as_text(text: str) -> str:
    """Plain text: the formulas in Unicode.

    Examples:
        >>> from thalweg.drawing.markup import as_text
        >>> as_text(r"the error is $\\le 10^{-4}$")
        'the error is ≤ 10^(-4)'
    """
    return _split(text, str, lambda part: _formula(part, _plain))


def as_latex(text: str) -> str:
    """LaTeX: everything that is special there escaped, the formulas as they are.

    Examples:
        >>> from thalweg.drawing.markup import as_latex
        >>> print(as_latex(r"50% of $W_1$ & x_1"))
        50\\% of $W_1$ \\& x\\_1
    """
    return _split(text, _escaped, lambda part: f"${part}$")


def wrapped(text: str, width: int) -> list[str]:
    r"""The lines of a text that is wrapped at a width, formulas kept whole.

    Examples:
        >>> from thalweg.drawing.markup import wrapped
        >>> wrapped(r"velocity $\sigma + 1$ over time", 16)
        ['velocity', '$\\sigma + 1$', 'over time']
    """
    whole = _MATH.sub(lambda match: match[0].replace(" ", "\0"), text)
    lines = textwrap.wrap(whole, width, break_on_hyphens=False, break_long_words=whole == text)
    return [line.replace("\0", " ") for line in lines]


def _escaped(part: str) -> str:
    return "".join(_SPECIALS.get(sign) or _SIGNS.get(sign, sign) for sign in " ".join(part.splitlines()))


def _split(text: str, prose: Callable[[str], str], formula: Callable[[str], str]) -> str:
    parts = _MATH.split(text)
    return "".join(formula(part) if index % 2 else prose(part) for index, part in enumerate(parts))


_Marks = Callable[[str, str], str]


def _tags(kind: str, inner: str) -> str:
    if kind == "sign":
        escaped = html.escape({"-": "−", "'": "′"}.get(inner, inner), quote=False)
        return f"<i>{escaped}</i>" if inner.isascii() and inner.isalpha() and len(inner) == 1 else escaped
    return f"<sub>{inner}</sub>" if kind == "_" else f"<sup>{inner}</sup>"


def _plain(kind: str, inner: str) -> str:
    if kind == "sign":
        return inner
    return f"{kind}{inner}" if len(inner) < 2 else f"{kind}({inner})"


def _formula(text: str, marks: _Marks) -> str:
    tokens = _TOKEN.findall(text.strip())
    pieces: list[str] = []
    while tokens:
        pieces.append(_piece(tokens, marks))
    return "".join(pieces)


def _piece(tokens: list[str], marks: _Marks) -> str:
    """The next sign, group or mark, taken from the front; what is not known is shown by its name."""
    token = tokens.pop(0)
    if token in "_^" and tokens:
        return marks(token, _piece(tokens, marks))
    if token == "{":
        pieces: list[str] = []
        while tokens and tokens[0] != "}":
            pieces.append(_piece(tokens, marks))
        if tokens:
            tokens.pop(0)
        return "".join(pieces)
    if not token.startswith("\\") or len(token) == 1:
        return "" if token == "}" else marks("sign", token)
    name = token[1:]
    if name in _SILENT:
        return ""
    if name == "frac" and len(tokens) > 1:
        return f"{_piece(tokens, marks)}/{_piece(tokens, marks)}"
    if name in _ACCENTS and tokens:
        return _piece(tokens, marks) + _ACCENTS[name]
    if name == "|":
        return "‖"
    return _SPACES[name] if name in _SPACES else marks("sign", SYMBOLS.get(name, name))
