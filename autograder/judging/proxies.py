"""Objects in the judge that stand for a student's functions, classes and values.

A call goes to the runner as data and comes back as data. Everything that comes back is checked
here and treated as what it is: a value that a student's function may have chosen freely.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import inspect
import time
import weakref
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

import numpy as np

from autograder.wire import (
    Closed,
    Connection,
    Decoder,
    Encoder,
    Late,
    Tree,
    WireError,
    dtype_of,
    frame,
    integers,
    is_name,
    memory_order,
)

#: Seconds that the runner has to notice a limit by itself; then it counts as dead.
GRACE = 2.0

#: Seconds for what takes no time: to look a name up, to describe an object.
LOOK_UP = 10.0


#: What a function is called with: by position, and by name.
Arguments = tuple[tuple[Any, ...], dict[str, Any]]

#: Calls that are sent at once, and bytes of arrays after which no more are.
TOGETHER, TOGETHER_BYTES = 512, 2**20

#: Bytes of files that are sent at once.
FILES_BYTES = 2**25


class CannotCross(BaseException):
    """A test needs an object that may not leave the student's process.

    Not an `Exception`: it is no mistake of the student's, so a test that catches those shall not
    take it for one.
    """


class CellTimeout(BaseException):
    """The time of a cell is over."""


class RunnerGone(BaseException):
    """The student's process has ended, hangs, or does not keep to the protocol.

    Not an `Exception`: a test that catches those must not go on without the student's process.

    Attributes
    ----------
    kind : {"ended", "late", "broken"}
    """

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def _cannot(what: str) -> CannotCross:
    return CannotCross(
        f"{what}. Only data crosses from the student's process to the test; the course's "
        "configuration can let this test run in the sandbox instead."
    )


class Session:
    """One runner, as the judge sees it.

    Parameters
    ----------
    connection : Connection
        To the runner.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._count = 0
        self._gone: str | None = None
        self._proxies: dict[int, RemoteObject] = {}
        self._returned: weakref.WeakValueDictionary[int, np.ndarray] = weakref.WeakValueDictionary()
        self._returned_count = 0
        self._models: Any = None
        #: When the time of the cell that is running ends, on the clock of `time.monotonic`.
        self.deadline = float("inf")
        #: Whether an answer is being waited for; then the cell's timer must not strike.
        self.waiting = False
        #: Whether the time of the cell that is running is over.
        self.expired = False
        #: Seconds spent waiting, and requests made.
        self.waited = 0.0
        self.requests = 0

    # --- requests ---------------------------------------------------------------------------------

    @property
    def gone(self) -> str | None:
        """How the runner was lost, if it was: a `RunnerGone.kind`."""
        return self._gone

    def request(
        self, fields: dict[str, Any], encoder: Encoder, seconds: float
    ) -> tuple[dict[str, Any], list[memoryview]]:
        """Send a request and take its answer.

        Raises
        ------
        RunnerGone
            If no answer comes within `seconds`, or what comes is none.
        WireError
            If the request is too large; nothing was sent then.
        """
        if self._gone is not None:
            raise RunnerGone(self._gone)
        self._count += 1
        data = frame({"n": self._count, **fields}, encoder)
        start = time.monotonic()
        self.waiting = True
        try:
            deadline = start + seconds
            self._connection.send(data, deadline)
            message, blobs = self._connection.receive(deadline)
            if message.get("n") != self._count or self._connection.unread:
                raise WireError("this is no answer to what was asked")
        except Late:
            self._gone = "late"
        except Closed:
            self._gone = "ended"
        except (WireError, MemoryError):
            self._gone = "broken"
        finally:
            self.waiting = False
            self.waited += time.monotonic() - start
            self.requests += 1
        if self._gone is not None:
            raise RunnerGone(self._gone)
        return message, blobs

    def _time_left(self) -> float:
        return max(self.deadline - time.monotonic(), 0.01)

    def broken(self) -> NoReturn:
        """The runner does not keep to the protocol; it is not listened to any more."""
        self._gone = "broken"
        raise RunnerGone("broken")

    def send_files(self, files: dict[str, bytes]) -> None:
        """Put files into the runner's folder."""
        names: list[str] = []
        encoder, size = Encoder(), 0
        for name, content in files.items():
            if names and size + len(content) > FILES_BYTES:
                self._send_some(names, encoder)
                names, encoder, size = [], Encoder(), 0
            names.append(name)
            encoder.blob(content)
            size += len(content)
        if names:
            self._send_some(names, encoder)

    def _send_some(self, names: list[str], encoder: Encoder) -> None:
        encoder.large = True
        self.request({"q": "files", "names": names}, encoder, LOOK_UP)

    def run_cell(
        self, source: str, count: int, seconds: float, output_bytes: int
    ) -> dict[str, Any]:
        """Run a cell in the runner; the answer is as it came."""
        fields = {
            "q": "run",
            "source": source,
            "count": count,
            "seconds": seconds,
            "output_bytes": output_bytes,
        }
        try:
            answer, _ = self.request(fields, Encoder(), seconds + GRACE)
        except WireError:  # the source is larger than a frame
            return {"refused": "this cell's source is too large"}
        return answer

    def look_up(self, name: str) -> Any:
        """The value of a name in the student's notebook.

        Raises
        ------
        KeyError
            If there is no such name.
        ModuleIs
            If it is a module.
        """
        message, blobs = self.request({"q": "name", "name": name}, Encoder(), LOOK_UP)
        if message.get("missing") is True:
            raise KeyError(name)
        if "module" in message:
            raise ModuleIs(_text(message["module"], 100))
        return self._result(message, blobs, ())

    def _result(
        self,
        message: dict[str, Any],
        blobs: Sequence[memoryview],
        given: Sequence[np.ndarray],
    ) -> Any:
        """What an answer holds: its value, or its exception is raised."""
        return self._result_of(message, self._decoder(blobs, given))

    def _result_of(self, message: dict[str, Any], decoder: Decoder) -> Any:
        if "x" in message:
            raise self._exception(message["x"])
        if "refused" in message:
            raise _cannot(f"A value may not cross: {_text(message['refused'], 300)}")
        if "v" not in message:
            self.broken()
        try:
            value = decoder.value(message["v"])
        except WireError:
            self.broken()
        return value

    def _decoder(self, blobs: Sequence[memoryview], given: Sequence[np.ndarray]) -> Decoder:
        decoder = _ResultDecoder(
            blobs,
            {
                "r": self._read_reference,
                "T": _read_tensor,
                "K": self._read_model,
                "v": lambda t, d, n: _view(t, 2, _nth(given, t[1])),
                "w": self._read_earlier,
            },
        )
        decoder.session = self
        return decoder

    def remember(self, array: np.ndarray) -> None:
        """Number a returned array, as the runner does."""
        self._returned_count += 1
        self._returned[self._returned_count] = array

    # --- calls ------------------------------------------------------------------------------------

    def call(
        self,
        number: int,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        seconds: float | None = None,
        libraries: bool = True,
    ) -> tuple[str, Any]:
        """Call a function or class of the student's.

        Parameters
        ----------
        number : int
            The object's.
        arguments, keywords
            What it is called with. Arrays, lists and other containers that it changes in place are
            changed here too.
        seconds : float, optional
            How long it may take; as long as the cell, by default.
        libraries : bool
            Whether it may use more than NumPy.

        Returns
        -------
        outcome : {"returned", "uses", "late"}
        value
            What was returned; the library that was used and the line that uses it; None.
        """
        encoder = _Arguments(self._special)
        names = list(keywords)
        try:
            trees = [encoder.tree(value) for value in arguments]
            keyword_trees = [encoder.tree(keywords[name]) for name in names]
        except (WireError, RecursionError) as error:
            raise _cannot(f"An argument may not cross: {error}") from None
        left = self._time_left()
        limit = left if seconds is None else min(seconds, left)
        fields = {
            "q": "call",
            "f": number,
            "a": trees,
            "k": names,
            "w": keyword_trees,
            "s": limit,
            "numpy_only": not libraries,
        }
        try:
            message, blobs = self.request(fields, encoder, limit + GRACE)
        except WireError as error:
            raise _cannot(f"The arguments may not cross: {error}") from None
        if "changed" in message or "contents" in message:
            self._write_back(message, blobs, encoder.arrays, (*arguments, *keywords.values()))
        if message.get("late") is True:
            if limit == left:
                self.expired = True
                raise CellTimeout
            return "late", None
        if message.get("uses") is not None:
            return "uses", self._uses(message["uses"], libraries)
        return "returned", self._result(message, blobs, encoder.arrays)

    def call_each(
        self, number: int, calls: Sequence[Arguments], seconds: float, libraries: bool
    ) -> list[tuple[str, Any]]:
        """Call a function of the student's several times, up to the first time that goes wrong.

        Parameters
        ----------
        number : int
            The object's.
        calls : sequence of (tuple, dict)
            The arguments of each call. What a call makes of them is not told.
        seconds : float
            How long each of them may take.
        libraries : bool
            Whether it may use more than NumPy.

        Returns
        -------
        list of tuple
            At least one outcome, as of `call`, or ``"raised"`` and the exception. A value is what
            it was when the function returned it. There are fewer outcomes than calls after one
            that did not return, and where arguments or answers are large or slow.
        """
        blobs: list[bytes] = []
        trees: list[Tree] = []
        for arguments, keywords in calls:
            encoder = _Arguments(self._special)
            encoder.blobs = blobs
            try:
                trees.append(
                    [
                        [encoder.tree(value) for value in arguments],
                        list(keywords),
                        [encoder.tree(value) for value in keywords.values()],
                    ]
                )
            except (WireError, RecursionError) as error:
                raise _cannot(f"An argument may not cross: {error}") from None
            if sum(map(len, blobs)) > TOGETHER_BYTES:
                break
        left = self._time_left()
        limit = min(seconds, left)
        fields = {
            "q": "calls",
            "f": number,
            "a": trees,
            "s": limit,
            "total": left,
            "numpy_only": not libraries,
        }
        try:
            message, received = self.request(fields, encoder, left + GRACE)
        except WireError as error:
            raise _cannot(f"The arguments may not cross: {error}") from None
        answers = message.get("answers")
        if type(answers) is not list or not 0 < len(answers) <= len(trees):
            self.broken()
        outcomes: list[tuple[str, Any]] = []
        for answer in answers:
            if type(answer) is not dict:
                self.broken()
            try:
                outcomes.append(self._one_of_each(answer, received, libraries))
            except (CannotCross, CellTimeout, RunnerGone):
                raise
            except BaseException as raised:  # noqa: BLE001 - of the student's function
                outcomes.append(("raised", raised))
            if outcomes[-1][0] != "returned":
                if outcomes[-1][0] == "late" and limit == left:
                    self.expired = True
                    raise CellTimeout
                break
        return outcomes

    def _one_of_each(
        self, answer: dict[str, Any], blobs: Sequence[memoryview], libraries: bool
    ) -> tuple[str, Any]:
        if answer.get("late") is True:
            return "late", None
        if "uses" in answer:
            return "uses", self._uses(answer["uses"], libraries)
        decoder = Decoder(
            blobs, {"r": self._read_reference, "T": _read_tensor, "K": self._read_model}
        )
        return "returned", self._result_of(answer, decoder)

    def _uses(self, told: Any, libraries: bool) -> tuple[str, str]:
        """The library that was used, and the line that uses it."""
        if type(told) is not list or libraries:  # nobody has asked for it
            self.broken()
        found = [*(_text(part, 300) for part in told[:2]), "", ""]
        return found[0] or "a library", found[1]

    def _special(self, value: Any, encoder: Encoder, depth: int) -> Tree:
        """The tree of an argument that is no plain data."""
        if isinstance(value, RemoteObject):
            return ["R", _number(value)]
        models = self._model_store(value)
        if models is not None:
            return models.send(value, encoder)
        raise WireError(f"a {type(value).__name__} is no plain data")

    def _write_back(
        self,
        message: dict[str, Any],
        blobs: Sequence[memoryview],
        arrays: Sequence[np.ndarray],
        given: tuple[Any, ...],
    ) -> None:
        """Do to the arguments what the function did to its copies of them."""
        decoder = Decoder(blobs, {"r": self._read_reference, "R": self._read_own})
        try:
            for pair in message.get("changed", []):
                number, tree = pair
                array, new = _nth(arrays, number), decoder.value(tree)
                if type(new) is not np.ndarray:
                    raise WireError("this is no array")
                _overwrite(array, new)
            contents = message.get("contents")
            if contents is not None:
                shift = contents["shift"]
                if type(shift) is not int or not 0 <= shift <= len(blobs):
                    raise WireError("there are no such blobs")
                inner = Decoder(blobs[shift:], {"r": self._read_reference, "R": self._read_own})
                values = inner.all(contents["trees"], 0)
                for old, new in zip(given, values, strict=True):
                    _refill(old, new)
        except (WireError, TypeError, ValueError, KeyError):
            self.broken()

    # --- objects ----------------------------------------------------------------------------------

    def _read_reference(self, tree: list[Any], decoder: Decoder, depth: int) -> Any:
        if len(tree) != 3 or type(tree[1]) is not int or type(tree[2]) is not dict:
            raise WireError("this is no reference")
        number, told = tree[1], tree[2]
        known = self._proxies.get(number)
        if known is None:
            known = self._proxies[number] = _proxy(self, number, told)
        return known

    def _read_own(self, tree: list[Any], decoder: Decoder, depth: int) -> Any:
        """A reference that this side sent, and that comes back."""
        known = self._proxies.get(tree[1]) if type(tree[1]) is int else None
        if known is None:
            raise WireError("there is no such object")
        return known

    def _read_earlier(self, tree: list[Any], decoder: Decoder, depth: int) -> np.ndarray:
        """An array that lies in one that was returned before; that one may have changed."""
        plain = Decoder(decoder.blobs)
        now = plain.value(tree[2])
        if type(tree[1]) is not int or type(now) is not np.ndarray:
            raise WireError("this is no array")
        before = self._returned.get(tree[1])
        if before is None or before.shape != now.shape or before.dtype != now.dtype:
            self._returned[tree[1]] = before = now
        else:
            _overwrite(before, now)
        return _view(["v", 0, *tree[3:]], 2, before)

    def _model_store(self, value: Any) -> Any:
        """What sends and receives models, if `value` is one."""
        import sys

        keras = sys.modules.get("keras")
        if keras is None or not isinstance(value, keras.Model):
            return None
        return self._model_exchange()

    def _model_exchange(self) -> Any:
        if self._models is None:
            from autograder.judging.networks import ModelExchange

            self._models = ModelExchange()
        return self._models

    def _read_model(self, tree: list[Any], decoder: Decoder, depth: int) -> Any:
        try:
            return self._model_exchange().receive(tree, decoder)
        except ValueError as error:
            raise _cannot(f"This Keras model may not cross: {error}") from None

    def attribute(self, number: int, name: str) -> Any:
        """An attribute of an object."""
        fields = {"q": "attribute", "f": number, "name": name, "seconds": self._time_left()}
        message, blobs = self.request(fields, Encoder(), self._time_left() + GRACE)
        return self._result(message, blobs, ())

    def representation(self, number: int) -> str:
        """What `repr` says of an object."""
        fields = {"q": "repr", "f": number, "seconds": 2.0}
        message, _ = self.request(fields, Encoder(), LOOK_UP)
        return _text(message.get("v", "<no representation>"), 500)

    def is_instance(self, number: int, other: int) -> bool:
        """What `isinstance` says of an object and a class."""
        fields = {"q": "isinstance", "f": number, "class": other}
        message, _ = self.request(fields, Encoder(), LOOK_UP)
        return message.get("v") is True

    def own_seconds(self) -> float:
        """Processor seconds in the student's cells and functions, as the runner tells."""
        with contextlib.suppress(RunnerGone):
            told = self.request({"q": "usage"}, Encoder(), LOOK_UP)[0].get("own_seconds")
            if isinstance(told, (int, float)) and 0 <= told < 1e6:
                return float(told)
        return 0.0

    def seed(self, seed: int) -> None:
        """Seed the runner's generators of random numbers."""
        self.request({"q": "seed", "seed": seed}, Encoder(), LOOK_UP)

    def _exception(self, told: Any) -> BaseException:
        if type(told) is not dict or type(told.get("bases")) is not list:
            self.broken()
        name = told.get("type")
        error = _exception_type(name if is_name(name) else "Exception", _bases(told["bases"]))(
            _text(told.get("text"), 10_000)
        )
        lines = told.get("lines")
        error.student_lines = []
        if type(lines) is list:
            for line in lines[-10:]:
                if type(line) is list and len(line) == 4 and type(line[1]) is int:
                    _, number, function, text = line
                    error.student_lines.append(
                        f"    line {number} in {_text(function, 100)}:  {_text(text, 200)}"
                    )
        return error


class ModuleIs(Exception):
    """A name of the student's notebook is a module; its name is the argument."""


class _Arguments(Encoder):
    """Encodes what a function is called with."""


class _ResultDecoder(Decoder):
    """Decodes what was returned, and numbers its arrays."""

    session: Session

    def value(self, tree: Tree, depth: int = 0) -> Any:
        value = super().value(tree, depth)
        if type(tree) is list and tree[0] == "a":
            self.session.remember(value)
        return value


def _text(value: Any, longest: int) -> str:
    """A text from the runner: that, not too long, and without what no file can hold."""
    if type(value) is not str:
        return ""
    return value[:longest].encode("utf-8", "replace").decode("utf-8")


def _nth(arrays: Sequence[np.ndarray], number: Any) -> np.ndarray:
    if type(number) is not int or not 0 <= number < len(arrays):
        raise WireError("there is no such array")
    return arrays[number]


def _view(tree: list[Any], start: int, base: np.ndarray) -> np.ndarray:
    """The array that lies in `base` as the tree says: dtype, shape, steps and first byte."""
    if len(tree) == start:
        return base
    dtype = dtype_of(tree[start])
    shape, strides = integers(tree[start + 1]), integers(tree[start + 2], None)
    (offset,) = integers([tree[start + 3]])
    flat = base.transpose(memory_order(base)).reshape(-1)
    if not np.may_share_memory(flat, base):
        # The runner's copy has no gaps, this array has: its values then, in memory of their own.
        pass
    try:
        made = np.ndarray(tuple(shape), dtype, flat.view(np.uint8), offset, tuple(strides))
    except (TypeError, ValueError) as error:
        raise WireError("a view does not lie in its array") from error
    return made


def _overwrite(array: np.ndarray, new: np.ndarray) -> None:
    """Give an array other contents, and another shape if it has been given one."""
    if new.dtype != array.dtype or new.size != array.size:
        raise WireError("an array cannot become this one")
    if new.shape != array.shape:
        array.shape = new.shape
    if not array.flags.writeable:
        raise WireError("an array that cannot be written to was changed")
    array[...] = new


def _refill(old: Any, new: Any, depth: int = 0) -> None:
    """Bring a container to new contents, and those inside it, as far as they can be changed."""
    if type(old) is not type(new) or depth > 64:
        return
    if isinstance(old, list):
        for before, after in zip(old, new, strict=False):
            _refill(before, after, depth + 1)
        # What is still there stays the same object.
        old[:] = [
            before if _same(before, after) else after
            for before, after in zip(old, new, strict=False)
        ] + new[len(old) :]
    elif isinstance(old, dict):
        kept = {key: value for key, value in old.items() if key in new}
        for key, value in kept.items():
            _refill(value, new[key], depth + 1)
        old.clear()
        for key, value in new.items():
            old[key] = kept[key] if key in kept and _same(kept[key], value) else value
    elif isinstance(old, set):
        old.clear()
        old.update(new)
    elif isinstance(old, bytearray):
        old[:] = new
    elif isinstance(old, tuple):
        for before, after in zip(old, new, strict=False):
            _refill(before, after, depth + 1)


def _same(before: Any, after: Any) -> bool:
    """Whether a value was brought to the other's contents, or is a container with the same."""
    return type(before) is type(after) and isinstance(
        before, (list, dict, set, bytearray, np.ndarray, tuple)
    )


def _read_tensor(tree: list[Any], decoder: Decoder, depth: int) -> Any:
    import sys

    array = decoder.value(tree[1], depth)
    tensorflow = sys.modules.get("tensorflow")
    if not isinstance(array, (np.ndarray, np.generic, bytes)) or tensorflow is None:
        raise WireError("this is no tensor")
    return tensorflow.constant(array)


# --- exceptions ----------------------------------------------------------------------------------


def _bases(names: list[Any]) -> tuple[type[BaseException], ...]:
    """The most special of the built-in exceptions, without those that others derive from."""
    found: list[type[BaseException]] = []
    for name in names[:50]:
        kind = getattr(builtins, name, None) if is_name(name) else None
        if isinstance(kind, type) and issubclass(kind, BaseException):
            found.append(kind)
    special = [
        kind
        for kind in dict.fromkeys(found)
        if not any(other is not kind and issubclass(other, kind) for other in found)
    ]
    return tuple(special[:3]) or (Exception,)


@functools.lru_cache(maxsize=256)
def _exception_type(name: str, bases: tuple[type[BaseException], ...]) -> Any:
    def begin(self: BaseException, text: str) -> None:
        BaseException.__init__(self, text)
        self._text = text  # type: ignore[attr-defined]

    members = {
        # Some built-in ones want other arguments, or show their argument in another way.
        "__init__": begin,
        "__str__": lambda self: self._text,
        "__module__": "builtins",
    }
    for some in (bases, bases[:1], (Exception,)):
        try:
            return type(name, some, members)
        except TypeError:
            continue
    raise AssertionError("an Exception can be derived from")


# --- proxies -------------------------------------------------------------------------------------


def _number(remote: RemoteObject) -> int:
    return object.__getattribute__(remote, "_number")


def _session(remote: RemoteObject) -> Session:
    return object.__getattribute__(remote, "_session")


class RemoteObject:
    """An object in the student's process."""

    _session: Session
    _number: int

    def __getattr__(self, name: str) -> Any:
        # Python and IPython look for many such names; an object has them for itself, not for us.
        if (name.startswith("__") and name.endswith("__")) or name.startswith(
            ("_repr_", "_ipython_")
        ):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return _session(self).attribute(_number(self), name)

    def __repr__(self) -> str:
        return _session(self).representation(_number(self))

    def __instancecheck__(self, other: Any) -> bool:
        raise TypeError("isinstance() arg 2 must be a type")


def _refusal(symbol: str) -> Any:
    def refuse(self: RemoteObject, *rest: Any) -> NoReturn:
        raise _cannot(
            f"The test uses {symbol} on an object of the student's class {type(self).__name__}"
        )

    return refuse


#: Methods that would let an object decide about a test, and what they are for.
_OPERATORS = {
    "__eq__": "==", "__ne__": "!=", "__lt__": "<", "__le__": "<=", "__gt__": ">", "__ge__": ">=",
    "__bool__": "truth", "__len__": "len", "__iter__": "iteration", "__next__": "iteration",
    "__contains__": "in", "__getitem__": "[]", "__setitem__": "[]", "__delitem__": "[]",
    "__add__": "+", "__radd__": "+", "__sub__": "-", "__rsub__": "-", "__mul__": "*",
    "__rmul__": "*", "__matmul__": "@", "__rmatmul__": "@", "__truediv__": "/",
    "__rtruediv__": "/", "__floordiv__": "//", "__rfloordiv__": "//", "__mod__": "%",
    "__rmod__": "%", "__pow__": "**", "__rpow__": "**", "__and__": "&", "__rand__": "&",
    "__or__": "|", "__ror__": "|", "__xor__": "^", "__rxor__": "^", "__lshift__": "<<",
    "__rshift__": ">>", "__neg__": "-", "__pos__": "+", "__abs__": "abs", "__invert__": "~",
    "__int__": "int", "__float__": "float", "__complex__": "complex", "__index__": "index",
    "__round__": "round", "__array__": "np.asarray", "__enter__": "with", "__exit__": "with",
    "__await__": "await", "__reversed__": "reversed", "__format__": "format",
}  # fmt: skip


class RemoteInstance(RemoteObject):
    """An instance of a student's class, or another object that cannot be called."""

    __hash__ = object.__hash__


for _name, _symbol in _OPERATORS.items():
    setattr(RemoteInstance, _name, _refusal(_symbol))


class RemoteFunction(RemoteObject):
    """A function of the student's, or another object that can be called."""

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return _called(self, arguments, keywords)

    def __call_within__(
        self,
        seconds: float,
        libraries: bool,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
    ) -> tuple[str, Any]:
        """Call it within limits of the caller's; `Session.call` says what comes back."""
        return _session(self).call(_number(self), arguments, keywords, seconds, libraries)

    def __call_each_within__(
        self, seconds: float, libraries: bool, calls: Sequence[Arguments]
    ) -> Iterator[tuple[str, Any]]:
        """Call it with each of the arguments, within limits of the caller's.

        Many cross at once. After an outcome that is not ``"returned"`` there are no more.
        """
        done = 0
        while done < len(calls):
            some = calls[done : done + TOGETHER]
            outcomes = _session(self).call_each(_number(self), some, seconds, libraries)
            yield from outcomes
            if outcomes[-1][0] != "returned":
                return
            done += len(outcomes)

    def __seed__(self, seed: int) -> None:
        """Seed the generators of random numbers that it draws from."""
        _session(self).seed(seed)


class RemoteClass(RemoteFunction):
    """A class of the student's: calling it makes an instance in the student's process."""

    def __instancecheck__(self, other: Any) -> bool:
        if not isinstance(other, RemoteObject):
            return False
        return _session(self).is_instance(_number(other), _number(self))


def _called(remote: RemoteObject, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    outcome, value = _session(remote).call(_number(remote), arguments, keywords)
    if outcome != "returned":  # only a caller that sets limits gets other outcomes
        raise CellTimeout
    return value


@functools.lru_cache(maxsize=256)
def _proxy_type(base: type, name: str) -> Any:
    return type(name, (base,), {"__module__": "submission"})


def _proxy(session: Session, number: int, told: dict[str, Any]) -> RemoteObject:
    bases = {"function": RemoteFunction, "class": RemoteClass, "object": RemoteInstance}
    base = bases.get(told.get("kind", ""), RemoteInstance)
    name = told.get("type")
    remote: RemoteObject = _proxy_type(base, name if is_name(name) else "object")()
    remote._session = session
    remote._number = number
    for attribute in ("__name__", "__qualname__", "__doc__"):
        if type(told.get(attribute)) is str:
            setattr(remote, attribute, _text(told[attribute], 10_000))
    if base is not RemoteInstance:
        signature = _signature(told.get("parameters"))
        if signature is not None:
            remote.__signature__ = signature  # type: ignore[attr-defined]
    return remote


class _Default:
    """Stands for a parameter's default value."""

    def __repr__(self) -> str:
        return "..."


def _signature(told: Any) -> inspect.Signature | None:
    if type(told) is not list:
        return None
    try:
        return inspect.Signature(
            [
                inspect.Parameter(
                    name,
                    inspect._ParameterKind(kind),
                    default=_Default() if has_default is True else inspect.Parameter.empty,
                )
                for name, kind, has_default in told[:100]
                if is_name(name)
            ]
        )
    except (TypeError, ValueError):
        return None
