"""Values as bytes, and frames on a socket: what may cross between the judge and a runner.

The judge is trusted and the runner is not, so decoding takes nothing for granted: no pickle, no
code, sizes checked before memory is taken, and `WireError` for whatever is not well-formed. Both
sides import this module, so it needs NumPy and the standard library alone.

A frame is a fixed head (magic, length of the header, length of the blobs), a header in JSON and the
*blobs*, the raw buffers of arrays. In the header a value is a *tree*: JSON's own null, booleans,
numbers and strings stand for themselves, and everything else is a list that begins with a tag.
What is not plain data (references, tensors, models) is left to the two sides: an encoder asks
`special` for the tree, and a decoder has a reader for each such tag.
"""

from __future__ import annotations

import collections
import decimal
import fractions
import functools
import json
import keyword
import math
import re
import socket
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

Tree: TypeAlias = Any

#: Gives the tree of a value that is not plain data.
Special: TypeAlias = "Callable[[Any, Encoder, int], Tree]"

#: Makes a value of the tree of a tag that is not plain data.
Reader: TypeAlias = "Callable[[list[Any], Decoder, int], Any]"

#: Bytes of a frame's header. JSON takes up to thirty times as much memory once it is parsed.
HEADER_LIMIT = 8 * 2**20

#: Bytes of a frame's blobs.
BLOBS_LIMIT = 64 * 2**20

#: The same for a frame that says that it carries a model's weights.
LARGE_BLOBS_LIMIT = 512 * 2**20

#: Lists within lists.
DEPTH_LIMIT = 64

#: Values in one frame, counted with those inside others.
VALUES_LIMIT = 500_000

#: Keys and members in one frame. Their hashes may be chosen to collide, and then each costs a
#: comparison with all others.
KEYS_LIMIT = 20_000

#: Bits of a whole number.
INTEGER_BITS = 200_000

#: Exponent of a decimal number.
DECIMAL_EXPONENT = 10_000

_HEAD = struct.Struct(">4sIQ")
_MAGIC = b"PCJ1"
_ALIGNMENT = 16

#: How long a system call waits at most, as a ``struct timeval``: a fifth of a second.
_WAKE_UP = struct.pack("ll", 0, 200_000)

_DTYPE = re.compile(r"[<>|](?:b1|[iu][1248]|f(?:2|4|8|12|16)|c(?:8|16|24|32)|[SU]\d{1,9}"
                    r"|[Mm]8(?:\[\d{0,6}[a-zA-Z]{1,7}\])?)")  # fmt: skip
_KINDS = frozenset("biufcSUMm")


class WireError(Exception):
    """Bytes that are no value of ours, or a value that is too large."""


# --- from values to trees ------------------------------------------------------------------------


def _no_special(value: Any, encoder: Encoder, depth: int) -> Tree:
    raise WireError(f"a {type(value).__name__} is no plain data")


class Encoder:
    """Makes trees of values, and collects the blobs that belong to them.

    Parameters
    ----------
    special : callable, optional
        Called as ``special(value, encoder, depth)`` for what is not plain data. Without, such
        values are refused.
    """

    def __init__(self, special: Special = _no_special) -> None:
        self.blobs: list[bytes] = []
        #: Whether the frame may be as large as a model.
        self.large = False
        #: Arrays in the order in which they were met, and where: one that comes again is the same.
        self.arrays: list[np.ndarray] = []
        self._seen: dict[int, int] = {}
        self._special = special
        self._left = VALUES_LIMIT

    def tree(self, value: Any, depth: int = 0) -> Tree:
        """The tree of a value.

        Raises
        ------
        WireError
            If there are too many values inside one another, or one is no plain data.
        """
        kind = type(value)
        if value is None or kind is bool or kind is str or kind is float:
            return value
        if kind is int:
            return value if -(2**63) <= value < 2**63 else self._large(value)
        self._left -= 1
        if self._left < 0:
            raise WireError(f"there are more than {VALUES_LIMIT:,} values")
        if depth > DEPTH_LIMIT:
            raise WireError(f"lists lie more than {DEPTH_LIMIT} deep inside one another")
        write = _WRITERS.get(kind)
        if write is not None:
            return write(self, value, depth + 1)
        if issubclass(kind, np.ndarray):
            return self._array(np.asarray(value), depth)  # a subclass has rules of its own
        if issubclass(kind, np.generic) and value.dtype.kind in _KINDS:
            return ["n", value.dtype.str, self.blob(value.tobytes())]
        if issubclass(kind, tuple) and isinstance(getattr(kind, "_fields", None), tuple):
            fields = list(getattr(kind, "_fields", ()))
            return ["N", kind.__name__, fields, *self._all(tuple.__iter__(value), depth + 1)]
        # An enumeration of numbers, a list with methods of its own: the plain value inside it.
        for base, plain in _BASES.items():
            if issubclass(kind, base):
                return self.tree(plain(value), depth)
        return self._special(value, self, depth)

    def blob(self, data: bytes) -> int:
        """Keep a buffer; gives its number."""
        self.blobs.append(data)
        return len(self.blobs) - 1

    def _large(self, value: int) -> Tree:
        if value.bit_length() > INTEGER_BITS:
            raise WireError(f"a whole number has more than {INTEGER_BITS:,} bits")
        return ["i", hex(value)]

    def _all(self, values: Any, depth: int) -> list[Tree]:
        return [self.tree(value, depth) for value in values]

    def _array(self, array: np.ndarray, depth: int) -> Tree:
        known = self._seen.get(id(array))
        if known is not None:
            return ["=", known]
        if array.dtype.kind not in _KINDS or (
            not array.dtype.isnative and array.dtype.kind in "Mm"
        ):
            if array.dtype.kind != "O":
                return self._special(array, self, depth)
            return ["o", list(array.shape), *self._all(array.ravel().tolist(), depth + 1)]
        self._seen[id(array)] = len(self.arrays)
        self.arrays.append(array)  # also keeps it alive, so that its id stays its own
        tree: list[Any] = ["a", array.dtype.str, list(array.shape)]
        order = memory_order(array)
        tree.append(self.blob(array.transpose(order).tobytes()))
        if order != list(range(array.ndim)) or not array.flags.writeable:
            tree += [order, bool(array.flags.writeable)]
        return tree


def memory_order(array: np.ndarray) -> list[int]:
    """The axes from the one with the longest steps in memory to the one with the shortest."""
    if array.flags.c_contiguous:
        return list(range(array.ndim))
    return sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))


def _short(value: range) -> range:
    """A range, if it is not too long: `numpy.asarray` or `list` would write it out in full."""
    if _length(value) > VALUES_LIMIT:
        raise WireError(f"a range has more than {VALUES_LIMIT:,} values")
    return value


def _length(value: range) -> int:
    # `len` knows no numbers beyond the machine's.
    return max(0, -((value.start - value.stop) // value.step))


def _steps(value: range) -> tuple[int, int, int]:
    return value.start, value.stop, value.step


def _moderate(value: decimal.Decimal) -> decimal.Decimal:
    """A decimal number, if `int` can write it out."""
    if value.is_finite() and abs(value.adjusted()) > DECIMAL_EXPONENT:
        raise WireError(f"the exponent of a decimal number is beyond {DECIMAL_EXPONENT:,}")
    return value


_WRITERS: dict[type, Callable[[Encoder, Any, int], Tree]] = {
    list: lambda e, v, d: ["l", *e._all(v, d)],
    tuple: lambda e, v, d: ["t", *e._all(v, d)],
    dict: lambda e, v, d: ["d", *e._all((part for item in v.items() for part in item), d)],
    set: lambda e, v, d: ["s", *e._all(v, d)],
    frozenset: lambda e, v, d: ["f", *e._all(v, d)],
    complex: lambda e, v, d: ["c", v.real, v.imag],
    bytes: lambda e, v, d: ["b", e.blob(v)],
    bytearray: lambda e, v, d: ["B", e.blob(bytes(v))],
    type(...): lambda e, v, d: ["."],
    slice: lambda e, v, d: [":", *e._all((v.start, v.stop, v.step), d)],
    range: lambda e, v, d: ["..", *e._all(_steps(_short(v)), d)],
    np.ndarray: lambda e, v, d: e._array(v, d),
    collections.OrderedDict: lambda e, v, d: [
        "O", *e._all((part for item in v.items() for part in item), d)],
    collections.Counter: lambda e, v, d: [
        "C", *e._all((part for item in v.items() for part in item), d)],
    collections.defaultdict: lambda e, v, d: [
        "D", *e._all((part for item in v.items() for part in item), d)],
    collections.deque: lambda e, v, d: ["q", *e._all(v, d)],
    fractions.Fraction: lambda e, v, d: ["/", *e._all((v.numerator, v.denominator), d)],
    decimal.Decimal: lambda e, v, d: ["$", str(_moderate(v))],
}  # fmt: skip

_BASES: dict[type, Callable[[Any], Any]] = {
    int: lambda v: int.__index__(v),
    float: lambda v: float.__float__(v),
    complex: lambda v: complex(complex.__add__(v, 0j)),
    str: lambda v: str.__str__(v)[:],
    bytes: lambda v: bytes(bytes.__getitem__(v, slice(None))),
    tuple: lambda v: tuple(tuple.__iter__(v)),
    list: lambda v: list(list.__iter__(v)),
    dict: lambda v: dict(dict.items(v)),
    set: lambda v: set(set.__iter__(v)),
    frozenset: lambda v: frozenset(frozenset.__iter__(v)),
}


# --- from trees to values ------------------------------------------------------------------------


class Decoder:
    """Makes values of trees.

    Parameters
    ----------
    blobs : sequence of bytes
        The frame's.
    readers : mapping of str to callable
        For tags that are not plain data: called as ``reader(tree, decoder, depth)``.
    """

    def __init__(
        self, blobs: Sequence[bytes | memoryview], readers: Mapping[str, Reader] | None = None
    ) -> None:
        self.blobs = blobs
        #: Arrays in the order in which they were met, the blob and the shape of each.
        self.arrays: list[np.ndarray] = []
        self.array_blobs: list[int] = []
        self.shapes: list[tuple[int, ...]] = []
        #: Whether there is a list, or something else that can be changed, among the values.
        self.mutable = False
        self._readers = readers or {}
        self._left = VALUES_LIMIT
        self._keys = KEYS_LIMIT

    def value(self, tree: Tree, depth: int = 0) -> Any:
        """The value of a tree.

        Raises
        ------
        WireError
            If the tree is not well-formed.
        """
        kind = type(tree)
        if tree is None or kind is bool or kind is str or kind is float or kind is int:
            return tree
        if kind is not list or not tree or type(tree[0]) is not str:
            raise WireError("a value has no tag")
        self._left -= 1
        if self._left < 0 or depth > DEPTH_LIMIT:
            raise WireError("there are too many values, or too many inside one another")
        read = _READERS.get(tree[0]) or self._readers.get(tree[0])
        self.mutable = self.mutable or tree[0] in _MUTABLE
        if read is None:
            raise WireError(f"the tag {tree[0][:20]!r} is not known")
        try:
            return read(tree, self, depth + 1)
        except WireError:
            raise
        except (
            ArithmeticError, AttributeError, IndexError, KeyError, MemoryError, RecursionError,
            TypeError, ValueError,
        ) as error:  # fmt: skip
            raise WireError(f"a value is not well-formed: {type(error).__name__}") from error

    def all(self, trees: Sequence[Tree], depth: int) -> list[Any]:
        """The values of several trees."""
        return [self.value(tree, depth) for tree in trees]

    def blob(self, number: Any) -> bytes | memoryview:
        """A buffer by its number."""
        if type(number) is not int or not 0 <= number < len(self.blobs):
            raise WireError("there is no such blob")
        return self.blobs[number]

    def members(self, trees: Sequence[Tree], depth: int) -> list[Any]:
        """Values that become keys or members."""
        self._keys -= len(trees)
        if self._keys < 0:
            raise WireError(f"there are more than {KEYS_LIMIT:,} keys")
        return self.all(trees, depth)

    def pairs(self, tree: list[Any], depth: int) -> list[tuple[Any, Any]]:
        """Keys and values, which stand in turn after the tag."""
        if len(tree) % 2 == 0:
            raise WireError("a key has no value")
        return list(zip(self.members(tree[1::2], depth), self.all(tree[2::2], depth), strict=True))


def integers(tree: Any, least: int | None = 0) -> list[int]:
    """A list of whole numbers as it stands in a header."""
    if type(tree) is not list or len(tree) > 64:
        raise WireError("this must be a short list of whole numbers")
    for number in tree:
        if type(number) is not int or (least is not None and number < least):
            raise WireError("this must be a whole number")
    return tree


def dtype_of(name: Any) -> np.dtype:
    """The dtype of an array or scalar."""
    if type(name) is not str or not _DTYPE.fullmatch(name):
        raise WireError("this dtype does not cross")
    try:
        return np.dtype(name)
    except (TypeError, ValueError) as error:
        raise WireError("there is no such dtype") from error


def _read_array(tree: list[Any], decoder: Decoder, depth: int) -> np.ndarray:
    if len(tree) not in (4, 6):
        raise WireError("this is no array")
    dtype, shape, data = dtype_of(tree[1]), integers(tree[2]), decoder.blob(tree[3])
    # In Python's numbers, which do not overflow, and before anything is allocated.
    if math.prod(shape) * dtype.itemsize != len(data):
        raise WireError("the size of an array is not that of its data")
    order = integers(tree[4]) if len(tree) == 6 else list(range(len(shape)))
    if sorted(order) != list(range(len(shape))):
        raise WireError("these are no axes")
    laid = [shape[axis] for axis in order]
    # A copy, for whoever gets the array may write to it, and it must own its memory.
    array = np.frombuffer(bytes(data) if not len(data) else data, dtype).reshape(laid).copy()
    if len(tree) == 6:
        if order != list(range(len(shape))):
            # Made in this layout, not seen through a transposition: it owns its memory here too.
            owner = np.empty_like(array.transpose(np.argsort(order)), order="K")
            owner[...] = array.transpose(np.argsort(order))
            array = owner
        array.flags.writeable = tree[5] is True
    decoder.arrays.append(array)
    decoder.array_blobs.append(tree[3])
    decoder.shapes.append(array.shape)
    return array


def _read_objects(tree: list[Any], decoder: Decoder, depth: int) -> np.ndarray:
    shape = integers(tree[1])
    if math.prod(shape) != len(tree) - 2:
        raise WireError("the size of an array is not that of its data")
    array = np.empty(len(tree) - 2, object)
    for place, part in enumerate(tree[2:]):
        array[place] = decoder.value(part, depth)
    return array.reshape(shape)


def _read_again(tree: list[Any], decoder: Decoder, depth: int) -> np.ndarray:
    if type(tree[1]) is not int or not 0 <= tree[1] < len(decoder.arrays):
        raise WireError("there is no such array")
    return decoder.arrays[tree[1]]


def _read_scalar(tree: list[Any], decoder: Decoder, depth: int) -> Any:
    dtype, data = dtype_of(tree[1]), decoder.blob(tree[2])
    if dtype.itemsize == 0 and not len(data):  # an empty text, whose type has one character
        return dtype.type()
    if len(data) != dtype.itemsize:
        raise WireError("the size of a number is not that of its data")
    return np.frombuffer(data, dtype)[0]


def _read_integer(tree: list[Any], decoder: Decoder, depth: int) -> int:
    text = tree[1]
    if type(text) is not str or len(text) > INTEGER_BITS // 4 + 4:
        raise WireError("this is no whole number")
    return int(text, 16)


def _read_decimal(tree: list[Any], decoder: Decoder, depth: int) -> decimal.Decimal:
    if type(tree[1]) is not str or len(tree[1]) > 10_000:
        raise WireError("this is no decimal number")
    return _moderate(decimal.Decimal(tree[1]))


def _read_complex(tree: list[Any], decoder: Decoder, depth: int) -> complex:
    _, real, imaginary = tree
    if type(real) is not float or type(imaginary) is not float:
        raise WireError("this is no complex number")
    return complex(real, imaginary)


def _read_fraction(tree: list[Any], decoder: Decoder, depth: int) -> fractions.Fraction:
    above, below = decoder.all(tree[1:], depth)
    if type(above) is not int or type(below) is not int:
        raise WireError("this is no fraction")
    return fractions.Fraction(above, below)


@functools.lru_cache(maxsize=64)
def _named_tuple(name: str, fields: tuple[str, ...]) -> Any:
    return collections.namedtuple(name, fields)


def _read_named_tuple(tree: list[Any], decoder: Decoder, depth: int) -> Any:
    name, fields = tree[1], tree[2]
    if type(fields) is not list or len(fields) > 100 or len(fields) != len(tree) - 3:
        raise WireError("this is no named tuple")
    if not all(is_name(text) and not text.startswith("_") for text in fields) or not is_name(name):
        return tuple(decoder.all(tree[3:], depth))
    return _named_tuple(name, tuple(fields))(*decoder.all(tree[3:], depth))


def is_name(text: Any, longest: int = 100) -> bool:
    """Whether this is a plain name, as a class or a parameter has."""
    return (
        type(text) is str
        and 0 < len(text) <= longest
        and text.isidentifier()
        and not keyword.iskeyword(text)
    )


def _numbers_or_none(tree: list[Any], decoder: Decoder, depth: int) -> list[Any]:
    found = decoder.all(tree[1:], depth)
    if len(found) != 3:
        raise WireError("this is no slice")
    return found


_READERS: dict[str, Reader] = {
    "l": lambda t, d, n: d.all(t[1:], n),
    "t": lambda t, d, n: tuple(d.all(t[1:], n)),
    "d": lambda t, d, n: dict(d.pairs(t, n)),
    "s": lambda t, d, n: set(d.members(t[1:], n)),
    "f": lambda t, d, n: frozenset(d.members(t[1:], n)),
    "c": _read_complex,
    "b": lambda t, d, n: bytes(d.blob(t[1])),
    "B": lambda t, d, n: bytearray(d.blob(t[1])),
    ".": lambda t, d, n: ...,
    ":": lambda t, d, n: slice(*_numbers_or_none(t, d, n)),
    "..": lambda t, d, n: _short(range(*_numbers_or_none(t, d, n))),
    "i": _read_integer,
    "/": _read_fraction,
    "$": _read_decimal,
    "a": _read_array,
    "o": _read_objects,
    "=": _read_again,
    "n": _read_scalar,
    "N": _read_named_tuple,
    "O": lambda t, d, n: collections.OrderedDict(d.pairs(t, n)),
    "C": lambda t, d, n: collections.Counter(dict(d.pairs(t, n))),
    "D": lambda t, d, n: collections.defaultdict(None, d.pairs(t, n)),
    "q": lambda t, d, n: collections.deque(d.all(t[1:], n)),
}


_MUTABLE = frozenset("ldsBoOCDq")


# --- frames --------------------------------------------------------------------------------------


def frame(message: Mapping[str, Any], encoder: Encoder) -> bytes:
    """A message with the blobs of the trees in it, as bytes.

    Parameters
    ----------
    message : mapping
        Of what JSON knows; its trees were made by `encoder`.
    encoder : Encoder

    Raises
    ------
    WireError
        If it is too large.
    """
    lengths = [len(blob) for blob in encoder.blobs]
    header = json.dumps(
        {"m": message, "b": lengths, "w": encoder.large}, separators=(",", ":")
    ).encode()
    parts: list[bytes] = []
    total = 0
    for blob in encoder.blobs:
        padding = -len(blob) % _ALIGNMENT
        parts += (blob, bytes(padding)) if padding else (blob,)
        total += len(blob) + padding
    if len(header) > HEADER_LIMIT or total > _blobs_limit(encoder.large):
        raise WireError(f"the value is too large: {(len(header) + total) / 2**20:,.0f} MB")
    return b"".join((_HEAD.pack(_MAGIC, len(header), total), header, *parts))


def _blobs_limit(large: bool) -> int:
    return LARGE_BLOBS_LIMIT if large else BLOBS_LIMIT


def _parse(header: bytes | memoryview) -> tuple[dict[str, Any], list[int], bool]:
    try:
        parsed = json.loads(bytes(header))
    except (ValueError, RecursionError, MemoryError) as error:
        raise WireError("a header is no JSON") from error
    if type(parsed) is not dict or type(parsed.get("m")) is not dict:
        raise WireError("a header holds no message")
    lengths = parsed.get("b")
    if type(lengths) is not list or not all(type(n) is int and n >= 0 for n in lengths):
        raise WireError("a header does not say how long the blobs are")
    return parsed["m"], lengths, parsed.get("w") is True


def _split(body: bytes | memoryview, lengths: list[int]) -> list[memoryview]:
    view, place, found = memoryview(body), 0, []
    for length in lengths:
        found.append(view[place : place + length])
        place += length + -length % _ALIGNMENT
    if place != len(view):
        raise WireError("the blobs are not as long as the header says")
    return found


def parse_frame(data: bytes) -> tuple[dict[str, Any], list[memoryview]]:
    """Message and blobs of one whole frame.

    Raises
    ------
    WireError
        If it is not well-formed.
    """
    if len(data) < _HEAD.size:
        raise WireError("a frame is too short")
    magic, header_length, blobs_length = _HEAD.unpack_from(data)
    if magic != _MAGIC or _HEAD.size + header_length + blobs_length != len(data):
        raise WireError("this is no frame")
    if header_length > HEADER_LIMIT:
        raise WireError("a header is too large")
    view = memoryview(data)[_HEAD.size :]
    message, lengths, large = _parse(view[:header_length])
    if blobs_length > _blobs_limit(large):
        raise WireError("a frame is too large")
    return message, _split(view[header_length:], lengths)


class Closed(Exception):
    """The other side has closed the connection, or it is broken."""


class Late(Exception):
    """The other side did not answer, or did not read, in time."""


class Connection:
    """Frames over a socket.

    Parameters
    ----------
    channel : socket.socket
        One end of a stream; from here on it is used by this object alone.
    """

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        # Blocking calls that wake up now and then to look at the clock: with a time-out of
        # Python's own, each send and each receive would be two system calls.
        channel.settimeout(None)
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            channel.setsockopt(socket.SOL_SOCKET, option, _WAKE_UP)
        self._buffer = bytearray()

    @property
    def unread(self) -> bool:
        """Whether more has arrived than was asked for."""
        return bool(self._buffer)

    def send(self, data: bytes, deadline: float | None = None) -> None:
        """Send a frame.

        Raises
        ------
        Closed, Late
        """
        left = memoryview(data)
        while len(left):
            try:
                left = left[self.channel.send(left) :]
            except BlockingIOError:
                pass
            except OSError as error:
                raise Closed from error
            if len(left):
                _look_at_the_clock(deadline)

    def receive(self, deadline: float | None = None) -> tuple[dict[str, Any], list[memoryview]]:
        """The next frame: its message and its blobs.

        Parameters
        ----------
        deadline : float, optional
            On the clock of `time.monotonic`. It counts for the whole frame, so a side that sends
            byte after byte gains nothing.

        Raises
        ------
        WireError, Closed, Late
        """
        magic, header_length, blobs_length = _HEAD.unpack(self._take(_HEAD.size, deadline))
        if magic != _MAGIC:
            raise WireError("this is no frame")
        if header_length > HEADER_LIMIT or blobs_length > LARGE_BLOBS_LIMIT:
            raise WireError("a frame is too large")
        message, lengths, large = _parse(self._take(header_length, deadline))
        if blobs_length > _blobs_limit(large):
            raise WireError("a frame is too large")
        return message, _split(self._take(blobs_length, deadline), lengths)

    def _take(self, count: int, deadline: float | None) -> bytes:
        while len(self._buffer) < count:
            _look_at_the_clock(deadline)
            try:
                more = self.channel.recv(min(max(count - len(self._buffer), 2**16), 2**20))
            except BlockingIOError:
                continue
            except OSError as error:
                raise Closed from error
            if not more:
                raise Closed
            self._buffer += more
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def close(self) -> None:
        """Close the socket."""
        self.channel.close()


def _look_at_the_clock(deadline: float | None) -> None:
    if deadline is not None and time.monotonic() > deadline:
        raise Late
