"""Values survive the wire exactly; nothing but `WireError` comes out of bytes that are none."""

from __future__ import annotations

import collections
import contextlib
import decimal
import enum
import fractions
import json
import random
import socket
import struct
import threading
import time
import tracemalloc
from typing import Any

import numpy as np
import pytest

from autograder import wire
from autograder.wire import Closed, Connection, Decoder, Encoder, Late, WireError


def through(value: Any) -> Any:
    """The value as it arrives on the other side."""
    encoder = Encoder()
    data = wire.frame({"v": encoder.tree(value)}, encoder)
    message, blobs = wire.parse_frame(data)
    return Decoder(blobs).value(message["v"])


Point = collections.namedtuple("Point", "x y")

PLAIN = [
    None, True, False, 0, -1, 2**53 + 1, 2**63, -(2**63) - 1, 10**5000, 0.0, 1.5, 1e-308, "",
    "text", "✓ 💡", "\ud800", b"", b"\0\xff", [], (), {}, set(), [1, [2, (3, [])]],
    {"a": 1, 2: "b", (1, 2): None, None: 3.0}, {1, 2.5, "x"}, frozenset({(1,), (2,)}), 1 + 2j,
    ..., slice(1, None, -2), range(3, 9, 2), fractions.Fraction(-1, 3), decimal.Decimal("-0.10"),
    collections.OrderedDict([("b", 1), ("a", 2)]), collections.Counter("abca"), Point(1, [2]),
    collections.deque([1, 2]),
]  # fmt: skip


@pytest.mark.parametrize("value", PLAIN, ids=[str(n) for n in range(len(PLAIN))])
def test_plain_values_survive_with_their_types(value: Any) -> None:
    arrived = through(value)
    assert arrived == value
    assert type(arrived) is type(value) or type(arrived).__name__ == "Point"
    if isinstance(value, (list, tuple)):
        assert [type(part) for part in arrived] == [type(part) for part in value]


def test_numbers_that_are_equal_but_not_the_same_stay_what_they_are() -> None:
    values = [1, 1.0, True, np.int64(1), np.float32(1), np.bool_(True), np.float64(1), 1 + 0j]
    arrived = through(values)
    assert [type(value) for value in arrived] == [type(value) for value in values]
    assert np.signbit(through(-0.0)) and np.signbit(through(np.float32(-0.0)))
    for value in (float("inf"), float("-inf")):
        assert through(value) == value
    assert np.isnan(through(float("nan"))) and np.isnan(through(np.float64("nan")))
    assert through(complex("nan+infj")).imag == float("inf")


@pytest.mark.parametrize(
    "dtype",
    ["bool", "int8", "uint64", "float16", "float32", "float64", "longdouble", "complex64", ">f8",
     "S3", "U4", "datetime64[ns]", "timedelta64[s]"],
)  # fmt: skip
@pytest.mark.parametrize("shape", [(), (0, 3), (5,), (2, 3, 4)])
def test_arrays_survive(dtype: str, shape: tuple[int, ...]) -> None:
    count = int(np.prod(shape))
    array = np.arange(count).astype("int64").astype(dtype).reshape(shape)
    arrived = through(array)
    assert arrived.dtype == array.dtype and arrived.dtype.str == array.dtype.str
    assert arrived.shape == shape and np.array_equal(arrived, array)
    assert arrived.flags.owndata and arrived.flags.writeable


def test_arrays_keep_their_layout_in_memory() -> None:
    array = np.moveaxis(np.arange(24.0).reshape(2, 3, 4), 0, 2)
    arrived = through(array.copy(order="K"))
    assert arrived.strides == array.copy(order="K").strides and arrived.flags.owndata
    fixed = np.arange(3)
    fixed.flags.writeable = False
    assert not through(fixed).flags.writeable


def test_an_array_that_stands_twice_is_one_array() -> None:
    array = np.arange(3)
    first, second, other = through([array, array, array.copy()])
    assert first is second and first is not other


def test_subclasses_arrive_as_what_they_are_made_of() -> None:
    class Colour(enum.IntEnum):
        RED = 3

    class Liar(list):  # type: ignore[type-arg]
        def __len__(self) -> int:
            return 10**9

        def __iter__(self) -> Any:
            raise RuntimeError

    assert type(through(Colour.RED)) is int and through(Liar([1, 2])) == [1, 2]
    matrix = through(np.matrix([[1, 2]]))
    assert type(matrix) is np.ndarray and matrix.shape == (1, 2)
    objects = through(np.array([None, "a", [1]], dtype=object))
    assert objects.dtype == object and list(objects) == [None, "a", [1]]


def test_what_is_no_data_or_has_no_end_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    wide: list[Any] = []
    for _ in range(40):
        wide = [wide, wide]
    for value in (object(), len, endless, wide, 1 << 10**6, np.zeros(2, "i4,f8")):
        with pytest.raises(WireError):
            through(value)


def test_frames_have_a_limit() -> None:
    with pytest.raises(WireError, match="too large"):
        through(np.zeros(wire.BLOBS_LIMIT + 1, "u1"))
    with pytest.raises(WireError, match="too large"):
        through("x" * (wire.HEADER_LIMIT + 1))


# --- bytes that are no values --------------------------------------------------------------------


def decode(tree: Any, *blobs: bytes) -> Any:
    return Decoder(blobs).value(tree)


@pytest.mark.parametrize(
    "tree",
    [
        ["a", "<f8", [2**62, 2**62], 0],
        ["a", "<f8", [2], 0],
        ["a", "<f8", [-1, -2], 0],
        ["a", "<f8", [1.0, 2], 0],
        ["a", "<f8", [True, 2], 0],
        ["a", "|O", [2], 0],
        ["a", "<V16", [1], 0],
        ["a", "<f8,<f8", [1], 0],
        ["a", "float64", [2], 0],
        ["a", "<f8", [2], 1],
        ["a", "<f8", [2], -1],
        ["a", "<f8", [2, 1], 0, [0, 0], True],
        ["a", "<f8", [2, 1], 0, [0, 5], True],
        ["a", "<f8"],
        ["a", "|S999999999", [1], 0],
        ["=", 0],
        ["n", "<f4", 0],
        ["o", [3], 1],
        ["o", [2**60, 2**60], 1],
        ["i", "0x" + "f" * 10**6],
        ["i", 5],
        ["i", "__import__('os')"],
        ["/", 1, 0],
        ["/", 1.5, 2],
        ["c", 1, 2],
        ["s", ["l"]],
        ["d", ["l"], 1],
        ["d", 1],
        ["..", 1, 2, 0],
        ["..", "a", "b", "c"],
        [":", 1],
        ["N", "P", ["x", "x"], 1, 2],
        ["N", "P", ["x"], 1, 2],
        ["$", "1" * 10**5],
        ["$", "no"],
        ["unknown"],
        [["l"]],
        [],
        {"l": 1},
        ["r", 1, {}],
    ],
    ids=str,
)
def test_odd_trees_are_refused(tree: Any) -> None:
    with pytest.raises(WireError):
        decode(tree, bytes(8))


def test_the_depth_and_the_number_of_values_and_keys_are_bounded() -> None:
    deep: Any = 1
    for _ in range(200):
        deep = ["l", deep]
    for tree in (deep, ["l"] + [["l"]] * 600_000, ["s", *range(30_000)]):
        with pytest.raises(WireError):
            decode(tree)


def test_keys_whose_hashes_collide_do_not_cost_minutes() -> None:
    modulus = 2**61 - 1
    start = time.monotonic()
    decode(["s", *(hex_tree(modulus * n) for n in range(1, 4000))])
    assert time.monotonic() - start < 10


def hex_tree(number: int) -> Any:
    return ["i", hex(number)]


VALUE = {
    "list": [1, 2.5, "x", (None, True)],
    "array": np.arange(6, dtype="float32").reshape(2, 3),
    "layout": np.asfortranarray(np.arange(6).reshape(2, 3)),
    "scalar": np.int16(3),
    "big": 10**40,
    "set": {1, 2},
    "bytes": b"abc",
    "point": Point(1, 2),
}


def test_mutated_frames_give_values_or_wire_errors_within_bounds() -> None:
    encoder = Encoder()
    valid = wire.frame({"n": 1, "v": encoder.tree(VALUE)}, encoder)
    rng = random.Random(0)
    refused = 0
    tracemalloc.start()
    start = time.monotonic()
    for _ in range(4000):
        data = bytearray(valid)
        for _ in range(rng.choice([1, 1, 2, 8])):
            place = rng.randrange(len(data))
            action = rng.random()
            if action < 0.5:
                data[place] = rng.randrange(256)
            elif action < 0.7:
                del data[place : place + rng.randrange(1, 9)]
            elif action < 0.9:
                data[place:place] = rng.choice([b"9", b"[", b'"l",', b"1e99", b"-", b"null,"])
            else:
                data[place : place + 8] = struct.pack(">Q", rng.getrandbits(64))
        try:
            message, blobs = wire.parse_frame(bytes(data))
            Decoder(blobs).value(message.get("v"))
        except WireError:
            refused += 1
    assert refused > 1000  # the mutations bite
    assert tracemalloc.get_traced_memory()[1] < 50 * 2**20
    assert time.monotonic() - start < 60
    tracemalloc.stop()


def test_mutated_trees_give_values_or_wire_errors() -> None:
    encoder = Encoder()
    text = json.dumps(encoder.tree(VALUE))
    rng = random.Random(1)
    parsed = 0
    for _ in range(6000):
        cut = list(text)
        for _ in range(rng.choice([1, 2, 4])):
            cut[rng.randrange(len(cut))] = rng.choice(list('[]",0123456789.-aldtsNOCD=:<f8'))
        try:
            tree = json.loads("".join(cut))
        except ValueError:
            continue
        parsed += 1
        with contextlib.suppress(WireError):
            Decoder(encoder.blobs).value(tree)
    assert parsed > 300


# --- the connection ------------------------------------------------------------------------------


def ends() -> tuple[Connection, socket.socket]:
    ours, theirs = socket.socketpair()
    return Connection(ours), theirs


def test_a_frame_that_says_it_is_huge_is_refused_before_it_is_read() -> None:
    connection, theirs = ends()
    theirs.sendall(struct.pack(">4sIQ", b"PCJ1", 10, 2**60))
    with pytest.raises(WireError, match="too large"):
        connection.receive(time.monotonic() + 5)
    connection, theirs = ends()
    theirs.sendall(struct.pack(">4sIQ", b"PCJ1", 2**31, 0))
    with pytest.raises(WireError, match="too large"):
        connection.receive(time.monotonic() + 5)


def test_only_a_model_may_be_large() -> None:
    connection, theirs = ends()
    header = json.dumps({"m": {}, "b": [wire.BLOBS_LIMIT * 2], "w": False}).encode()
    theirs.sendall(struct.pack(">4sIQ", b"PCJ1", len(header), wire.BLOBS_LIMIT * 2) + header)
    with pytest.raises(WireError, match="too large"):
        connection.receive(time.monotonic() + 5)


def test_a_side_that_sends_byte_after_byte_gains_no_time() -> None:
    connection, theirs = ends()
    done = threading.Event()

    def drip() -> None:
        while not done.wait(0.05):
            try:
                theirs.send(b"P")
            except OSError:
                return

    thread = threading.Thread(target=drip)
    thread.start()
    start = time.monotonic()
    with pytest.raises((Late, WireError)):
        connection.receive(time.monotonic() + 0.5)
    assert time.monotonic() - start < 3
    done.set()
    thread.join()


def test_a_side_that_does_not_read_is_late() -> None:
    connection, _theirs = ends()
    encoder = Encoder()
    encoder.blob(bytes(32 * 2**20))
    start = time.monotonic()
    with pytest.raises(Late):
        connection.send(wire.frame({}, encoder), time.monotonic() + 0.5)
    assert time.monotonic() - start < 3


def test_a_closed_connection_says_so() -> None:
    connection, theirs = ends()
    theirs.close()
    with pytest.raises(Closed):
        connection.receive(time.monotonic() + 5)
