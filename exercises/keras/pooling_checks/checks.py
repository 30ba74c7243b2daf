"""The checks that the notebooks call."""

from __future__ import annotations

import inspect
import re
from typing import Any

import numpy as np

from .calling import Function, call, call_each, called, invoke, results
from .cases import Case
from .comparing import compare, compare_all
from .messages import CheckFailed, number, place, shorten
from .oracle import Oracle
from .pooling_layers import PoolingLayer, output_size, random_cases


def as_oracle(oracle: Oracle | type) -> Oracle:
    """A Keras layer's class as an oracle; an oracle as it is."""
    return oracle if isinstance(oracle, Oracle) else PoolingLayer(oracle)


def _case(oracle: Oracle, arrays: tuple[np.ndarray, ...], arguments: dict[str, Any]) -> Case:
    return Case(dict(zip(oracle.inputs, arrays, strict=True)), arguments)


def check_output(
    function: Function, oracle: Oracle | type, *arrays: np.ndarray, **arguments: Any
) -> None:
    """Compare what the function returns with the oracle on one case: shapes and values.

    Parameters
    ----------
    function : callable
        Called as ``function(*arrays, **arguments)`` with copies of the arrays.
    oracle : type or Oracle
        Keras layer class, called as ``layer(**arguments)(x)``, or another oracle.
    *arrays : numpy.ndarray
        For a layer one array, ``(batch, height, width, channels)``.
    **arguments
        For a layer ``pool_size``, ``strides``, ``padding`` or ``keepdims``.

    Raises
    ------
    CheckFailed
        If a shape or a value differs, with the first place that does.
    """
    oracle = as_oracle(oracle)
    compare(function, oracle, _case(oracle, arrays, arguments))


def check_shape(
    function: Function, oracle: Oracle | type, *arrays: np.ndarray, **arguments: Any
) -> None:
    """Compare only the shapes of what the function returns with the oracle's on one case.

    Parameters
    ----------
    function, oracle, *arrays, **arguments
        As for `check_output`.

    Raises
    ------
    CheckFailed
        If a shape differs.
    """
    oracle = as_oracle(oracle)
    case = _case(oracle, arrays, arguments)
    shapes = [result.shape for result in results(function, oracle, case)]
    if shapes != [result.shape for result in oracle.right(case)]:
        compare(function, oracle, case)


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
    """Compare the function with a pooling layer on random cases.

    A case that fails is shrunk: its arrays and arguments are made smaller for as long as it fails.

    Parameters
    ----------
    function : callable
        Called as ``function(x, **arguments)``.
    layer : type
        Keras layer class.
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
    oracle = PoolingLayer(layer)
    drawn = random_cases(
        seed, cases, padding, strides, rectangular, channels, values, oracle.windowed, oracle.axes
    )
    compare_all(function, oracle, drawn)


def check_dtype(
    function: Function, oracle: Oracle | type, *arrays: np.ndarray, **arguments: Any
) -> None:
    """Check that the results have the input's floating dtype and its precision.

    Parameters
    ----------
    function, oracle, *arrays, **arguments
        As for `check_output`. The arrays are checked as float32 and as float64.

    Raises
    ------
    CheckFailed
        If a dtype differs, or a float64 answer has only the precision of float32.
    """
    oracle = as_oracle(oracle)
    given = _case(oracle, arrays, arguments).as_float("float64")
    # Such fractions have no exact binary form, so a detour through float32 shows in float64.
    fractions = {name: a + 1 / 3 for name, a in given.arrays.items() if a.dtype.kind == "f"}
    for dtype in ("float32", "float64"):
        case = given.with_arrays(**fractions).as_float(dtype)
        expected = oracle.right(case)
        received = results(function, oracle, case)
        for name, wanted, got in zip(oracle.results, expected, received, strict=True):
            what = "the input's" if wanted.dtype == case.x.dtype else "the right"
            role = f" of {name}" if len(oracle.results) > 1 else ""
            if got.dtype != wanted.dtype:
                verb = "keep" if what == "the input's" else "return"
                raise CheckFailed(
                    f"{called(function)} must {verb} {what} dtype.\n\n  case      {case}\n"
                    f"  expected  {wanted.dtype}{role}\n  received  {got.dtype}{role}"
                )
            if wanted.dtype != "float64" or got.shape != wanted.shape:
                continue
            gap = np.abs(got - wanted).max(initial=0.0)
            # Only a loss of precision is this check's business: a gap of the size of float32's
            # roundings. A wrong value is for `check_output` to tell.
            if 1e-12 < gap / np.abs(case.x).max(initial=1e-300) < 1e-6:
                raise CheckFailed(
                    f"{called(function)} must keep the input's precision.\n\n  case      {case}\n"
                    f"  expected  agreement to about 1e-15\n  received  values that are off by "
                    f"{gap:.1e}\n  hint      was the work done in float32?"
                )


def _names(function: Function, count: int) -> list[str]:
    """What a function calls its first parameters."""
    try:
        known = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # not every callable has one
        known = []
    return [known[n] if n < len(known) else f"argument {n + 1}" for n in range(count)]


def check_pure(function: Function, *arrays: np.ndarray, **arguments: Any) -> None:
    """Check that the function leaves its inputs alone and returns arrays of its own.

    Parameters
    ----------
    function, *arrays, **arguments
        As for `check_output`.

    Raises
    ------
    CheckFailed
        If an input was changed, or a result shares its memory.
    """
    names = _names(function, len(arrays))
    case = Case(dict(zip(names, arrays, strict=True)), arguments)
    given = case.copies()
    received = None
    try:
        received = call(function, str(case), *given, **arguments)
    except CheckFailed as failed:
        if not failed.broke_down:
            raise
        # That is for the test of this case's values to tell.
    for name, before, after in zip(names, arrays, given, strict=True):
        if not np.array_equal(after, before):
            index = tuple(int(i) for i in np.argwhere(after != before)[0])
            raise CheckFailed(
                f"{called(function)} must not modify its input.\n\n  case      {case}\n"
                f"  changed   {name}{place(index)} was {number(before[index])}, "
                f"is {number(after[index])} after the call\n"
                f"  way out   work on a copy: {name} = {name}.copy()"
            )
    for result in received if isinstance(received, tuple) else (received,):
        if isinstance(result, np.ndarray) and any(np.shares_memory(result, a) for a in given):
            raise CheckFailed(
                f"{called(function)} must return an array of its own, not a view of its input: "
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
    shown = [
        f"{name} of shape {a.shape}" if isinstance(a, np.ndarray) else repr(a)
        for name, a in zip(_names(function, len(arguments)), arguments, strict=True)
    ]
    shown += [f"{name}={value!r}" for name, value in keywords.items()]
    text = ", ".join(shown)
    wanted = " or ".join(names.split("|"))
    given = [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]
    error: Exception | None = None
    received = None
    try:
        received = invoke(function, text, *given, **keywords)
    except CheckFailed:
        raise
    except Exception as raised:  # noqa: BLE001 - which one it is, is the question
        error = raised
    head = f"{called(function)} must raise ValueError with a message that names {wanted}."
    if error is None:
        got = shorten(repr(received))
        if isinstance(received, np.ndarray):
            got = f"an array of shape {received.shape}"
        raise CheckFailed(f"{head}\n\n  case      {text}\n  received  no error, but {got}")
    told = f"{type(error).__name__}: {shorten(str(error))}"
    if not isinstance(error, ValueError):
        raise CheckFailed(f"{head}\n\n  case      {text}\n  received  {told}")
    # As a word: "expected 4 values" does not name x.
    words = "|".join(re.escape(name) for name in names.split("|"))
    if not re.search(rf"\b({words})\b", str(error), re.IGNORECASE):
        raise CheckFailed(
            f"{head}\n\n  case      {text}\n  received  {told}\n"
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
    _check_sizes(function, layer, [(size, window, stride, padding)])


def check_output_sizes(function: Function, layer: type, longest: int, padding: str) -> None:
    """`check_output_size` on every size, window and stride from 1 to `longest`.

    Parameters
    ----------
    function, layer
        As for `check_output_size`.
    longest : int
        Cells.
    padding : {"valid", "same"}
        With ``"valid"``, windows that are larger than the input are left out.

    Raises
    ------
    CheckFailed
        For the first case in which the number differs, or is not an ``int``.
    """
    lengths = range(1, longest + 1)
    cases = [
        (size, window, stride, padding)
        for size in lengths
        for window in (range(1, size + 1) if padding == "valid" else lengths)
        for stride in lengths
    ]
    _check_sizes(function, layer, cases)


def _check_sizes(function: Function, layer: type, cases: list[tuple[int, int, int, str]]) -> None:
    texts = [
        f"size={size}, window={window}, stride={stride}, padding={padding!r}"
        for size, window, stride, padding in cases
    ]
    answers = call_each(function, [(t, (case, {})) for t, case in zip(texts, cases, strict=True)])
    for case, text, received in zip(cases, texts, answers, strict=True):
        expected = output_size(layer, *case)
        if isinstance(received, bool) or not isinstance(received, (int, np.integer)):
            raise CheckFailed(
                f"{called(function)} must return an int.\n\n  case      {text}\n"
                f"  expected  {expected}\n"
                f"  received  {shorten(repr(received))}, a {type(received).__name__}"
            )
        if received != expected:
            raise CheckFailed(
                f"{called(function)} does not agree with keras.layers.{layer.__name__}.\n\n"
                f"  case      {text}\n  expected  {expected}\n  received  {received}"
            )


def passed(what: str) -> None:
    """Say that a test cell got to its end, for the student who looks for a sign.

    Parameters
    ----------
    what : str
        Function and aspect, for example ``"max_pool2d, strides"``.
    """
    print(f"✓ passed: {what}")
