"""Cases: one call of a function each."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class Case:
    """One call.

    Attributes
    ----------
    arrays : dict of str to numpy.ndarray
        The arrays, which are passed by position, in this order. The names are for messages.
    arguments : dict of str
        The keyword arguments.
    """

    arrays: dict[str, np.ndarray]
    arguments: dict[str, Any]

    @property
    def x(self) -> np.ndarray:
        """The only array, or the one that is called `x`."""
        return self.arrays["x"] if "x" in self.arrays else next(iter(self.arrays.values()))

    def copies(self) -> list[np.ndarray]:
        """Copies of the arrays, laid out in memory as they are."""
        return [array.copy(order="K") for array in self.arrays.values()]

    def with_arrays(self, **arrays: np.ndarray) -> Case:
        """The case with other arrays in the place of some."""
        return dataclasses.replace(self, arrays=self.arrays | arrays)

    def with_arguments(self, **arguments: Any) -> Case:
        """The case with other arguments in the place of some, or with more."""
        return dataclasses.replace(self, arguments=self.arguments | arguments)

    def without(self, name: str) -> Case:
        """The case without an argument."""
        rest = {key: value for key, value in self.arguments.items() if key != name}
        return dataclasses.replace(self, arguments=rest)

    def as_float(self, dtype: str) -> Case:
        """The case with its floating-point arrays in another dtype."""
        cast = {
            name: array.astype(dtype)
            for name, array in self.arrays.items()
            if array.dtype.kind == "f"
        }
        return self.with_arrays(**cast)

    def key(self) -> tuple[Any, ...]:
        """Something hashable that two cases share only if they are equal."""
        arrays = [(n, a.tobytes(), a.shape, str(a.dtype)) for n, a in self.arrays.items()]
        return (*arrays, repr(self.arguments))

    def __str__(self) -> str:
        given = [f"{name} of shape {a.shape}, {a.dtype}" for name, a in self.arrays.items()]
        given += [", ".join(f"{name}={value!r}" for name, value in self.arguments.items())]
        return "; ".join(part for part in given if part)


def example(
    *shape: int, values: str = "positive", dtype: str = "float32", seed: int = 0
) -> np.ndarray:
    """An array of whole numbers in random order, no two alike.

    A ramp (``np.arange``) would be a bad example: its maximum always lies in the same corner of
    the window, so an answer that takes the corner would look right.

    Parameters
    ----------
    *shape : int
        Shape of the array, for example ``example(1, 5, 5, 2)``.
    values : {"positive", "mixed", "negative"}
        ``"positive"`` counts from 1 to n, ``"negative"`` from -n to -1, and ``"mixed"`` has both
        signs.
    dtype : str
        ``"float32"`` or ``"float64"``.
    seed : int
        Another seed gives another order.

    Returns
    -------
    numpy.ndarray
        Array of the given shape and dtype.

    Raises
    ------
    ValueError
        If `values` is not one of the three words.
    """
    count = math.prod(shape)
    starts = {"positive": 1, "negative": -count, "mixed": -(count // 2)}
    if values not in starts:
        raise ValueError(f"values must be one of {sorted(starts)}, not {values!r}")
    numbers = np.random.default_rng(seed).permutation(count) + starts[values]
    return numbers.reshape(shape).astype(dtype)


def renumbered(array: np.ndarray) -> np.ndarray:
    """The array with numbers next to zero, in the same order and with the same signs."""
    numbers, places = np.unique(array, return_inverse=True)
    small = np.arange(len(numbers)) - np.searchsorted(numbers, 0)
    small += (small >= 0) & (0 not in numbers)
    return small[places].reshape(array.shape).astype(array.dtype)
