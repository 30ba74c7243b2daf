"""The log survives a kill, and grades.csv survives a spreadsheet."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import pytest
from rich.console import Console
from rich.progress import Progress

from autograder.__main__ import LONGEST_TABLE, RateColumn, summary
from autograder.export import safe_cell
from autograder.files import write_if_changed
from autograder.record import ATTENTION, GRADED, GradingLog, Outcome


def outcome(student: str, score: float = 1.0) -> Outcome:
    return Outcome(student, "forward", GRADED, "", [], score, 40.0, False, "d", "r", 0.1)


def test_the_last_line_of_a_student_counts(tmp_path: Path) -> None:
    log = GradingLog(tmp_path, "forward")
    assert log.latest() == {}
    log.append(outcome("ada", 1))
    log.append(outcome("zoë", 2))
    log.append(outcome("ada", 3))
    assert {s: o.score for s, o in log.latest().items()} == {"ada": 3, "zoë": 2}


def test_half_a_line_is_passed_over_and_swallows_nothing(tmp_path: Path) -> None:
    log = GradingLog(tmp_path, "forward")
    log.append(outcome("ada"))
    log.append(outcome("bob"))
    log.path.write_bytes(log.path.read_bytes()[:-20])
    assert list(log.latest()) == ["ada"]
    log.append(outcome("eve"))
    assert list(log.latest()) == ["ada", "eve"]


@pytest.mark.parametrize(
    ("value", "cell"),
    [("=1+1", "'=1+1"), ("@x", "'@x"), ("ada", "ada"), (None, ""), (3.5, 3.5), (-1.0, -1.0)],
)
def test_no_cell_is_a_formula(value: object, cell: object) -> None:
    assert safe_cell(value) == cell


def test_a_file_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a" / "b"
    assert write_if_changed(path, b"one") is True
    assert write_if_changed(path, b"one") is False

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_if_changed(path, b"two")
    assert path.read_bytes() == b"one"
    assert list(path.parent.iterdir()) == [path]


def shown(outcomes: list[Outcome]) -> str:
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(summary(outcomes))
    return console.export_text()


def test_a_large_class_has_rows_for_those_of_whom_there_is_more_to_say() -> None:
    small = [outcome(f"s{n:03}") for n in range(LONGEST_TABLE)]
    assert all(one.student in shown(small) for one in small)
    large = [outcome(f"s{n:03}") for n in range(LONGEST_TABLE + 1)]
    large[3] = dataclasses.replace(large[3], status=ATTENTION, reason="forward.ipynb is empty")
    large[4] = dataclasses.replace(large[4], notes=["The cell “a” was missing."])
    text = shown(large)
    assert "61 submissions, 2 of them" in text and "needs attention: forward.ipynb is empty" in text
    assert [one.student for one in large if one.student in text] == ["s003", "s004"]


def test_the_progress_shows_rate_and_time_left() -> None:
    progress = Progress(RateColumn(), get_time=iter(range(100)).__next__)
    task = progress.add_task("", total=100)
    for done in range(1, 5):
        progress.update(task, completed=10 * done)
    assert "a minute" in RateColumn().render(progress.tasks[0]).plain
    begun = Progress()
    begun.add_task("", total=3)
    assert RateColumn().render(begun.tasks[0]).plain == ""
