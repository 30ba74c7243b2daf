"""Taking students' ids and names out of what their submissions say."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable

_WORD = re.compile(r"[^\W_]+")
_IDENTIFIER = re.compile(r"\w+")

#: What stands in their place.
INSTEAD = "[student]"

#: A shorter id, and a number of fewer digits, cannot be told from other text; it is replaced only
#: where it is a folder of a path.
SHORTEST = 3
SHORTEST_NUMBER = 5


class Redactor:
    """Replaces what tells who somebody is.

    Parameters
    ----------
    known : iterable of str
        Ids, names, addresses. They are found in any case and whatever is between their words:
        ``Ada Lovelace`` also in ``ada_lovelace``.
    vocabulary : str
        What was released. A name in it, such as ``max_pool2d``, stays though a student is called
        Max.
    """

    def __init__(self, known: Iterable[str], vocabulary: str = "") -> None:
        self._words: set[tuple[str, ...]] = set()
        self._folders: set[str] = set()
        self._literal: set[str] = set()
        for text in map(_normal, known):
            words = tuple(word.casefold() for word in _WORD.findall(text))
            number = "".join(words).isdigit()
            if len(text) < (SHORTEST_NUMBER if number else SHORTEST):
                if text:
                    self._folders.add(text.casefold())
            elif words:
                self._words.add(words)
            else:
                self._literal.add(text)
        self._longest = max(map(len, self._words), default=0)
        self._vocabulary = _identifiers(vocabulary)

    def __call__(self, text: str) -> str:
        """The text without them."""
        text = _normal(text)
        for literal in self._literal:
            text = text.replace(literal, INSTEAD)
        found = list(_WORD.finditer(text))
        names = [word[0].casefold() for word in found]
        parts, done, place = [], 0, 0
        while place < len(found):
            taken = next(
                (
                    size
                    for size in range(min(self._longest, len(found) - place), 0, -1)
                    if tuple(names[place : place + size]) in self._words
                ),
                0,
            )
            start = found[place].start()
            end = found[place + taken - 1].end() if taken else start
            if taken and not self._released(text, start, end):
                parts += [text[done:start], INSTEAD]
                done = end
            place += max(taken, 1)
        text = "".join([*parts, text[done:]])
        if self._folders:
            text = re.sub(
                r"(?<=/)[^/\s]+(?=/)",
                lambda part: INSTEAD if part[0].casefold() in self._folders else part[0],
                text,
            )
        return text

    def _released(self, text: str, start: int, end: int) -> bool:
        """Whether what was found is a part of a longer name that was released."""
        first = start
        while first > 0 and (text[first - 1].isalnum() or text[first - 1] == "_"):
            first -= 1
        longer = _IDENTIFIER.match(text, first)
        if longer is None or longer.end() < end or longer.span() == (start, end):
            return False
        return longer[0].casefold() in self._vocabulary


@functools.lru_cache(maxsize=4)
def _identifiers(text: str) -> frozenset[str]:
    return frozenset(_IDENTIFIER.findall(_normal(text).casefold()))


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)
