"""The table for instructors is what the measurements say."""

from __future__ import annotations

import dataclasses

import pytest

from scripts.bench.plan import MEASURED, TABLE, Measured, duration, main, read, size, table, wall

ONE = Measured(
    machine="a machine",
    submissions=1000,
    stock=8.0,
    walls={"1": 0.4, "2": 0.2},
    own=0.05,
    runner=0.15,
    judge=0.25,
    coordinator=0.05,
    peak_bytes=3e8,
    folder_bytes=5e5,
    gradebook_bytes=1e4,
)


def test_the_table_in_the_book_is_made_of_what_was_measured() -> None:
    assert TABLE.read_text("utf-8") == table(read(MEASURED)), "run `python -m scripts.bench.plan`"


def test_the_plan_by_hand() -> None:
    # 0.4 s on a worker's core, 0.05 s on the coordinator's: eight cores keep it busy.
    assert ONE.most_cores == 8
    assert wall(ONE, 1000, 1) == pytest.approx(400)
    assert wall(ONE, 1000, 4) == pytest.approx(100)
    assert wall(ONE, 1000, 8) == wall(ONE, 1000, 1000) == pytest.approx(50)
    text = table(ONE)
    assert "40 times as little" in text
    assert "11 core hours" in text and "20 submissions a second" in text
    assert "  - 51 GB" in text and "50 GB of graded folders" in text


def test_a_slower_coordinator_is_told() -> None:
    assert dataclasses.replace(ONE, coordinator=0.1).most_cores == 4


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(5, "5 s"), (89, "89 s"), (90, "1.5 min"), (3600, "60 min"),
     (5400, "1.5 h"), (200_000, "2.3 days")],
)  # fmt: skip
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("count", "said"), [(12, "12 bytes"), (1500, "1.5 kB"), (32e6, "32 MB"), (4.91e10, "49 GB")]
)
def test_sizes(count: float, said: str) -> None:
    assert size(count) == said


def test_the_command_writes_nothing_new() -> None:
    before = TABLE.read_bytes()
    main([])
    assert TABLE.read_bytes() == before
