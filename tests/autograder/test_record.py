"""The log survives a kill, and grades.csv survives a spreadsheet."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.export import safe_cell
from autograder.files import write_if_changed
from autograder.record import GRADED, GradingLog, Outcome


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
