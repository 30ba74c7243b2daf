"""Turn a chapter's MyST into the Markdown that Jupyter understands.

Jupyter shows MyST's directives and roles as they are written. A downloaded chapter is to be read,
so what this book uses of them is rewritten here. ``tests/book`` checks that nothing is left over.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pooling_book.quiz_source import QuizError, parse_quiz, quiz_markdown

ROLE = re.compile(r"\{(?P<role>[\w:]+)\}`(?P<target>[^`]+)`")
COMMENT = re.compile(r"^%.*\n?", re.MULTILINE)
TARGET = re.compile(r"^\([\w-]+\)=\n", re.MULTILINE)
FENCE = re.compile(
    r"^(?P<fence>`{3}|:{3})\{(?P<name>[\w:-]+)\}(?P<argument>[^\n]*)\n"
    r"(?P<body>.*?)^(?P=fence)[ ]*$",
    re.MULTILINE | re.DOTALL,
)
OPTION = re.compile(r"^:(?P<key>[\w-]+):[ ]*(?P<value>.*)\n", re.MULTILINE)
DEFINITION = re.compile(r"^(?P<term>[\w`][^\n]*)\n: (?P<text>.*\n(?:  .*\n)*)", re.MULTILINE)
PAGE_LINK = re.compile(r"\[(?P<text>[^\]]+)\]\(#[\w-]+\)")


#: What a role of a chapter stands for: ``role("numref", "fig-x") == "Figure 1.2"``.
Role = Callable[[str, str], str]


def table(body: str) -> str:
    """Rewrite a ``list-table`` as a table with bars.

    Parameters
    ----------
    body : str
        The directive's content: ``* - a`` starts a row, ``- b`` the next cell.

    Returns
    -------
    str
        Markdown table whose first row is the header.
    """
    rows = []
    for row in re.split(r"^\* - ", body, flags=re.MULTILINE)[1:]:
        cells = re.split(r"^  - ", row, flags=re.MULTILINE)
        rows.append("| " + " | ".join(" ".join(cell.split()) for cell in cells) + " |")
    rule = "|" + " --- |" * (rows[0].count(" | ") + 1)
    return "\n".join([rows[0], rule, *rows[1:]])


def directive(match: re.Match[str], role: Role) -> str:
    """Rewrite one directive; an unknown one keeps its content only."""
    name, title, body = match["name"], match["argument"].strip(), match["body"]
    if name == "quiz":
        try:
            return quiz_markdown(parse_quiz(body))
        except QuizError:
            # Sphinx has warned of it by now, and the build will fail.
            return match[0]
    options = dict(OPTION.findall(body)) if body.startswith(":") else {}
    body = OPTION.sub("", body).strip()
    if name == "math":
        number = role("eq", options["label"])
        inner = f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}" if "&" in body else body
        return f"$$\n{inner}\n\\tag{{{number.strip('()')}}}\n$$"
    if name == "glue:figure":
        return f"**{role('numref', options['name'])}.** {body}"
    if name == "dropdown":
        return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"
    if name == "list-table":
        return f"**{role('numref', options['name'])}.** {title}\n\n{table(body)}"
    lines = [f"**{title}**", "", *body.splitlines()] if title else body.splitlines()
    return "\n".join(f"> {line}".rstrip() for line in lines)


def plain_markdown(text: str, role: Role) -> str:
    """Rewrite the MyST of one cell.

    Parameters
    ----------
    text : str
        A chapter's Markdown cell.
    role : callable
        What its roles stand for: from a role's name and target to its text.

    Returns
    -------
    str
        Markdown without roles, directives and targets.
    """
    text = TARGET.sub("", COMMENT.sub("", text))
    text = FENCE.sub(lambda match: directive(match, role), text)
    text = ROLE.sub(lambda match: role(match["role"], match["target"]), text)
    text = DEFINITION.sub(r"**\g<term>**: \g<text>", text)
    return PAGE_LINK.sub(r"\g<text>", text)
