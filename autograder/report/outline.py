"""What an assignment asks: its graded cells, the part each stands in, the aspect it looks at."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence

from nbformat import NotebookNode

_HEADING = re.compile(r"^(#{1,2})[ \t]+(.+?)[ \t]*#*$", re.M)
#: A row of a table that begins with the name of a test: ``| `max-same` | what it looks at | 2 |``.
_ROW = re.compile(r"^\|[ \t]*`([^`|\n]+)`[ \t]*\|([^|\n]*)\|", re.M)
_WORD = re.compile(r"[-_ ]+")


@dataclasses.dataclass(frozen=True)
class Item:
    """A cell that gives points.

    Attributes
    ----------
    notebook, name : str
        nbgrader's names of the notebook and of the cell.
    points : float
        Points there are.
    by_hand : bool
        Whether a person gives them.
    part : str
        Heading that the cell stands under; the notebook's name where it has none.
    aspect : str
        What a test's name says it looks at; empty where the names follow no such rule.
    looks_at : str
        The same in the assignment's words, from the table of tests; empty where there is none.
    """

    notebook: str
    name: str
    points: float
    by_hand: bool
    part: str = ""
    aspect: str = ""
    looks_at: str = ""


def plain(text: str) -> str:
    """A line of Markdown as plain text, as far as headings and tables of tests need it."""
    return re.sub(r"[`*$\\]", "", text).strip()


def endings(names: Sequence[str]) -> list[str]:
    """What is left of names that share their first words, or nothing where they do not.

    Parameters
    ----------
    names : sequence of str
        Of the tests of one answer, for example ``["max-valid", "max-same"]``.

    Returns
    -------
    list of str
        ``["valid", "same"]``. Empty strings for a single name, for names that share nothing, and
        where nothing would be left of one.
    """
    words = [_WORD.split(name) for name in names]
    shared = 0
    while all(len(w) > shared + 1 and w[shared] == words[0][shared] for w in words):
        shared += 1
    if len(names) < 2 or shared == 0:
        return [""] * len(names)
    return ["-".join(w[shared:]) for w in words]


def with_places(items: Iterable[Item], cells: Iterable[NotebookNode]) -> list[Item]:
    """Give the items of one notebook their order, part, aspect and description.

    The tests below one answer belong together: their names share their first words, and what
    follows is the aspect.

    Parameters
    ----------
    items : iterable of Item
    cells : iterable of nbformat.NotebookNode
        The source notebook's cells; none if it is not there, which leaves the items as they are.

    Returns
    -------
    list of Item
        In the order of the notebook; those that are not in it last.
    """
    known = {item.name: item for item in items}
    groups: list[list[str]] = [[]]
    placed: list[str] = []
    parts: dict[str, str] = {}
    looks_at: dict[str, str] = {}
    part = ""
    for cell in cells:
        data = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "markdown":
            headings = _HEADING.findall(cell.source)
            # The title heads the whole; what divides it are the headings below.
            part = next((plain(text) for level, text in headings[::-1] if level == "##"), part)
            for name, text in _ROW.findall(cell.source):
                looks_at.setdefault(name, plain(text))
        name = data.get("grade_id", "")
        if data.get("solution"):
            groups.append([])
        if name in known and name not in placed:
            placed.append(name)
            parts[name] = part
            if not known[name].by_hand:
                groups[-1].append(name)
    aspects = {
        name: ending
        for group in groups
        if group
        for name, ending in zip(group, endings(group), strict=True)
    }
    placed += [name for name in known if name not in placed]
    return [
        dataclasses.replace(
            known[name],
            part=parts.get(name) or known[name].notebook,
            aspect=aspects.get(name, ""),
            looks_at=looks_at.get(name, ""),
        )
        for name in placed
    ]


def by_part(items: Sequence[Item]) -> Mapping[str, list[int]]:
    """Places of the items of each part, in order."""
    parts: dict[str, list[int]] = {}
    for place, item in enumerate(items):
        parts.setdefault(item.part, []).append(place)
    return parts


def by_aspect(items: Sequence[Item]) -> Mapping[str, list[int]]:
    """Places of the items of each aspect; nothing if no aspect has tests of two answers.

    Without an aspect in common, the names follow no rule, and the list of tests says as much.
    """
    aspects: dict[str, list[int]] = {}
    for place, item in enumerate(items):
        if item.aspect:
            aspects.setdefault(item.aspect, []).append(place)
    return aspects if any(len(places) > 1 for places in aspects.values()) else {}
