"""The judge's hand in the student's process: runs cells, calls functions, tells of names.

Nothing here is trusted by the judge. A student's code shares this process and may change all of
it; then the judge gets other values, as if the functions had returned them, and no more than that.

A request is a frame whose message holds ``q``, what is asked, and ``n``, its number; the answer's
message holds the same ``n``. What an answer prints while a test calls it is dropped: printed
arguments would show hidden cases.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import linecache
import signal
import socket
import sys
import sysconfig
import threading
import time
import traceback
import types
import weakref
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from autograder import wire
from autograder.wire import Closed, Connection, Decoder, Encoder, Tree, WireError, frame

#: The folder of this package, whose frames are not the student's.
HERE = str(Path(__file__).resolve().parents[1])

#: The folders of Python's own library and of what is installed.
_INSTALLED = tuple({sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")})

#: Bytes of returned arrays after which no more calls are made for the same answer.
TOGETHER_BYTES = 2**20

#: Characters of a message, a line of code or a `repr` that are sent.
TEXT_LIMIT = 10_000


class _TookTooLong(BaseException):
    """Raised inside a call by the timer. Not an `Exception`: ``except Exception`` in a loop that
    never ends must not swallow it."""


class _Uses(BaseException):
    """A call has used a library: which one, and the line."""


class _Nowhere:
    """A stream for what is printed during a call."""

    encoding = "utf-8"
    errors = "replace"
    closed = False

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True


@contextlib.contextmanager
def _time_limit(seconds: float | None) -> Iterator[None]:
    """Raise `_TookTooLong` in the body after `seconds`; the judge has a deadline of its own."""
    if seconds is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def give_up(signum: int, frame: FrameType | None) -> None:
        raise _TookTooLong

    before = signal.signal(signal.SIGALRM, give_up)
    # It rings again and again: a single ring could fall into the student's own `except:`.
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    before = sys.stdout, sys.stderr
    nowhere: Any = _Nowhere()
    sys.stdout = sys.stderr = nowhere
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


class _Results(Encoder):
    """Encodes what a call returned: an array that lies in an argument's memory is told as such."""

    def __init__(self, agent: Agent, given: Sequence[np.ndarray] = ()) -> None:
        super().__init__(agent.reference)
        self._agent = agent
        self._given = given
        self._met: dict[int, int] = {}

    def _array(self, array: np.ndarray, depth: int) -> Tree:
        for number, argument in enumerate(self._given):
            if array is argument:
                return ["v", number]
            place = _place_in(array, argument)
            if place is not None:
                return ["v", number, *place]
        tree = self._agent.earlier(array, self) or super()._array(array, depth)
        if tree[0] == "a":
            self._agent.remember(array)
        return tree

    def whole(self, array: np.ndarray) -> Tree:
        """The array itself, wherever it lies."""
        return super()._array(array, 0)


def _place_in(array: np.ndarray, whole: np.ndarray) -> list[Any] | None:
    """Where `array` lies in the memory of `whole`: dtype, shape, steps and first byte."""
    if not np.may_share_memory(array, whole) or array.dtype.kind not in "biufc":
        return None
    low, high = _bounds(array)
    first, last = _bounds(whole)
    if not (first <= low and high <= last):
        return None
    start = array.__array_interface__["data"][0] - first
    return [array.dtype.str, list(array.shape), list(array.strides), start]


def _bounds(array: np.ndarray) -> tuple[int, int]:
    low = high = array.__array_interface__["data"][0]
    for length, step in zip(array.shape, array.strides, strict=True):
        if length == 0:
            return low, low
        if step < 0:
            low += step * (length - 1)
        else:
            high += step * (length - 1)
    return low, high + array.itemsize


class Agent:
    """Answers the judge's requests.

    Parameters
    ----------
    shell : Shell
        Runs cells; its `user_ns` holds the student's names.
    limits : module, optional
        ``pooling_checks.libraries``, if the assignment has it: it knows "NumPy only".
    """

    def __init__(self, shell: Any, limits: types.ModuleType | None = None) -> None:
        self.shell = shell
        self._limits = limits
        self._objects: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}
        self._told: dict[int, dict[str, Any]] = {}
        #: Arrays that were returned: where they lie, and their owner, for as long as it lives.
        self._returned: dict[int, tuple[weakref.ref[np.ndarray], _Span]] = {}
        self._count = 0
        self._models: Any = None
        #: Processor seconds in the student's cells and functions.
        self._own_seconds = 0.0

    # --- requests ---------------------------------------------------------------------------------

    def serve(self, channel: socket.socket) -> None:
        """Answer requests until the judge closes the channel."""
        connection = Connection(channel)
        while True:
            try:
                message, blobs = connection.receive()
            except Closed:
                return
            answer = self._answer(message, blobs)
            try:
                connection.send(answer)
            except Closed:
                return

    def _answer(self, message: dict[str, Any], blobs: list[memoryview]) -> bytes:
        number = message["n"]
        encoder: Encoder = Encoder(self.reference)
        try:
            if message["q"] == "call":
                return self._call(message, blobs)
            answer, encoder = getattr(self, f"_{message['q']}")(message, blobs)
        except WireError as error:
            answer, encoder = {"refused": str(error)[:TEXT_LIMIT]}, Encoder()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the judge shall hear of it
            answer, encoder = {"x": self._exception(error)}, Encoder()
        try:
            return frame({"n": number, **answer}, encoder)
        except WireError as error:
            return frame({"n": number, "refused": str(error)[:TEXT_LIMIT]}, Encoder())

    def _files(self, message: dict[str, Any], blobs: list[memoryview]) -> tuple[Any, Encoder]:
        for name, blob in zip(message["names"], blobs, strict=True):
            path = Path(name)
            if path.is_absolute() or ".." in path.parts:
                raise ValueError(f"{name!r} is no path inside the folder")
            with contextlib.suppress(OSError):  # a full folder; the cell that needs it will say so
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(blob)
        return {}, Encoder()

    def _usage(self, message: dict[str, Any], blobs: list[memoryview]) -> tuple[Any, Encoder]:
        return {"own_seconds": self._own_seconds}, Encoder()

    @contextlib.contextmanager
    def _own(self) -> Iterator[None]:
        """Count what the body uses as the student's own."""
        before = time.process_time()
        try:
            yield
        finally:
            self._own_seconds += time.process_time() - before

    def _run(self, message: dict[str, Any], blobs: list[memoryview]) -> tuple[Any, Encoder]:
        with self._own():
            run = self.shell.run(
                message["source"],
                seconds=message["seconds"],
                output_bytes=message["output_bytes"],
                **({"execution_count": message["count"]} if self._counts else {}),
            )
        answer = {
            "outputs": run.outputs,
            "bound": [str(name) for name in run.bound],
            "removed": [str(name) for name in run.removed],
            "late": bool(run.timed_out),
        }
        return answer, Encoder()

    @property
    def _counts(self) -> bool:
        try:
            return "execution_count" in inspect.signature(self.shell.run).parameters
        except (TypeError, ValueError):
            return False

    def _name(self, message: dict[str, Any], blobs: list[memoryview]) -> tuple[Any, Encoder]:
        names = self.shell.user_ns
        name = message["name"]
        if name not in names:
            return {"missing": True}, Encoder()
        if type(names[name]) is types.ModuleType:
            return {"module": names[name].__name__[:TEXT_LIMIT]}, Encoder()
        return self._value(names[name])

    def _attribute(self, message: dict[str, Any], blobs: list[memoryview]) -> tuple[Any, Encoder]:
        with _silence(), _time_limit(message["seconds"]):
            value = getattr(self._objects[message["f"]], message["name"])
        return self._value(value)

    def _repr(self, message: dict[str, Any], blobs: list[memoryview]) -> tuple[Any, Encoder]:
        with _silence(), _time_limit(message["seconds"]):
            text = repr(self._objects[message["f"]])
        return {"v": str(text)[:TEXT_LIMIT]}, Encoder()

    def _isinstance(self, message: dict[str, Any], blobs: list[memoryview]) -> tuple[Any, Encoder]:
        found = isinstance(self._objects[message["f"]], self._objects[message["class"]])
        return {"v": bool(found)}, Encoder()

    def _seed(self, message: dict[str, Any], blobs: list[memoryview]) -> tuple[Any, Encoder]:
        """Seed the generators as ``keras.utils.set_random_seed`` does."""
        import random

        random.seed(message["seed"])
        np.random.seed(message["seed"])  # noqa: NPY002 - what answers draw from
        keras = sys.modules.get("keras")
        if keras is not None:
            keras.utils.set_random_seed(message["seed"])
        return {}, Encoder()

    def _value(self, value: Any) -> tuple[Any, Encoder]:
        encoder = _Results(self)
        try:
            return {"v": encoder.tree(value)}, encoder
        except (WireError, RecursionError):
            # A list that holds itself, or that has no end: an object like others.
            encoder = _Results(self)
            return {"v": self._refer(value)}, encoder

    # --- calls ------------------------------------------------------------------------------------

    def _call(self, message: dict[str, Any], blobs: list[memoryview]) -> bytes:
        decoder = Decoder(blobs, {"R": self._local, "K": self._read_model})
        arguments = decoder.all(message["a"], 0)
        keywords = dict(zip(message["k"], decoder.all(message["w"], 0), strict=True))
        function = self._objects[message["f"]]
        answer: dict[str, Any]
        encoder: Encoder = Encoder(self.reference)
        try:
            with self._own():
                result = self._limited(function, message, arguments, keywords)
            encoder = _Results(self, decoder.arrays)
            try:
                answer = {"v": encoder.tree(result)}
            except (WireError, RecursionError):
                encoder = _Results(self, decoder.arrays)
                answer = {"v": self._refer(result)}
            del result
        except _TookTooLong:
            answer = {"late": True}
        except _Uses as uses:
            answer = {"uses": [str(part)[:TEXT_LIMIT] for part in uses.args[:2]]}
        except BaseException as error:  # noqa: BLE001 - students raise anything
            answer = {"x": self._exception(error)}
        if decoder.arrays or decoder.mutable:
            self._tell_changes(message, blobs, decoder, (arguments, keywords), answer, encoder)
        try:
            return frame({"n": message["n"], **answer}, encoder)
        except WireError as error:
            return frame({"n": message["n"], "refused": str(error)[:TEXT_LIMIT]}, Encoder())

    def _calls(self, message: dict[str, Any], blobs: list[memoryview]) -> tuple[Any, Encoder]:
        """Call a function several times, up to the first time that goes wrong."""
        function = self._objects[message["f"]]
        watch: contextlib.AbstractContextManager[list[str]] = contextlib.nullcontext([])
        if message["numpy_only"] and self._limits is not None:
            watch = self._limits.numpy_only()
        end = time.monotonic() + message["total"]
        encoder = Encoder()
        answers: list[dict[str, Any]] = []
        seen: list[str] = []
        try:
            with _silence(), watch as seen:
                for trees in message["a"]:
                    answer = self._one_of_each(function, trees, message["s"], blobs, encoder.blobs)
                    answers.append(answer)
                    if seen or "v" not in answer or time.monotonic() > end:
                        break
                    if sum(map(len, encoder.blobs)) > TOGETHER_BYTES:
                        break
        except BaseException as use:
            if self._limits is None or not isinstance(use, self._limits.UsesLibrary):
                raise
            seen = seen or [*use.args] or ["a library", ""]
        if seen:  # whatever the function made of it
            answers[-1:] = [{"uses": [str(part)[:TEXT_LIMIT] for part in seen[:2]]}]
        return {"answers": answers}, encoder

    def _one_of_each(
        self,
        function: Callable[..., Any],
        trees: list[Any],
        seconds: float,
        given: list[memoryview],
        blobs: list[bytes],
    ) -> dict[str, Any]:
        """One call; what it returns is told as it is now, wherever it lies."""
        decoder = Decoder(given, {"R": self._local, "K": self._read_model})
        arguments = decoder.all(trees[0], 0)
        keywords = dict(zip(trees[1], decoder.all(trees[2], 0), strict=True))
        try:
            with self._own(), _time_limit(seconds):
                result = function(*arguments, **keywords)
            encoder = Encoder(self.reference)
            try:
                encoder.blobs = [*blobs]
                answer = {"v": encoder.tree(result)}
            except (WireError, RecursionError):
                return {"v": self._refer(result)}
            blobs[:] = encoder.blobs
            return answer
        except _TookTooLong:
            return {"late": True}
        except BaseException as error:  # noqa: BLE001 - students raise anything
            return {"x": self._exception(error)}

    def _limited(
        self,
        function: Callable[..., Any],
        message: dict[str, Any],
        arguments: list[Any],
        keywords: dict[str, Any],
    ) -> Any:
        """Call within the limits that the judge asks for."""
        with _silence():
            if not message["numpy_only"] or self._limits is None:
                with _time_limit(message["s"]):
                    return function(*arguments, **keywords)
            seen: list[str] = []
            try:
                # The timer outside, for the watch would take this module's frames for an answer's.
                with _time_limit(message["s"]), self._limits.numpy_only() as seen:
                    return function(*arguments, **keywords)
            except self._limits.UsesLibrary as use:
                raise _Uses(*(seen or use.args or ("a library", ""))) from None
            finally:
                if seen:  # whatever the function made of it
                    raise _Uses(*seen)

    def _tell_changes(
        self,
        message: dict[str, Any],
        blobs: list[memoryview],
        decoder: Decoder,
        given: tuple[list[Any], dict[str, Any]],
        answer: dict[str, Any],
        encoder: Encoder,
    ) -> None:
        """Add what the call made of its arguments, if it changed them."""
        changed: list[Any] = []
        whole = _Results(self)
        whole.blobs = encoder.blobs  # one frame, one list of blobs
        for number, (array, blob) in enumerate(
            zip(decoder.arrays, decoder.array_blobs, strict=True)
        ):
            order = wire.memory_order(array)
            if array.transpose(order).tobytes() != blobs[blob] or decoder.shapes[number] != (
                array.shape
            ):
                changed.append([number, whole.whole(array)])
        if changed:
            answer["changed"] = changed
        if decoder.mutable:
            again = Encoder(self.reference)
            try:
                trees = [again.tree(value) for value in (*given[0], *given[1].values())]
            except (WireError, RecursionError):
                return
            if trees != [*message["a"], *message["w"]] or [*map(bytes, again.blobs)] != [
                *map(bytes, blobs)
            ]:
                shift = len(encoder.blobs)
                encoder.blobs += again.blobs
                answer["contents"] = {"shift": shift, "trees": trees, "blobs": len(again.blobs)}

    def _exception(self, error: BaseException) -> dict[str, Any]:
        """What the judge hears of an exception: names and texts."""
        bases = [
            base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins"
        ]  # fmt: skip
        try:
            text = str(error)
        except BaseException:  # noqa: BLE001 - a `__str__` of the student's
            text = "(no message)"
        return {
            "type": type(error).__name__[:200],
            "bases": bases,
            "text": text[:TEXT_LIMIT],
            "lines": self._own_lines(error),
        }

    def _own_lines(self, error: BaseException) -> list[list[Any]]:
        """File, number, function and text of the student's lines that the error passed through."""
        found = []
        try:
            for place in traceback.extract_tb(error.__traceback__):
                if not _is_own(place.filename):
                    continue
                line = linecache.getline(place.filename, place.lineno or 0).strip()
                found.append(
                    [Path(place.filename).name[:200], place.lineno or 0, place.name[:200],
                     line[:1000]]
                )  # fmt: skip
        except Exception:  # noqa: BLE001 - the student may have changed these modules
            return []
        return found[-10:]

    # --- arrays that were returned before ---------------------------------------------------------

    def remember(self, array: np.ndarray) -> None:
        """Number an array that is returned: whoever returns it again shows that it was kept."""
        self._count += 1
        if len(self._returned) > 256:
            alive = [(n, kept) for n, kept in self._returned.items() if kept[0]() is not None]
            self._returned = dict(alive)
        owner: Any = array
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        try:
            self._returned[self._count] = (weakref.ref(owner), _Span(array))
        except TypeError:
            return

    def earlier(self, array: np.ndarray, encoder: _Results) -> Tree | None:
        """The tree of an array that lies in one that was returned before, if it does."""
        for number, (owner, span) in list(self._returned.items()):
            kept = owner()
            if kept is None:
                del self._returned[number]
                continue
            if np.may_share_memory(array, kept):
                whole = span.array(kept)
                place = _place_in(array, whole)
                if place is not None:
                    return ["w", number, encoder.whole(whole), *place]
        return None

    # --- objects that do not cross ----------------------------------------------------------------

    def reference(self, value: Any, encoder: Encoder, depth: int) -> Tree:
        """The tree of what is no plain data: a tensor, a model, or else a reference."""
        tree = self._tensor(value, encoder) or self._model(value, encoder)
        return tree if tree is not None else self._refer(value)

    def _tensor(self, value: Any, encoder: Encoder) -> Tree | None:
        tensorflow = sys.modules.get("tensorflow")
        if tensorflow is None or not issubclass(type(value), tensorflow.Tensor):
            return None
        if not hasattr(value, "numpy"):
            return None
        return ["T", encoder.tree(np.asarray(value.numpy()))]

    def _model(self, value: Any, encoder: Encoder) -> Tree | None:
        keras = sys.modules.get("keras")
        if keras is None or not issubclass(type(value), keras.Model):
            return None
        from autograder.sandbox.models import ModelSender

        if self._models is None:
            self._models = ModelSender()
        return self._models.tree(value, encoder)

    def _read_model(self, tree: list[Any], decoder: Decoder, depth: int) -> Any:
        from autograder.sandbox.models import ModelReceiver

        return ModelReceiver().model(tree, decoder)

    def _refer(self, value: Any) -> Tree:
        """A reference to an object, with what inspection can tell of it."""
        number = self._numbers.get(id(value))
        if number is None:
            number = len(self._objects) + 1
            self._objects[number] = value  # kept, so that its id stays its own
            self._numbers[id(value)] = number
            self._told[number] = self._describe(value)
        return ["r", number, self._told[number]]

    def _describe(self, value: Any) -> dict[str, Any]:
        told: dict[str, Any] = {"type": type(value).__name__[:200], "kind": "object"}
        if isinstance(value, type):
            told["kind"] = "class"
        elif callable(value):
            told["kind"] = "function"
        if told["kind"] == "object":
            return told
        for name in ("__name__", "__qualname__", "__doc__"):
            with contextlib.suppress(Exception):
                text = getattr(value, name)
                if type(text) is str:
                    told[name] = text[:TEXT_LIMIT]
        with contextlib.suppress(Exception):
            told["parameters"] = [
                [p.name, int(p.kind), p.default is not p.empty]
                for p in inspect.signature(value).parameters.values()
            ][:100]
        return told

    def _local(self, tree: list[Any], decoder: Decoder, depth: int) -> Any:
        return self._objects[tree[1]]


class _Span:
    """Where an array lies in its owner, without keeping the owner alive."""

    def __init__(self, array: np.ndarray) -> None:
        self.address = array.__array_interface__["data"][0]
        self.shape, self.strides, self.dtype = array.shape, array.strides, array.dtype

    def array(self, owner: np.ndarray) -> np.ndarray:
        """The array again."""
        low, _ = _bounds(owner)
        memory = np.lib.stride_tricks.as_strided(
            owner.view(np.ndarray), (owner.nbytes // max(owner.itemsize, 1),), (owner.itemsize,)
        )
        return np.ndarray(
            self.shape, self.dtype, memory.view(np.uint8), self.address - low, self.strides
        )


def _is_own(filename: str) -> bool:
    """Whether a file is the student's."""
    if filename.startswith((HERE, *_INSTALLED)) and "ipykernel" not in filename:
        return False
    return (
        "site-packages" not in filename
        and "pooling_checks" not in Path(filename).parts
        and not filename.startswith("<frozen")
    )


def prepare(preload: Sequence[str], shell: Any = None) -> Agent:
    """Import what children will use, in the process that is forked for each of them.

    Parameters
    ----------
    preload : sequence of str
        Modules to import; what cannot be imported is left out, a cell that needs it will say so.
    shell : Shell, optional
        Runs cells; a new `autograder.sandbox.shell.Shell` by default.
    """
    if shell is None:
        from autograder.sandbox.shell import Shell

        shell = Shell()
    for name in preload:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    limits = None
    with contextlib.suppress(ImportError):
        limits = importlib.import_module("pooling_checks.libraries")
    return Agent(shell, limits)
