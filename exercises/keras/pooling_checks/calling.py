"""Calling a student's function, within its limits."""

from __future__ import annotations

import contextlib
import inspect
import io
import signal
import sys
import threading
import traceback
import weakref
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from .cases import Case
from .libraries import UsesLibrary, no_points, numpy_only, source_line
from .messages import CheckFailed, shorten
from .oracle import Oracle, Results

#: The folder of these modules, whose frames are not the student's.
HERE = Path(__file__).parent

#: Seconds one call of a student's function may take. The cases are tiny: an answer with Python
#: loops needs milliseconds, so whoever needs seconds has a loop that does not end.
CALL_LIMIT = 5.0

#: The same for calls that may use libraries: to build a network takes longer.
LIBRARIES_CALL_LIMIT = 20.0

#: The same for calls that only look for the use of a library.
SURVEY_LIMIT = 1.0

Function = Callable[..., Any]

#: What a function is called with: by position, and by name.
Arguments = tuple[tuple[Any, ...], dict[str, Any]]


class _CallTookTooLong(BaseException):
    """Raised inside a student's call by the timer. Not an `Exception`: ``except Exception`` in a
    loop that never ends must not swallow it."""


#: For each function, the kinds of calls that did not return in time. Such a call is not made again,
#: it would only cost the same time again; after three kinds, none is. Running the cell that defines
#: the function makes a new object, and it is called afresh.
_endless: MutableMapping[Any, set[Any]] = weakref.WeakKeyDictionary()

#: For each function that was called on a good case: why it gets no points, or nothing.
_surveyed: MutableMapping[Any, str] = weakref.WeakKeyDictionary()


def called(function: Function) -> str:
    """What to call a function in a message; a `functools.partial` has no name of its own."""
    return getattr(function, "__name__", type(function).__name__)


def _kind_of_call(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """What calls may share: which arguments are given, and words such as "same"."""
    given = dict(enumerate(arguments)) | keywords
    return frozenset((key, value if isinstance(value, str) else "") for key, value in given.items())


def _is_endless(function: Function, kind: Any) -> bool:
    try:
        known = _endless.get(function, set())
    except TypeError:  # an object that cannot be hashed or weakly referenced
        return False
    return kind in known or len(known) >= 3


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
    told = getattr(error, "student_lines", None)  # by a function that lives in another process
    if isinstance(told, list):
        return told[-3:]
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).parent != HERE and "site-packages" not in frame.filename
    ]
    return [source_line(frame.filename, frame.lineno or 0, frame.name) for frame in frames[-3:]]


def _watched(
    function: Function, seconds: float, *arguments: Any, libraries: bool = False, **keywords: Any
) -> Any:
    """Call a student's function within the time limit and, unless allowed, without libraries.

    What it raises itself passes through; `_CallTookTooLong` and `UsesLibrary` tell of the limits.

    When work is graded, the function may live in another process, and what is called here stands
    for it. Then its type has a method ``__call_within__``, which keeps the limits there and tells
    the outcome: ``"returned"`` and the value, ``"uses"`` and what `UsesLibrary` tells, or
    ``"late"``.
    """
    elsewhere = getattr(type(function), "__call_within__", None)
    if elsewhere is not None:
        return _outcome(*elsewhere(function, seconds, libraries, arguments, keywords))
    # A test cell that writes to stderr fails under nbgrader; a warning is no mistake.
    watch: contextlib.AbstractContextManager[list[str]] = (
        contextlib.nullcontext([]) if libraries else numpy_only()
    )
    with contextlib.redirect_stderr(sys.stdout), watch as found, _time_limit(seconds):
        try:
            return function(*arguments, **keywords)
        finally:
            if found:  # whatever the function made of it
                raise UsesLibrary(*found)


def _outcome(outcome: str, value: Any) -> Any:
    """What a call in another process came to."""
    if outcome == "uses":
        raise UsesLibrary(*value)
    if outcome == "late":
        raise _CallTookTooLong
    return value


def survey(function: Function, cases: Iterable[Case]) -> None:
    """Raise `CheckFailed` if the function uses a library, for one of the cases.

    An answer that leaves only ``same`` to a library gets no points for ``valid`` either: so the
    other ways through it are tried too, once for each function. What else goes wrong there is for
    the tests of those aspects to tell.
    """
    try:
        if function not in _surveyed:
            _surveyed[function] = _use_of_a_library(function, cases)
        message = _surveyed[function]
    except TypeError:  # an object that cannot be hashed or weakly referenced
        message = _use_of_a_library(function, cases)
    if message:
        raise CheckFailed(message)


def _takes(function: Function, name: str) -> bool:
    """Whether a function has a parameter of this name."""
    try:
        known = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # not every callable has one
        return True
    return any(p.name == name or p.kind is p.VAR_KEYWORD for p in known)


def _use_of_a_library(function: Function, cases: Iterable[Case]) -> str:
    for case in cases:
        arguments = {k: value for k, value in case.arguments.items() if _takes(function, k)}
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                _watched(function, SURVEY_LIMIT, *case.copies(), **arguments)
        except UsesLibrary as use:
            return no_points(called(function), *use.args)
        except _CallTookTooLong:
            return ""
        except Exception:  # noqa: BLE001 - students raise anything
            continue
    return ""


def invoke(
    function: Function, text: str, *arguments: Any, libraries: bool = False, **keywords: Any
) -> Any:
    """Call a student's function within the time limit. What it raises itself passes through.

    With `libraries`, it may use whatever it likes; without, NumPy only.
    """
    limit = LIBRARIES_CALL_LIMIT if libraries else CALL_LIMIT
    kind = _kind_of_call(arguments, keywords)
    return _limits_told(
        function,
        text,
        kind,
        limit,
        lambda: _watched(function, limit, *arguments, libraries=libraries, **keywords),
    )


def _limits_told(
    function: Function, text: Any, kind: Any, limit: float, work: Callable[[], Any]
) -> Any:
    """What `work` gives, which calls the function; with limits that were hit as `CheckFailed`."""
    name = called(function)
    broke_down = False
    if _is_endless(function, kind):
        skipped = CheckFailed(
            f"{name} did not return within {limit:g} seconds in an earlier test, so it is "
            "not called again.\n\n  way out   look for a loop that never ends, run the cell that "
            f"defines {name} again, then this one"
        )
        skipped.broke_down = True
        raise skipped
    try:
        return work()
    except UsesLibrary as use:
        message = no_points(name, *use.args)
    except _CallTookTooLong:
        with contextlib.suppress(TypeError):
            _endless.setdefault(function, set()).add(kind)
        message = (
            f"{name} did not return within {limit:g} seconds.\n\n  case      {text}\n"
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


def call(
    function: Function, text: str, *arguments: Any, libraries: bool = False, **keywords: Any
) -> Any:
    """`invoke`, with any exception turned into a `CheckFailed` that shows the student's lines."""
    return _errors_told(
        function,
        text,
        lambda: invoke(function, text, *arguments, libraries=libraries, **keywords),
    )


def call_each(function: Function, calls: Iterable[tuple[Any, Arguments]]) -> Iterator[Any]:
    """What `call` gives for each call, given by a text for messages and its arguments.

    A function that lives in another process is asked for many at once, if its type has a method
    ``__call_each_within__``: it yields for each what ``__call_within__`` would tell, or
    ``"raised"`` and the exception, and nothing after the first that did not return. It does not
    tell what a call makes of its arguments.
    """
    told = list(calls)
    elsewhere = getattr(type(function), "__call_each_within__", None)
    if elsewhere is None:
        for text, (arguments, keywords) in told:
            yield call(function, text, *arguments, **keywords)
        return
    outcomes = elsewhere(function, CALL_LIMIT, False, [given for _, given in told])

    def next_outcome() -> Any:
        outcome, value = next(outcomes)
        if outcome == "raised":
            raise value
        return _outcome(outcome, value)

    for text, (arguments, keywords) in told:
        kind = _kind_of_call(arguments, keywords)

        def limited(text: Any = text, kind: Any = kind) -> Any:
            return _limits_told(function, text, kind, CALL_LIMIT, next_outcome)

        yield _errors_told(function, text, limited)


def _errors_told(function: Function, text: Any, work: Callable[[], Any]) -> Any:
    """What `work` gives, which calls the function; with what it raises as `CheckFailed`."""
    try:
        return work()
    except CheckFailed:
        raise
    except Exception as error:  # noqa: BLE001 - students raise anything
        lines = "\n".join(_own_frames(error))
        message = (
            f"{called(function)} raised {type(error).__name__}: {shorten(str(error))}\n\n"
            f"  case      {text}" + (f"\n  raised at\n{lines}" if lines else "")
        )
    failed = CheckFailed(message)
    failed.broke_down = True
    raise failed


def results(function: Function, oracle: Oracle, case: Case) -> Results:
    """What the function returns for the case, as arrays, of the kind that it must return.

    Raises
    ------
    CheckFailed
        If it raises, or returns something else.
    """
    # The function gets copies: one that modifies its input fails `check_pure` and nothing else.
    received = call(function, str(case), *case.copies(), **case.arguments)
    return _of_right_kind(function, oracle, case, received)


def results_each(function: Function, oracle: Oracle, cases: Sequence[Case]) -> Iterator[Results]:
    """The `results` of each case, one after the other."""
    calls = ((case, (tuple(case.copies()), case.arguments)) for case in cases)
    for case, received in zip(cases, call_each(function, calls), strict=True):
        yield _of_right_kind(function, oracle, case, received)


def _of_right_kind(function: Function, oracle: Oracle, case: Case, received: Any) -> Results:
    """What a function returned, as `results` gives it."""
    survey(function, oracle.variants(case))
    if oracle.number:
        return (_as_number(function, case, received),)
    if len(oracle.results) == 1:
        return (_as_array(function, case, received, ""),)
    names = ", ".join(oracle.results)
    if not isinstance(received, tuple) or len(received) != len(oracle.results):
        what = f"{len(received)} values" if isinstance(received, tuple) else _kind(received)
        raise CheckFailed(
            f"{called(function)} must return a tuple of {len(oracle.results)} arrays ({names}), "
            f"but returned {what}.\n\n  case      {case}"
        )
    return tuple(
        _as_array(function, case, array, f" as {name}")
        for array, name in zip(received, oracle.results, strict=True)
    )


def _kind(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}"


def _as_number(function: Function, case: Case, received: Any) -> np.ndarray:
    alone = isinstance(received, np.ndarray) and received.ndim == 0
    if not alone and not isinstance(received, (int, float, np.number, np.bool_)):
        raise CheckFailed(
            f"{called(function)} must return a number, but returned {_kind(received)}.\n\n"
            f"  case      {case}"
            + ("\n  hint      is there a `return`?" if received is None else "")
        )
    return np.asarray(received)


def _as_array(function: Function, case: Case, received: Any, role: str) -> np.ndarray:
    if not isinstance(received, np.ndarray):
        raise CheckFailed(
            f"{called(function)} must return a NumPy array{role}, but returned "
            f"{_kind(received)}.\n\n"
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
            f"{called(function)} must return an array of numbers{role}, but returned one of dtype "
            f"{received.dtype}.\n\n  case      {case}"
        )
    return received
