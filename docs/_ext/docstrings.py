"""Docstrings of the house as MyST Markdown: they are Markdown but for their sections, which become lists and code."""

import inspect
import re
import textwrap

SECTIONS = ("Arguments", "Attributes", "Returns", "Raises", "Examples", "Reference")
_HEAD = re.compile(rf"^({'|'.join(SECTIONS)}):[ \t]*(.*)$", re.MULTILINE)
_ITEM = re.compile(r"^(?=\S)([^:]+?):\s+(.*)$", re.DOTALL)


def markdown(docstring: str) -> str:
    """The docstring as Markdown.

    Examples:
        >>> print(markdown("Says so.\\n\\nReference:\\n    saxe2014exact, equation (7)."))
        Says so.
        <BLANKLINE>
        *Reference:* `saxe2014exact`, equation (7).
    """
    text = inspect.cleandoc(docstring)
    heads = list(_HEAD.finditer(text))
    parts = [_with_examples(text[: heads[0].start()] if heads else text)]
    for head, after in zip(heads, [*heads[1:], None]):
        body = textwrap.dedent(text[head.end() : after.start() if after else None].strip("\n"))
        parts.append(_section(head[1], f"{head[2]}\n{body}".strip("\n")))
    return "\n\n".join(part.strip() for part in parts if part.strip())


def _section(name: str, body: str) -> str:
    if name == "Examples":
        return f"```pycon\n{body}\n```"
    if name == "Reference":
        key, mark, rest = re.match(r"(\w+)([,.;]?)(.*)", body, re.DOTALL).groups()
        return f"*Reference:* `{key}`{mark}{rest}"
    if name == "Returns":
        return f"**Returns** {body}"
    return f"**{name}**\n\n" + "\n\n".join(_item(item) for item in _items(body))


def _items(body: str) -> list[str]:
    """The entries of a list: lines that are not indented open one."""
    found: list[list[str]] = []
    for line in body.splitlines():
        if line[:1].strip() and (not found or _ITEM.match(line)):
            found.append([line])
        elif found:
            found[-1].append(line.strip())
    return [" ".join(lines).strip() for lines in found]


def _item(text: str) -> str:
    found = _ITEM.match(text)
    if found is None:
        return text
    names = ", ".join(f"`{name.strip()}`" for name in found[1].split(","))
    return f"{names}\n: {found[2]}"


def _with_examples(text: str) -> str:
    """Prose; lines of a session in it that no section announces become code too."""
    return re.sub(r"(?m)(^>>> .*(?:\n.+)*)", r"```pycon\n\1\n```", text)
