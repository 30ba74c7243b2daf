"""Checks that compare a pooling function with the Keras layer it imitates.

This file lies beside every assignment's notebook, so the tests in the notebook run wherever the
notebook runs: in a student's JupyterLab, under ``nbgrader autograde``, and when an instructor
grades. It needs only NumPy and Keras.

Each check calls the function under test on one case, calls the layer on the same case, and is
silent about everything that agrees. Where they differ it raises `CheckFailed`, whose message says
which case it was, what was expected and received, and which window differs first.

A check looks at one aspect only (values, dtype, purity, errors), so that an answer which is wrong
in one respect keeps the points of the others.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import inspect
import io
import itertools
import linecache
import math
import re
import signal
import sys
import threading
import traceback
import weakref
from collections.abc import Callable, Iterator, MutableMapping
from types import FrameType, ModuleType
from typing import Any

import keras
import numpy as np

__all__ = [
    "CheckFailed",
    "check_dtype",
    "check_error",
    "check_output",
    "check_output_size",
    "check_pure",
    "check_random",
    "check_shape",
    "example",
    "passed",
]

#: Seconds one call of a student's function may take. The cases are tiny: an answer with Python
#: loops needs milliseconds, so whoever needs seconds has a loop that does not end.
CALL_LIMIT = 5.0

#: The same for calls that only look for the use of a library.
SURVEY_LIMIT = 1.0

#: A map with more rows or columns than this is not printed; the first difference still is.
LARGEST_MAP = 7

#: How many smaller cases are tried, to find the smallest that fails.
SHRINKING_STEPS = 150

#: Packages that pool, blur or resize by themselves, and what to call them. An answer uses NumPy.
LIBRARIES = {
    "bottleneck": "Bottleneck",
    "cupy": "CuPy",
    "cv2": "OpenCV",
    "dask": "Dask",
    "jax": "JAX",
    "jaxlib": "JAX",
    "keras": "Keras",
    "pandas": "pandas",
    "PIL": "Pillow",
    "scipy": "SciPy",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "tensorflow": "TensorFlow",
    "tf_keras": "Keras",
    "torch": "PyTorch",
    "torchvision": "PyTorch",
    "xarray": "xarray",
}

Function = Callable[..., Any]


class CheckFailed(AssertionError):
    """A check that failed. In a notebook only its message is shown, not the checks' own frames."""

    #: Whether the function broke down, so that there is nothing to look at.
    broke_down = False

    def _render_traceback_(self) -> list[str]:
        # IPython calls this instead of printing a traceback.
        return str(self).splitlines()


class _CallTookTooLong(BaseException):
    """Raised inside a student's call by the timer. Not an `Exception`: ``except Exception`` in a
    loop that never ends must not swallow it."""


class _UsesLibrary(BaseException):
    """Raised inside a student's call that enters a library; for the same reason no `Exception`."""


#: How often each function did not return in time. One that does so three times is not called again:
#: it would only cost the same time again. A function may be endless in one aspect alone, so once
#: is not enough. Running the cell that defines it makes a new object, and it is called afresh.
_endless: MutableMapping[Any, int] = weakref.WeakKeyDictionary()

#: For each function that was called on a good case: why it gets no points, or nothing.
_surveyed: MutableMapping[Any, str] = weakref.WeakKeyDictionary()


# --- cases ---------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Case:
    """One call: the input array and the keyword arguments."""

    x: np.ndarray
    arguments: dict[str, Any]

    def __str__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        return f"x of shape {self.x.shape}, {self.x.dtype}" + (f"; {given}" if given else "")


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


def _random_cases(
    seed: int,
    count: int,
    padding: str,
    strides: bool,
    rectangular: bool,
    channels: bool,
    values: str,
    windowed: bool,
) -> list[Case]:
    """`count` random cases, the smallest first: the first to fail is soon shrunk."""
    rng = np.random.default_rng(seed)
    cases = []
    for _ in range(count):
        height, width, window_h, window_w, stride_h, stride_w = (
            int(n) for n in rng.integers([1] * 6, [10, 10, 5, 5, 5, 5])
        )
        if not rectangular:
            width, window_w, stride_w = height, window_h, stride_h
        if padding == "valid":
            height, width = max(height, window_h), max(width, window_w)
        batch, depth = (int(n) for n in rng.integers(1, 4, size=2)) if channels else (1, 1)
        shape = (batch, height, width, depth)
        x = example(*shape, values=values, seed=int(rng.integers(2**31)))
        arguments: dict[str, Any] = {}
        if windowed:
            arguments = {
                "pool_size": (window_h, window_w) if rectangular else window_h,
                "padding": padding,
            }
            if strides:
                arguments["strides"] = (stride_h, stride_w) if rectangular else stride_h
        cases.append(Case(x, arguments))
    return sorted(cases, key=lambda case: case.x.size)


# --- the oracle ----------------------------------------------------------------------------------


def _name(layer: type) -> str:
    return f"keras.layers.{layer.__name__}"


def _expected(layer: type, case: Case) -> np.ndarray:
    """What the Keras layer makes of the case, computed in the input's own dtype.

    A layer casts its input to its own dtype, float32 unless told otherwise.
    """
    return np.asarray(layer(**case.arguments, dtype=str(case.x.dtype))(case.x))


def _expected_size(layer: type, size: int, window: int, stride: int, padding: str) -> int:
    """What the Keras layer says of one axis."""
    shape = layer(window, stride, padding).compute_output_shape((1, size, size, 1))
    return int(shape[1])


def _is_windowed(layer: type) -> bool:
    return not layer.__name__.startswith("Global")


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def _geometry(case: Case) -> list[tuple[int, int, int]]:
    """Per spatial axis: window, stride, and cells of padding before the input."""
    windows = _pair(case.arguments["pool_size"])
    strides = _pair(case.arguments.get("strides") or windows)
    geometry = []
    for size, window, stride in zip(case.x.shape[1:3], windows, strides, strict=True):
        before = 0
        if case.arguments.get("padding", "valid") == "same":
            # https://www.tensorflow.org/api_docs/python/tf/nn, "Notes on padding": the total is
            # split evenly, and an odd cell goes to the end.
            before = max((math.ceil(size / stride) - 1) * stride + window - size, 0) // 2
        geometry.append((window, stride, before))
    return geometry


def _spans(case: Case, layer: type, row: int, column: int) -> list[tuple[int, int, int]]:
    """Per spatial axis: first and last-plus-one cell of the window, and its cells of padding."""
    if not _is_windowed(layer):
        return [(0, case.x.shape[1], 0), (0, case.x.shape[2], 0)]
    spans = []
    for size, index, (window, stride, before) in zip(
        case.x.shape[1:3], (row, column), _geometry(case), strict=True
    ):
        first, last = index * stride - before, index * stride - before + window
        inside = max(first, 0), min(last, size)
        spans.append((*inside, window - (inside[1] - inside[0])))
    return spans


# --- calling a student's function ----------------------------------------------------------------


def _called(function: Function) -> str:
    """What to call a function in a message; a `functools.partial` has no name of its own."""
    return getattr(function, "__name__", type(function).__name__)


def _is_endless(function: Function) -> bool:
    try:
        return _endless.get(function, 0) >= 3
    except TypeError:  # an object that cannot be hashed or weakly referenced
        return False


def _package(module: Any) -> str:
    return module.partition(".")[0] if isinstance(module, str) else ""


@contextlib.contextmanager
def numpy_only() -> Iterator[list[str]]:
    """Let nothing in the body call a function of `LIBRARIES`, however it was imported.

    Replacing ``scipy.ndimage.maximum_filter`` would not do: a notebook that said ``from
    scipy.ndimage import maximum_filter`` keeps the original. So Python tells of every call that
    is made, and one that enters such a package ends there. Importing a package is no call of it.

    Yields
    ------
    list of str
        After a call of a library: its name, and the line that calls it. Whoever swallows what is
        raised in the body has to look here.
    """
    found: list[str] = []
    base = sys._getframe(2)  # the frame of the `with`, past contextlib
    # Looked at without being called, or called by Python itself.
    harmless = {"__del__", "__dir__", "__getattr__", "__instancecheck__", "__subclasscheck__"}
    # Importing a package runs it; showing a picture uses Pillow.
    others = {"IPython", "ipykernel", "matplotlib"}

    def watch(frame: FrameType, event: str, called: Any) -> None:
        if event == "call":
            package = _package(frame.f_globals.get("__name__"))
            caller = frame.f_back
        elif event == "c_call":
            owner = getattr(called, "__self__", None)
            if isinstance(owner, ModuleType):
                package = _package(owner.__name__)
            else:
                package = _package(type(owner).__module__)
            caller = frame
        else:
            return
        if package not in LIBRARIES or (event == "call" and frame.f_code.co_name in harmless):
            return
        line = ""
        while caller is not None and caller is not base:
            module = caller.f_globals.get("__name__")
            if module == "importlib._bootstrap" or _package(module) in LIBRARIES.keys() | others:
                return
            if not line and _package(module) != "numpy":
                line = _line(caller.f_code.co_filename, caller.f_lineno, caller.f_code.co_name)
            caller = caller.f_back
        found.extend((LIBRARIES[package], line))
        raise _UsesLibrary

    before = sys.getprofile()
    collecting = gc.isenabled()
    gc.disable()  # it could end a library's object, and call the library, within the body
    sys.setprofile(watch)
    try:
        yield found
    finally:
        sys.setprofile(before)
        if collecting:
            gc.enable()


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise `_CallTookTooLong` in the body after `seconds`, where the platform has timers."""
    if not hasattr(signal, "setitimer") or (
        threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def give_up(signum: int, frame: FrameType | None) -> None:
        raise _CallTookTooLong

    before = signal.signal(signal.SIGALRM, give_up)
    # It rings again and again: a single ring could fall into the student's own `except:`.
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _own_frames(error: BaseException) -> list[str]:
    """The last lines of the student's code that the error passed through."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != __file__ and "site-packages" not in frame.filename
    ]
    return [_line(frame.filename, frame.lineno or 0, frame.name) for frame in frames[-3:]]


def _line(filename: str, number: int, function: str) -> str:
    return f"    line {number} in {function}:  {linecache.getline(filename, number).strip()}"


def _watched(function: Function, seconds: float, *arguments: Any, **keywords: Any) -> Any:
    """Call a student's function within the time limit and without libraries.

    What it raises itself passes through; `_CallTookTooLong` and `_UsesLibrary` tell of the limits.
    """
    # A test cell that writes to stderr fails under nbgrader; a warning is no mistake.
    with contextlib.redirect_stderr(sys.stdout), numpy_only() as found, _time_limit(seconds):
        try:
            return function(*arguments, **keywords)
        finally:
            if found:  # whatever the function made of it
                raise _UsesLibrary(*found)


def _no_points(name: str, library: str, line: str) -> str:
    return (
        f"{name} uses {library}. It must do the work itself, with NumPy, and gets no points "
        "as it is.\n"
        + (f"\n  called at\n{line}" if line else "")
        + f"\n  way out   explore with {library} in other cells, not in the function"
    )


def _survey(function: Function, case: Case) -> None:
    """Raise `CheckFailed` if the function uses a library, for this case or for a similar one.

    An answer that leaves only ``same`` to a library gets no points for ``valid`` either: so other
    paddings, strides and dtypes are tried too, once for each function. What else goes wrong there
    is for the tests of those aspects to tell.
    """
    try:
        if function not in _surveyed:
            _surveyed[function] = _use_of_a_library(function, case)
        message = _surveyed[function]
    except TypeError:  # an object that cannot be hashed or weakly referenced
        message = _use_of_a_library(function, case)
    if message:
        raise CheckFailed(message)


def _use_of_a_library(function: Function, case: Case) -> str:
    tried = {"padding": ("valid", "same"), "strides": (None, 1), "keepdims": (False, True)}
    known: set[str] = set()
    with contextlib.suppress(TypeError, ValueError):  # not every callable has a signature
        known = set(inspect.signature(function).parameters)
    varied = {name: values for name, values in tried.items() if name in known}
    for dtype in ("float32", "float64"):
        for values in itertools.product(*varied.values()):
            arguments = case.arguments | dict(zip(varied, values, strict=True))
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    _watched(function, SURVEY_LIMIT, case.x.astype(dtype), **arguments)
            except _UsesLibrary as use:
                return _no_points(_called(function), *use.args)
            except _CallTookTooLong:
                return ""
            except Exception:  # noqa: BLE001 - students raise anything
                continue
    return ""


def _invoke(function: Function, call: str, *arguments: Any, **keywords: Any) -> Any:
    """Call a student's function within the time limit. What it raises itself passes through."""
    name = _called(function)
    broke_down = False
    if _is_endless(function):
        raise CheckFailed(
            f"{name} did not return within {CALL_LIMIT:g} seconds in three earlier tests, so it is "
            "not called again.\n\n  way out   look for a loop that never ends, run the cell that "
            f"defines {name} again, then this one"
        )
    try:
        return _watched(function, CALL_LIMIT, *arguments, **keywords)
    except _UsesLibrary as use:
        message = _no_points(name, *use.args)
    except _CallTookTooLong:
        with contextlib.suppress(TypeError):
            _endless[function] = _endless.get(function, 0) + 1
        message = (
            f"{name} did not return within {CALL_LIMIT:g} seconds.\n\n  case      {call}\n"
            "  way out   look for a loop that never ends"
        )
        broke_down = True
    except NotImplementedError:
        message = (
            f"{name} is not written yet: it raises NotImplementedError.\n\n"
            f"  way out   replace `raise NotImplementedError()` in the cell that defines {name}, "
            "and run that cell"
        )
    # Raised here and not in the handlers, so that no traceback of ours comes along.
    failed = CheckFailed(message)
    failed.broke_down = broke_down
    raise failed


def _call(function: Function, call: str, *arguments: Any, **keywords: Any) -> Any:
    """`_invoke`, with any exception turned into a `CheckFailed` that shows the student's lines."""
    try:
        return _invoke(function, call, *arguments, **keywords)
    except CheckFailed:
        raise
    except Exception as error:  # noqa: BLE001 - students raise anything
        lines = "\n".join(_own_frames(error))
        message = (
            f"{_called(function)} raised {type(error).__name__}: {_shorten(str(error))}\n\n"
            f"  case      {call}" + (f"\n  raised at\n{lines}" if lines else "")
        )
    failed = CheckFailed(message)
    failed.broke_down = True
    raise failed


def _shorten(text: str, longest: int = 200) -> str:
    first = text.strip().splitlines()[0] if text.strip() else "(no message)"
    return first if len(first) <= longest else first[: longest - 1] + "…"


def _array(function: Function, case: Case) -> np.ndarray:
    """The function's answer to the case, which must be a NumPy array."""
    # The function gets a copy: one that modifies its input fails `check_pure` and nothing else.
    received = _call(function, str(case), case.x.copy(order="K"), **case.arguments)
    _survey(function, case)
    if not isinstance(received, np.ndarray):
        raise CheckFailed(
            f"{_called(function)} must return a NumPy array, but returned "
            f"{'None' if received is None else 'a ' + type(received).__name__}.\n\n"
            f"  case      {case}"
            + ("\n  hint      is there a `return`?" if received is None else "")
            + (
                "\n  hint      this is a single number: reduce over height and width only"
                if np.isscalar(received)
                else ""
            )
        )
    received = np.asarray(received)  # a subclass, such as a masked array, has rules of its own
    if received.dtype.kind not in "fiub":
        raise CheckFailed(
            f"{_called(function)} must return an array of numbers, but returned one of dtype "
            f"{received.dtype}.\n\n  case      {case}"
        )
    return received


# --- comparing -----------------------------------------------------------------------------------


def _tolerance(layer: type, case: Case) -> float:
    """How far two right answers may lie apart.

    A maximum is one of the inputs, so it must be equal. An average is a sum of n terms, and the
    order of the terms changes its rounding error, which is below n roundings of the largest term
    (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 4.2).
    """
    if "Max" in layer.__name__:
        return 0.0
    shape = _pair(case.arguments["pool_size"]) if _is_windowed(layer) else case.x.shape[1:3]
    terms = math.prod(shape)
    return float(np.finfo(case.x.dtype).eps * max(terms, 8) * np.abs(case.x).max(initial=1.0))


def _agree(received: np.ndarray, expected: np.ndarray, tolerance: float) -> np.ndarray:
    """Cell by cell, whether two arrays of one shape agree. NaN and infinity agree with nothing."""
    with np.errstate(invalid="ignore"):
        gap = np.abs(received.astype("float64") - expected.astype("float64"))
    return gap <= tolerance


def _matches(received: np.ndarray, other: np.ndarray, tolerance: float) -> bool:
    return received.shape == other.shape and bool(_agree(received, other, tolerance).all())


def _number(value: Any) -> str:
    return f"{float(value):.6g}"


def _grid(values: np.ndarray, marks: np.ndarray | None = None) -> list[str]:
    """A small matrix as lines of text; cells where `marks` is true carry an asterisk."""
    cells = [[_number(value) for value in row] for row in values]
    width = max(len(cell) for row in cells for cell in row)
    lines = []
    for i, row in enumerate(cells):
        stars = ["*" if marks is not None and marks[i, j] else " " for j in range(len(row))]
        lines.append(" ".join(f"{cell:>{width}}{s}" for cell, s in zip(row, stars, strict=True)))
    return lines


def _maps(expected: np.ndarray, received: np.ndarray, wrong: np.ndarray) -> str:
    """Expected and received map side by side, or nothing where they are too large to read."""
    if max(expected.shape) > LARGEST_MAP:
        return ""
    left, right = _grid(expected), _grid(received, wrong)
    width = max(len("expected"), *(len(line) for line in left))
    lines = [f"    {'expected':<{width}}    received (* differs)"]
    lines += [f"    {a:<{width}}    {b}" for a, b in zip(left, right, strict=True)]
    return "\n".join(lines)


def _describe_window(case: Case, layer: type, index: tuple[int, ...]) -> str:
    """The input cells from which one output cell is made, and how many lie outside."""
    batch, channel = index[0], index[-1]
    row, column = index[1:3] if len(index) == 4 else (0, 0)
    rows, columns = _spans(case, layer, row, column)
    cells = case.x[batch, rows[0] : rows[1], columns[0] : columns[1], channel]
    place = f"x[{batch}, {rows[0]}:{rows[1]}, {columns[0]}:{columns[1]}, {channel}]"
    outside = [
        f"{count} {word}{'s' if count > 1 else ''}"
        for count, word in ((rows[2], "row"), (columns[2], "column"))
        if count
    ]
    note = f"; outside the input: {' and '.join(outside)}" if outside else ""
    if max(cells.shape) > LARGEST_MAP:
        return f"  window    {place}{note}"
    return "\n".join([f"  window    {place}{note}"] + [f"    {line}" for line in _grid(cells)])


def _likely_causes(layer: type, case: Case) -> Iterator[tuple[np.ndarray, str]]:
    """What common mistakes would have made of the case, each with a sentence about it.

    Every alternative is computed with the Keras layers themselves.
    """
    others = {
        "MaxPooling2D": ("AveragePooling2D", "the average of each window, not its maximum"),
        "AveragePooling2D": ("MaxPooling2D", "the maximum of each window, not its average"),
        "GlobalMaxPooling2D": ("GlobalAveragePooling2D", "the average of the map"),
        "GlobalAveragePooling2D": ("GlobalMaxPooling2D", "the maximum of the map"),
    }
    if layer.__name__ in others:
        other, words = others[layer.__name__]
        yield _expected(getattr(keras.layers, other), case), f"this is {words}"
    if not _is_windowed(layer):
        keepdims = not case.arguments.get("keepdims", False)
        flipped = dataclasses.replace(case, arguments={**case.arguments, "keepdims": keepdims})
        yield _expected(layer, flipped), f"this is the answer to keepdims={keepdims}"
        return

    def variant(sentence: str, **changes: Any) -> tuple[np.ndarray, str] | None:
        changed = dataclasses.replace(case, arguments={**case.arguments, **changes})
        windows = _pair(changed.arguments["pool_size"])
        fits = all(w <= n for w, n in zip(windows, case.x.shape[1:3], strict=True))
        if changed.arguments.get("padding") != "same" and not fits:
            return None
        return _expected(layer, changed), sentence

    pool_size = case.arguments["pool_size"]
    strides = case.arguments.get("strides")
    padding = case.arguments.get("padding", "valid")
    tried = [
        variant("the stride was taken to be the window (strides=None)", strides=None),
        variant("the stride was taken to be 1", strides=1),
        variant(
            "the numbers of pool_size were swapped: it is (height, width)",
            pool_size=_pair(pool_size)[::-1],
        ),
        variant(
            "the numbers of strides were swapped: they are (down, across)",
            strides=_pair(strides or pool_size)[::-1],
        ),
        variant(
            f"this is the answer to padding={'valid' if padding == 'same' else 'same'!r}",
            padding="valid" if padding == "same" else "same",
        ),
    ]
    yield from (answer for answer in tried if answer is not None)
    if padding == "same":
        totals = [
            max((math.ceil(size / stride) - 1) * stride + window - size, 0)
            for size, (window, stride, _) in zip(case.x.shape[1:3], _geometry(case), strict=True)
        ]
        halves = [(total // 2, total - total // 2) for total in totals]
        yield (
            _padded_by_hand(layer, case, halves, counted=True),
            "cells outside the input were counted as zeros; Keras leaves them out",
        )
        yield (
            _padded_by_hand(layer, case, [pads[::-1] for pads in halves]),
            "the odd cell of padding was put at the top or left; it belongs at the bottom or right",
        )
        yield (
            _padded_by_hand(layer, case, [(0, total) for total in totals]),
            "all padding was put at the bottom and right; half of it, rounded down, goes before",
        )
    elif "Average" in layer.__name__:
        cells = math.prod(_pair(pool_size))
        yield _expected(layer, case) * cells, "this is the sum of each window, not its average"


def _padded_by_hand(
    layer: type, case: Case, pads: list[tuple[int, int]], counted: bool = False
) -> np.ndarray:
    """What the layer gives where the cells outside lie as `pads` says; as zeros if `counted`."""

    def pooled(x: np.ndarray, outside: float) -> np.ndarray:
        padded = np.pad(x, [(0, 0), *pads, (0, 0)], constant_values=outside)
        return _expected(layer, Case(padded, {**case.arguments, "padding": "valid"}))

    if counted:
        return pooled(case.x, 0.0)
    if "Max" in layer.__name__:
        return pooled(case.x, float(case.x.min()) - 1.0)
    # The average of what is inside: the share of the window that is inside divides out.
    return pooled(case.x, 0.0) / pooled(np.ones_like(case.x), 0.0)


def _hint(function: Function, layer: type, case: Case, received: np.ndarray) -> str:
    """A line that names the mistake, if one explains this case and a larger one as well.

    One case alone proves little: of a single output cell, many mistakes give the same number.
    """
    batch, height, width, channels = case.x.shape
    larger = example(batch, 2 * height + 1, 2 * width + 1, channels, values="mixed", seed=1)
    probe = Case(larger.astype(case.x.dtype), case.arguments)
    try:
        again = _array(function, probe)
    except CheckFailed:
        return ""
    confirmed = zip(_likely_causes(layer, case), _likely_causes(layer, probe), strict=False)
    for (answer, sentence), (larger_answer, same_sentence) in confirmed:
        if (
            sentence == same_sentence
            and _matches(received, answer, _tolerance(layer, case))
            and _matches(again, larger_answer, _tolerance(layer, probe))
        ):
            return f"\n  hint      {sentence}"
    return ""


def _compare(function: Function, layer: type, case: Case) -> None:
    """Raise `CheckFailed` unless the function's shape and values are the layer's."""
    expected = _expected(layer, case)
    received = _array(function, case)
    tolerance = _tolerance(layer, case)
    head = (
        f"{_called(function)} does not agree with {_name(layer)}.\n\n"
        f"  case      {case}\n"
        f"  expected  shape {expected.shape}, {expected.dtype}\n"
        f"  received  shape {received.shape}, {received.dtype}"
    )
    if received.shape != expected.shape:
        raise CheckFailed(
            f"{head}\n  first difference: the shape" + _hint(function, layer, case, received)
        )
    good = _agree(received, expected, tolerance)
    if good.all():
        return
    index = tuple(int(i) for i in np.argwhere(~good)[0])
    lines = [head]
    if expected.ndim == 4:
        b, c = index[0], index[-1]
        lines.append(_maps(expected[b, :, :, c], received[b, :, :, c], ~good[b, :, :, c]))
    lines.append(
        f"  first difference at output[{', '.join(map(str, index))}]: "
        f"expected {_number(expected[index])}, received {_number(received[index])}"
    )
    lines.append(_describe_window(case, layer, index))
    text = "\n".join(line for line in lines if line)
    raise CheckFailed(text + _hint(function, layer, case, received))


# --- shrinking -----------------------------------------------------------------------------------


def _failure(function: Function, layer: type, case: Case) -> str:
    """In what way the function fails the case; nothing if it passes."""
    try:
        received = _array(function, case)
    except CheckFailed as failed:
        return str(failed).partition("\n")[0]
    expected = _expected(layer, case)
    if received.shape != expected.shape:
        return "shape"
    return "" if _matches(received, expected, _tolerance(layer, case)) else "values"


def _smaller(case: Case) -> Iterator[Case]:
    """Cases that are a step smaller: fewer examples, channels, rows; a smaller window or stride."""

    def changed(name: str, value: Any) -> Case:
        return dataclasses.replace(case, arguments={**case.arguments, name: value})

    x = case.x
    for axis in (0, 3, 1, 2):
        length = x.shape[axis]
        for shorter in dict.fromkeys((1, length // 2, length - 1)):
            if 0 < shorter < length:
                yield dataclasses.replace(case, x=np.take(x, range(shorter), axis))
    if "strides" in case.arguments:
        without = {k: value for k, value in case.arguments.items() if k != "strides"}
        yield dataclasses.replace(case, arguments=without)
    for name in ("pool_size", "strides"):
        value = case.arguments.get(name)
        if isinstance(value, int) and value > 1:
            yield changed(name, value - 1)
        elif isinstance(value, tuple):
            down, across = value
            if down > 1:
                yield changed(name, (down - 1, across))
            if across > 1:
                yield changed(name, (down, across - 1))
            if down == across:
                yield changed(name, down)


def _renumbered(case: Case) -> Case:
    """The case with the numbers next to zero, in the same order and with the same signs."""
    numbers, places = np.unique(case.x, return_inverse=True)
    small = np.arange(len(numbers)) - np.searchsorted(numbers, 0)
    small += (small >= 0) & (0 not in numbers)
    return dataclasses.replace(case, x=small[places].reshape(case.x.shape).astype(case.x.dtype))


def _possible(case: Case) -> bool:
    """Whether every window fits into the input."""
    if "pool_size" not in case.arguments or case.arguments.get("padding") == "same":
        return True
    windows = _pair(case.arguments["pool_size"])
    return all(w <= n for w, n in zip(windows, case.x.shape[1:3], strict=True))


def _shrunk(function: Function, layer: type, case: Case) -> Case:
    """The smallest case found that fails as `case` does, by steps that each go on failing."""
    failure = _failure(function, layer, case)
    steps = iter(range(SHRINKING_STEPS))
    candidates = _smaller(case)
    while (smaller := next(candidates, None)) is not None and next(steps, None) is not None:
        if _possible(smaller) and _failure(function, layer, smaller) == failure:
            case, candidates = smaller, _smaller(smaller)
    simple = _renumbered(case)
    return simple if _failure(function, layer, simple) == failure else case


# --- the checks ----------------------------------------------------------------------------------


def check_output(function: Function, layer: type, x: np.ndarray, **arguments: Any) -> None:
    """Compare the function's shape and values with the layer's on one case.

    Parameters
    ----------
    function : callable
        Called as ``function(x, **arguments)`` with a copy of `x`.
    layer : type
        Keras layer class, called as ``layer(**arguments)(x)``.
    x : numpy.ndarray
        Input, ``(batch, height, width, channels)``.
    **arguments
        ``pool_size``, ``strides``, ``padding`` or ``keepdims``.

    Raises
    ------
    CheckFailed
        If the shape or a value differs, with the first window that does.
    """
    _compare(function, layer, Case(x, arguments))


def check_shape(function: Function, layer: type, x: np.ndarray, **arguments: Any) -> None:
    """Compare only the function's shape with the layer's on one case.

    Parameters
    ----------
    function, layer, x, **arguments
        As for `check_output`.

    Raises
    ------
    CheckFailed
        If the shape differs.
    """
    case = Case(x, arguments)
    if _array(function, case).shape != _expected(layer, case).shape:
        _compare(function, layer, case)


def check_random(
    function: Function,
    layer: type,
    *,
    seed: int,
    cases: int = 24,
    padding: str = "valid",
    strides: bool = False,
    rectangular: bool = False,
    channels: bool = False,
    values: str = "positive",
) -> None:
    """Compare the function with the layer on random cases.

    A case that fails is shrunk: its arrays and arguments are made smaller for as long as it fails.

    Parameters
    ----------
    function, layer
        As for `check_output`.
    seed : int
        Fixes the cases.
    cases : int
        How many.
    padding : {"valid", "same"}
        Padding of every case; without meaning for global layers.
    strides : bool
        Whether the cases have strides of their own; without, the stride is the window.
    rectangular : bool
        Whether height and width, and the two numbers of window and stride, may differ.
    channels : bool
        Whether there may be several examples and channels; without, there is one of each.
    values : {"positive", "mixed", "negative"}
        Sign of the inputs.

    Raises
    ------
    CheckFailed
        For the smallest case found that differs.
    """
    windowed = _is_windowed(layer)
    for case in _random_cases(
        seed, cases, padding, strides, rectangular, channels, values, windowed
    ):
        if _failure(function, layer, case):
            _compare(function, layer, _shrunk(function, layer, case))
            _compare(function, layer, case)  # an answer that is not always the same


def check_dtype(function: Function, layer: type, x: np.ndarray, **arguments: Any) -> None:
    """Check that the output has the input's floating dtype and its precision.

    Parameters
    ----------
    function, layer, x, **arguments
        As for `check_output`. `x` is checked as float32 and as float64.

    Raises
    ------
    CheckFailed
        If the dtype differs, or a float64 answer has only the precision of float32.
    """
    # Such fractions have no exact binary form, so a detour through float32 shows in float64.
    for dtype in ("float32", "float64"):
        case = Case((x.astype("float64") + 1 / 3).astype(dtype), arguments)
        received = _array(function, case)
        if received.dtype != case.x.dtype:
            raise CheckFailed(
                f"{_called(function)} must keep the input's dtype.\n\n  case      {case}\n"
                f"  expected  {case.x.dtype}\n  received  {received.dtype}"
            )
        expected = _expected(layer, case)
        if dtype == "float64" and received.shape == expected.shape:
            gap = np.abs(received - expected).max(initial=0.0)
            # Only a loss of precision is this check's business: a gap of the size of float32's
            # roundings. A wrong value is for `check_output` to tell.
            if 1e-12 < gap / np.abs(case.x).max(initial=1e-300) < 1e-6:
                raise CheckFailed(
                    f"{_called(function)} must keep the input's precision.\n\n  case      {case}\n"
                    f"  expected  agreement to about 1e-15\n  received  values that are off by "
                    f"{gap:.1e}\n  hint      was the work done in float32?"
                )


def check_pure(function: Function, x: np.ndarray, **arguments: Any) -> None:
    """Check that the function leaves its input alone and returns an array of its own.

    Parameters
    ----------
    function, x, **arguments
        As for `check_output`.

    Raises
    ------
    CheckFailed
        If `x` was changed, or the output shares its memory.
    """
    case = Case(x, arguments)
    given = x.copy(order="K")
    received = None
    try:
        received = _call(function, str(case), given, **arguments)
    except CheckFailed as failed:
        if not failed.broke_down:
            raise
        # That is for the test of this case's values to tell.
    if not np.array_equal(given, x):
        index = tuple(int(i) for i in np.argwhere(given != x)[0])
        raise CheckFailed(
            f"{_called(function)} must not modify its input.\n\n  case      {case}\n"
            f"  changed   x[{', '.join(map(str, index))}] was {_number(x[index])}, "
            f"is {_number(given[index])} after the call\n"
            "  way out   work on a copy: x = x.copy()"
        )
    if isinstance(received, np.ndarray) and np.shares_memory(received, given):
        raise CheckFailed(
            f"{_called(function)} must return an array of its own, not a view of its input: "
            "writing to one would change the other.\n\n"
            f"  case      {case}\n  way out   return a copy: result.copy()"
        )


def check_error(function: Function, *arguments: Any, names: str, **keywords: Any) -> None:
    """Check that the function refuses an argument with a `ValueError` that names it.

    Parameters
    ----------
    function : callable
        Called as ``function(*arguments, **keywords)``.
    names : str
        The argument that the message must name; several may be given as ``"pool_size|x"``, and
        then any of them will do.

    Raises
    ------
    CheckFailed
        If nothing is raised, something else is, or the message does not name the argument.
    """
    shown = [f"x of shape {a.shape}" if isinstance(a, np.ndarray) else repr(a) for a in arguments]
    shown += [f"{name}={value!r}" for name, value in keywords.items()]
    call = ", ".join(shown)
    wanted = " or ".join(names.split("|"))
    given = [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]
    error: Exception | None = None
    received = None
    try:
        received = _invoke(function, call, *given, **keywords)
    except CheckFailed:
        raise
    except Exception as raised:  # noqa: BLE001 - which one it is, is the question
        error = raised
    head = f"{_called(function)} must raise ValueError with a message that names {wanted}."
    if error is None:
        got = _shorten(repr(received))
        if isinstance(received, np.ndarray):
            got = f"an array of shape {received.shape}"
        raise CheckFailed(f"{head}\n\n  case      {call}\n  received  no error, but {got}")
    told = f"{type(error).__name__}: {_shorten(str(error))}"
    if not isinstance(error, ValueError):
        raise CheckFailed(f"{head}\n\n  case      {call}\n  received  {told}")
    # As a word: "expected 4 values" does not name x.
    words = "|".join(re.escape(name) for name in names.split("|"))
    if not re.search(rf"\b({words})\b", str(error), re.IGNORECASE):
        raise CheckFailed(
            f"{head}\n\n  case      {call}\n  received  {told}\n"
            f"  hint      the message does not contain the word {wanted}"
        )


def check_output_size(
    function: Function, layer: type, size: int, window: int, stride: int, padding: str
) -> None:
    """Compare ``output_size`` with the layer's own ``compute_output_shape`` on one case.

    Parameters
    ----------
    function : callable
        Called as ``function(size, window, stride, padding)``.
    layer : type
        Keras pooling layer class.
    size, window, stride : int
        Cells along one axis.
    padding : {"valid", "same"}

    Raises
    ------
    CheckFailed
        If the number differs, or is not an ``int``.
    """
    call = f"size={size}, window={window}, stride={stride}, padding={padding!r}"
    expected = _expected_size(layer, size, window, stride, padding)
    received = _call(function, call, size, window, stride, padding)
    if isinstance(received, bool) or not isinstance(received, (int, np.integer)):
        raise CheckFailed(
            f"{_called(function)} must return an int.\n\n  case      {call}\n"
            f"  expected  {expected}\n"
            f"  received  {_shorten(repr(received))}, a {type(received).__name__}"
        )
    if received != expected:
        raise CheckFailed(
            f"{_called(function)} does not agree with {_name(layer)}.\n\n  case      {call}\n"
            f"  expected  {expected}\n  received  {received}"
        )


def passed(what: str) -> None:
    """Say that a test cell got to its end, for the student who looks for a sign.

    Parameters
    ----------
    what : str
        Function and aspect, for example ``"max_pool2d, strides"``.
    """
    print(f"✓ passed: {what}")
