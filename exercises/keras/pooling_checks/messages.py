"""What a student reads: the failure of a check, and numbers as text."""

from __future__ import annotations

from typing import Any

import numpy as np

#: A map with more rows or columns than this is not printed; the first difference still is.
LARGEST_MAP = 7


class CheckFailed(AssertionError):
    """A check that failed. In a notebook only its message is shown, not the checks' own frames."""

    #: Whether the function broke down, so that there is nothing to look at.
    broke_down = False

    def _render_traceback_(self) -> list[str]:
        # IPython calls this instead of printing a traceback.
        return str(self).splitlines()


def shorten(text: str, longest: int = 200) -> str:
    """The first line of a text, cut where it is too long."""
    first = text.strip().splitlines()[0] if text.strip() else "(no message)"
    return first if len(first) <= longest else first[: longest - 1] + "…"


def number(value: Any) -> str:
    """A number with at most six digits."""
    return f"{float(value):.6g}"


def place(index: tuple[int, ...]) -> str:
    """An index as it is written in Python: ``[0, 1, 2]``, or nothing for a single number."""
    return f"[{', '.join(map(str, index))}]" if index else ""


def grid(values: np.ndarray, marks: np.ndarray | None = None) -> list[str]:
    """A small matrix as lines of text; cells where `marks` is true carry an asterisk."""
    cells = [[number(value) for value in row] for row in values]
    width = max(len(cell) for row in cells for cell in row)
    lines = []
    for i, row in enumerate(cells):
        stars = ["*" if marks is not None and marks[i, j] else " " for j in range(len(row))]
        lines.append(" ".join(f"{cell:>{width}}{s}" for cell, s in zip(row, stars, strict=True)))
    return lines


def maps(expected: np.ndarray, received: np.ndarray, wrong: np.ndarray) -> str:
    """Expected and received map side by side, or nothing where they are too large to read.

    Parameters
    ----------
    expected, received, wrong : numpy.ndarray
        Of one shape, (height, width); `wrong` holds booleans.
    """
    if max(expected.shape) > LARGEST_MAP:
        return ""
    left, right = grid(expected), grid(received, wrong)
    width = max(len("expected"), *(len(line) for line in left))
    lines = [f"    {'expected':<{width}}    received (* differs)"]
    lines += [f"    {a:<{width}}    {b}" for a, b in zip(left, right, strict=True)]
    return "\n".join(lines)
