"""What learning platforms pack, and what students can make them pack, is collected safely."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from autograder import collect_zip
from autograder.collect_zip import (
    COLLECTED,
    LEFT_OUT,
    PASSED_OVER,
    REPLACED,
    SAME,
    Submitted,
    collect,
)
from autograder.faults import Fault
from autograder.lms_names import BadName, Names, recognise
from tests.conftest import run

NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
MOODLE = "{}_{}_assignsubmission_file_/forward.ipynb"


def packed(*entries: tuple[str | zipfile.ZipInfo, str | bytes]) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    file.seek(0)
    return file


class Place:
    """A folder to collect into, in another that must stay as it is."""

    def __init__(self, outer: Path) -> None:
        self.outer = outer
        self.submitted = outer / "course" / "submitted"
        self.submitted.mkdir(parents=True)
        (outer / "course" / "gradebook.db").write_text("grades")

    def collect(
        self, archive: io.BytesIO, names: str | None = None, force: bool = False
    ) -> dict[str, tuple[str, str]]:
        lines = collect(
            archive, names, ["forward.ipynb"], Submitted(self.submitted, "forward", force)
        )
        assert self.outside() == {"course/gradebook.db"}
        return {line.who: (line.what, line.about) for line in lines}

    def outside(self) -> set[str]:
        return {
            str(path.relative_to(self.outer))
            for path in self.outer.rglob("*")
            if path.is_file() and self.submitted not in path.parents
        }

    def there(self) -> dict[str, str]:
        return {
            str(path.relative_to(self.submitted)): path.read_text()
            for path in self.submitted.rglob("*")
            if path.is_file() and ".replaced" not in path.parts
        }


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "path", "student", "file", "version"),
    [
        ("moodle", "Ada Lovelace_12_assignsubmission_file_/a.ipynb", "Ada Lovelace", "a.ipynb", 0),
        ("moodle", "Ada Lovelace_12_assignsubmission_file/a.ipynb", "Ada Lovelace", "a.ipynb", 0),
        ("moodle", "Ada Lovelace_12_assignsubmission_file_a.ipynb", "Ada Lovelace", "a.ipynb", 0),
        ("moodle", "Course-7/José_12_assignsubmission_file_/a.ipynb", "José", "a.ipynb", 0),
        ("moodle", "😀_12_assignsubmission_file_a-1.ipynb", "😀", "a-1.ipynb", 0),
        ("moodle-numbers", "Participant_12_assignsubmission_file_a.ipynb", "Participant_12", "", 0),
        ("canvas", "lovelaceada_12_345_a.ipynb", "12", "a.ipynb", 0),
        ("canvas", "lovelaceada_12_345_a-1.ipynb", "12", "a.ipynb", 1),
        ("canvas", "lovelaceada_LATE_12_345_a-13.ipynb", "12", "a.ipynb", 13),
        ("canvas", "lovelaceada_late_12_345_a_b-c.ipynb", "12", "a_b-c.ipynb", 0),
        # What a student calls the file cannot make it another student's.
        ("moodle", "Eve_2_assignsubmission_file_Ada_1_assignsubmission_file_a.ipynb", "Eve", "", 0),
        (
            "moodle",
            "Eve_2_assignsubmission_file_/Ada_1_assignsubmission_file_/a.ipynb",
            "Eve",
            "",
            0,
        ),
        ("canvas", "eve_2_3_lovelaceada_12_345_a.ipynb", "2", "", 0),
        # nbgrader's own way, as its documentation has it.
        (
            r".*_(?P<student_id>\w+)_attempt_(?P<timestamp>[0-9\-]+)_(?P<file_id>\w+)",
            "ps1_bitdiddle_attempt_2016-01-30-15-00-00_problem1.ipynb",
            "bitdiddle",
            "problem1.ipynb",
            0,
        ),
    ],
)
def test_whose_it_is(names: str, path: str, student: str, file: str, version: int) -> None:
    named = Names(names).read(path)
    assert named.student == student
    assert named.version == version
    if file:
        assert named.file == file


def test_which_platform() -> None:
    assert recognise([MOODLE.format("Ada", 1), "notes.txt"]) == "moodle"
    tricky = "eve_2_3_x_4_assignsubmission_file_a.ipynb"
    assert recognise(["a_1_2_a.ipynb", "b_LATE_2_3_a.ipynb", tricky]) == "canvas"
    assert recognise(["ada.ipynb"]) is None


HOSTILE = {
    "up": "../{}",
    "further up": "../../../../{}",
    "up, inside": "Eve_2_assignsubmission_file_/../../../{}",
    "absolute": "/{}",
    "drive": "C:{}",
    "backslash": "..\\..\\{}",
    "share": "\\\\server\\{}",
    "newline": "Eve\n_2_assignsubmission_file_/forward.ipynb",
    "escape": "\x1b[2JEve_2_assignsubmission_file_/forward.ipynb",
    "right to left": "Eve‮bynpi_2_assignsubmission_file_/forward.ipynb",
    "zero width": "Ada​_2_assignsubmission_file_/forward.ipynb",
    "long": "E" * 300 + "_2_assignsubmission_file_/forward.ipynb",
    "long id": "E" * 120 + "_2_assignsubmission_file_/forward.ipynb",
    "long path": "Eve_2_assignsubmission_file_/" + "d/" * 600 + "forward.ipynb",
    "hidden": ".._2_assignsubmission_file_/forward.ipynb",
    "device": "CON_2_assignsubmission_file_/forward.ipynb",
    "pattern": "*_2_assignsubmission_file_/forward.ipynb",
    "nameless": " _2_assignsubmission_file_/forward.ipynb",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_name_that_leads_elsewhere_is_left_out_and_stops_nobody(place: Place, case: str) -> None:
    hostile = HOSTILE[case].format("Eve_2_assignsubmission_file_/forward.ipynb")
    with pytest.raises(BadName):
        Names("moodle").read(hostile)
    table = place.collect(packed((hostile, "evil"), (MOODLE.format("Ada", 1), NOTEBOOK)))
    assert place.there() == {"Ada/forward/forward.ipynb": NOTEBOOK}
    assert table.pop("Ada")[0] == COLLECTED
    ((who, (what, why)),) = table.items()
    assert what == LEFT_OUT
    assert why
    assert who.isprintable()  # the screen shows no control characters


def test_a_zero_in_a_name(place: Place) -> None:
    good = MOODLE.format("Eve", 2)
    file = packed((good + "X.exe", NOTEBOOK)).getvalue().replace(b"ipynbX", b"ipynb\0")
    table = place.collect(io.BytesIO(file), "moodle")
    assert place.there() == {}
    assert all(what == LEFT_OUT for what, _ in table.values())


# --- what entries are ----------------------------------------------------------------------------


def test_a_link_is_left_out(place: Place) -> None:
    link = zipfile.ZipInfo(MOODLE.format("Eve", 2))
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    table = place.collect(packed((link, "../../../gradebook.db")))
    assert place.there() == {}
    assert table[link.filename] == (LEFT_OUT, "it is a link, or no regular file")
    assert table["Eve"][0] == LEFT_OUT


def test_an_archive_in_the_archive_is_not_unpacked(place: Place) -> None:
    inner = packed(("../../forward.ipynb", NOTEBOOK)).getvalue()
    table = place.collect(packed(("Eve_2_assignsubmission_file_/work.zip", inner)))
    assert place.there() == {}
    assert "an archive; ask for the notebook itself" in table["Eve"][1]


def test_a_bomb_is_not_unpacked(place: Place) -> None:
    ada = (MOODLE.format("Ada", 1), NOTEBOOK)
    for size in (20_000_000, 60_000_000):
        table = place.collect(packed((MOODLE.format("Eve", 2), b" " * size), ada), force=True)
        assert "unpacks to" in table[MOODLE.format("Eve", 2)][1]
        assert set(place.there()) == {"Ada/forward/forward.ipynb"}


def test_what_is_too_large_is_not_unpacked(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect_zip, "LARGEST_FILE", 10_000)
    table = place.collect(packed((MOODLE.format("Eve", 2), os.urandom(10_001))))
    assert place.there() == {}
    assert "with its outputs cleared" in table[MOODLE.format("Eve", 2)][1]


def test_a_bomb_that_lies_about_its_size(place: Place) -> None:
    size = 100_000_000
    file = packed((MOODLE.format("Eve", 2), b" " * size)).getvalue()
    lie = file.replace(struct.pack("<L", size), struct.pack("<L", 5_000))
    assert lie != file
    tracemalloc.start()
    try:
        table = place.collect(io.BytesIO(lie))
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
    assert place.there() == {}
    assert "cannot be unpacked" in table["Eve"][1]


def test_all_together_too_much(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect_zip, "MOST_BYTES", 250)
    many = packed(*((MOODLE.format(f"s{number}", number), " " * 100) for number in range(5)))
    table = place.collect(many)
    assert [what for what, _ in table.values()] == [COLLECTED] * 2 + [LEFT_OUT] * 3
    monkeypatch.setattr(collect_zip, "MOST_ENTRIES", 4)
    with pytest.raises(Fault, match="5 files"):
        place.collect(many)


def test_damage_in_one_entry_costs_no_other(place: Place) -> None:
    content = json.dumps({"cells": [{"n": n * n} for n in range(500)]})
    file = bytearray(packed((MOODLE.format("Eve", 2), content)).getvalue())
    whole = packed((MOODLE.format("Eve", 2), content), (MOODLE.format("Ada", 1), NOTEBOOK))
    damaged = bytearray(whole.getvalue())
    damaged[len(file) // 3 : len(file) // 3 + 40] = bytes(40)
    table = place.collect(io.BytesIO(bytes(damaged)))
    assert place.there() == {"Ada/forward/forward.ipynb": NOTEBOOK}
    assert "cannot be unpacked" in table["Eve"][1]


def test_what_is_no_archive(place: Place) -> None:
    with pytest.raises(Fault, match="no ZIP file that can be read"):
        place.collect(io.BytesIO(b"PK\x03\x04 and nothing"))


def test_what_systems_put_in_is_nobodys(place: Place) -> None:
    table = place.collect(
        packed(
            (MOODLE.format("Ada", 1), NOTEBOOK),
            ("__MACOSX/Ada_1_assignsubmission_file_/._forward.ipynb", "x"),
            ("__MACOSX/" + MOODLE.format("Ada", 1), "x"),
            (".DS_Store", "x"),
        )
    )
    assert table == {"Ada": (COLLECTED, "forward.ipynb")}
    assert place.there() == {"Ada/forward/forward.ipynb": NOTEBOOK}


# --- who it is, and which one counts --------------------------------------------------------------


@pytest.mark.parametrize(
    "pair",
    [
        (("Ada", 1), ("ada", 2)),
        (("Ada", 1), ("Ada", 2)),  # somebody who took another's name
        (("José", 1), ("José", 2)),  # with an accent of its own
        (("Ada", 1), ("Ａda", 2)),  # a wide letter
    ],
)
def test_two_who_cannot_be_told_apart(
    place: Place, pair: tuple[tuple[str, int], tuple[str, int]]
) -> None:
    table = place.collect(
        packed(
            *((MOODLE.format(*one), NOTEBOOK) for one in pair), (MOODLE.format("Bo", 3), NOTEBOOK)
        )
    )
    assert set(place.there()) == {"Bo/forward/forward.ipynb"}
    for student, _ in pair:
        assert table[student][0] == LEFT_OUT
        assert "cannot be told apart" in table[student][1]


def test_a_folder_that_differs_in_case_from_one_that_is_there(place: Place) -> None:
    place.collect(packed((MOODLE.format("Ada", 1), NOTEBOOK)))
    table = place.collect(packed((MOODLE.format("ADA", 1), "other")), force=True)
    assert table["ADA"][0] == LEFT_OUT
    assert place.there() == {"Ada/forward/forward.ipynb": NOTEBOOK}


def test_the_same_name_twice(place: Place) -> None:
    name = MOODLE.format("Eve", 2)
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive = packed((name, "one"), (name, "two"))
    table = place.collect(archive)
    assert place.there() == {}
    assert "nothing tells which one counts" in table["Eve"][1]


def test_of_several_attempts_the_last_counts(place: Place) -> None:
    table = place.collect(
        packed(
            ("lovelaceada_12_345_forward-9.ipynb", "nine"),
            ("lovelaceada_LATE_12_346_forward-10.ipynb", "ten"),
            ("lovelaceada_12_344_forward.ipynb", "first"),
            ("lovelaceada_12_344_notes.txt", "notes"),
        )
    )
    assert place.there() == {"12/forward/forward.ipynb": "ten"}
    assert table["12"][0] == PASSED_OVER
    lines = collect(
        packed(("lovelaceada_LATE_12_346_forward-10.ipynb", "ten")),
        None,
        ["forward.ipynb"],
        Submitted(place.submitted, "forward", False),
    )
    assert [line.what for line in lines] == [SAME]
    assert "lovelaceada; late, says the platform" in lines[0].about


def test_times_in_names_count_and_are_kept(place: Place) -> None:
    pattern = r"(?P<student_id>\w+?)_(?P<timestamp>[0-9-]+)_(?P<file_id>\w+)"
    place.collect(
        packed(
            ("ada_2026-11-20-10-00-00_forward.ipynb", "early"),
            ("ada_2026-11-20-11-00-00_forward.ipynb", "later"),
            ("bo_2026-99-20-11-00-00_forward.ipynb", "never"),
        ),
        pattern,
    )
    assert place.there() == {
        "ada/forward/forward.ipynb": "later",
        "ada/forward/timestamp.txt": "2026-11-20 11:00:00",
    }


def test_a_notebook_by_another_name_is_taken_only_where_nothing_else_is(place: Place) -> None:
    table = place.collect(
        packed(
            ("Ada_1_assignsubmission_file_/my work.ipynb", "ada"),
            ("Bo_2_assignsubmission_file_/my work.ipynb", "other"),
            ("Bo_2_assignsubmission_file_/forward.ipynb", "bo"),
        )
    )
    assert place.there() == {"Ada/forward/my work.ipynb": "ada", "Bo/forward/forward.ipynb": "bo"}
    assert table["Ada"][0] == COLLECTED


# --- what is there already ------------------------------------------------------------------------


def test_what_was_handed_in_is_never_lost(place: Place) -> None:
    place.collect(packed((MOODLE.format("Ada", 1), "one")))
    assert place.collect(packed((MOODLE.format("Ada", 1), "one")))["Ada"][0] == SAME
    what, about = place.collect(packed((MOODLE.format("Ada", 1), "two")))["Ada"]
    assert (what, "--force" in about) == (LEFT_OUT, True)
    assert place.there() == {"Ada/forward/forward.ipynb": "one"}
    assert place.collect(packed((MOODLE.format("Ada", 1), "two")), force=True)["Ada"][0] == REPLACED
    assert place.there() == {"Ada/forward/forward.ipynb": "two"}
    (kept,) = place.submitted.glob(".replaced/*/Ada/forward/forward.ipynb")
    assert kept.read_text() == "one"
    assert not list(place.submitted.glob(".collect-*"))


def test_a_student_whose_folder_is_a_link(place: Place, tmp_path: Path) -> None:
    (place.submitted / "Ada").symlink_to(tmp_path)
    table = place.collect(packed((MOODLE.format("Ada", 1), "one")))
    assert table["Ada"][0] == LEFT_OUT


# --- the command ----------------------------------------------------------------------------------


def test_the_command(forward_course: Path, tmp_path: Path) -> None:
    course = tmp_path / "course"
    shutil.copytree(forward_course, course)
    archive = tmp_path / "download.zip"
    archive.write_bytes(packed((MOODLE.format("Ada [b]", 1), NOTEBOOK)).getvalue())

    def command(*more: str) -> tuple[int, str]:
        done = run(
            course,
            *("python", "-m", "autograder", "collect-zip", "forward", str(archive), *more),
            check=False,
        )
        assert "Traceback" not in done.stdout
        return done.returncode, done.stdout

    status, said = command()
    assert (status, "1 left out." in said, "Ada [b]" in said) == (1, True, True)
    archive.write_bytes(packed((MOODLE.format("Ada", 1), NOTEBOOK)).getvalue())
    status, said = command()
    assert (status, "1 collected" in said) == (0, True)
    assert (course / "submitted" / "Ada" / "forward" / "forward.ipynb").read_text() == NOTEBOOK
    assert "no regular expression" in command("--names", "(")[1]
    assert "no group (?P<student_id>" in command("--names", "x")[1]
    archive.write_bytes(packed(("ada.ipynb", NOTEBOOK)).getvalue())
    assert "neither Moodle's nor Canvas'" in command()[1]
    archive.unlink()
    assert "there is no file" in command()[1]
