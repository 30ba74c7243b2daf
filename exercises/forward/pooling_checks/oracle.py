"""What the comparison of a function needs to know."""

from __future__ import annotations

import abc
from collections.abc import Iterator, MutableMapping
from typing import Any, ClassVar

import numpy as np

from .cases import Case

#: What a function returns: its arrays, or its number as an array without axes.
Results = tuple[np.ndarray, ...]

#: First and last-plus-one row, first and last-plus-one column.
Window = tuple[tuple[int, int], tuple[int, int]]


def _locked(array: np.ndarray) -> np.ndarray:
    """A copy that nobody can write to: it is handed out again and again."""
    array = np.array(array)
    array.flags.writeable = False
    return array


class LastKept(dict[Any, Any]):
    """A dictionary that drops the oldest entries when it has too many.

    Parameters
    ----------
    longest : int
        How many it keeps.
    """

    def __init__(self, longest: int) -> None:
        super().__init__()
        self._longest = longest

    def __setitem__(self, key: Any, value: Any) -> None:
        while len(self) >= self._longest:
            del self[next(iter(self))]
        super().__setitem__(key, value)


class Oracle(abc.ABC):
    """Gives the right results of a case, and helps to explain wrong ones.

    Only `expected` must be written. The rest makes messages better, and lets a random case that
    fails be shrunk.

    Attributes
    ----------
    name : str
        What messages call it, such as ``"keras.layers.MaxPooling2D"``.
    inputs : tuple of str
        The names of the arrays that the function takes by position.
    results : tuple of str
        The names of what the function returns; a function that returns a tuple has several.
    number : bool
        Whether the function returns a number instead of arrays.
    """

    name: str
    inputs: tuple[str, ...] = ("x",)
    results: tuple[str, ...] = ("output",)
    number: bool = False

    #: The right results of earlier cases, or None not to keep any. For whoever compares many
    #: functions on the same cases.
    memory: ClassVar[MutableMapping[Any, Results] | None] = None

    def right(self, case: Case) -> Results:
        """What is expected of the case, from memory where it is known."""
        if Oracle.memory is None:
            return self.expected(case)
        key = (type(self), self.name, case.key())
        kept = Oracle.memory.get(key)
        if kept is None:
            kept = Oracle.memory[key] = tuple(_locked(array) for array in self.expected(case))
        return kept

    @abc.abstractmethod
    def expected(self, case: Case) -> Results:
        """The right results, in the dtypes that they must have."""

    def tolerance(self, case: Case) -> float:
        """How far two right results may lie apart. Zero where nothing is rounded."""
        return 0.0

    def explain(self, case: Case, index: tuple[int, ...]) -> str:
        """Where ``output[index]`` comes from, as lines of a message; may be empty."""
        return ""

    def window(self, case: Case, index: tuple[int, ...]) -> Window | None:
        """The cells of ``x`` from which ``output[index]`` is made; None if that has no meaning."""
        return None

    def mistakes(self, case: Case) -> Iterator[tuple[Results, str]]:
        """What common mistakes would have made of the case, each with a sentence about it.

        The sentences must come in the same order for every case of the same arguments.
        """
        return iter(())

    def remark(self, case: Case, received: Results) -> str:
        """What is wrong with results, as far as it shows without knowing the mistake; or nothing.

        It is the hint where no mistake is recognised.
        """
        return ""

    def another(self, case: Case) -> Case | None:
        """A larger case with the same arguments, to confirm a mistake on; None if there is none."""
        return None

    def smaller(self, case: Case) -> Iterator[Case]:
        """Cases that are a step smaller: fewer examples, channels, rows; a smaller window."""
        return iter(())

    def simplest(self, case: Case) -> Case:
        """The case with numbers that are easier to read."""
        return case

    def variants(self, case: Case) -> Iterator[Case]:
        """Cases that take other ways through the function: other arguments, other dtypes."""
        for dtype in ("float32", "float64"):
            yield case.as_float(dtype)
