"""What tells who somebody is goes; what was released stays."""

from __future__ import annotations

import random
import time

import pytest

from autograder.report.privacy import INSTEAD, Redactor

RELEASED = "def max_pool2d(x, pool_size):\n    check(max_pool2d, MaxPooling2D)"


@pytest.mark.parametrize(
    "said",
    [
        "by ada-l17!",
        "/home/ADA-L17/forward.ipynb",
        "ada_l17_helper",
        "Ada L17",
        "x = 'ada-l17'",
        "(ada.l17@example.org)",
    ],
)
def test_an_id_goes_however_it_is_written(said: str) -> None:
    shown = Redactor(["ada-l17"], RELEASED)(said)
    assert INSTEAD in shown
    assert "l17" not in shown.casefold()


def test_names_and_addresses_go() -> None:
    redact = Redactor(["Ada", "Lovelace", "José", "a@b.org"], RELEASED)
    assert redact("Ada Lovelace") == f"{INSTEAD} {INSTEAD}"
    assert redact("Jose\u0301 wrote to a@b.org") == f"{INSTEAD} wrote to {INSTEAD}"
    assert redact("Adam, adaptive, lovelaces") == "Adam, adaptive, lovelaces"


def test_the_longest_goes_as_one() -> None:
    assert Redactor(["right", "right-loops"])("right-loops right") == f"{INSTEAD} {INSTEAD}"


def test_released_names_stay() -> None:
    redact = Redactor(["max", "pool"], RELEASED)
    assert redact("max_pool2d raised; Max was here") == f"max_pool2d raised; {INSTEAD} was here"
    assert redact("pool_size and my_pool") == f"pool_size and my_{INSTEAD}"


def test_short_ids_go_from_paths_only() -> None:
    redact = Redactor(["7", "1234", "x"])
    said = "expected 7, received 1234 for x in /submitted/7/forward and /home/1234/a.py"
    assert redact(said) == (
        f"expected 7, received 1234 for x in /submitted/{INSTEAD}/forward and /home/{INSTEAD}/a.py"
    )
    assert Redactor(["12345"])("expected 12345") == f"expected {INSTEAD}"


def test_odd_ids() -> None:
    redact = Redactor(["***", "a*b", "名前", ""])
    assert redact("rename the folder “a*b” or “***”") == (
        f"rename the folder “{INSTEAD}” or “{INSTEAD}”"
    )
    assert Redactor(["名前です"])("名前です") == INSTEAD


def test_nothing_known_changes_nothing() -> None:
    assert Redactor([])("a\n  b 12345") == "a\n  b 12345"


def test_no_id_is_left_in_any_text() -> None:
    """Any id, anywhere among other words, however it is joined to them."""
    rng = random.Random(0)
    ids = [f"s{rng.randrange(10**6):06d}" for _ in range(200)]
    ids += [f"{a}.{b}" for a in ("kim", "lee", "roy") for b in ("smith", "jones")]
    redact = Redactor(ids, RELEASED)
    for _ in range(300):
        some = [rng.choice([*ids, "max_pool2d", "raised"]) for _ in range(8)]
        said = "".join(word + rng.choice("_/.,- \n'(") for word in some)
        shown = redact(said).casefold()
        assert not [known for known in ids if known in shown], said


def test_a_large_class_is_no_slower() -> None:
    redact = Redactor([f"s{n:07d}" for n in range(30_000)])
    began = time.monotonic()
    for _ in range(300):
        redact("word s0000123 " * 100)
    assert time.monotonic() - began < 5
