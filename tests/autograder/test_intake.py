"""What is wrong with a submission's files is told in one sentence."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_notebook

from autograder import intake
from autograder.files import fingerprint
from autograder.intake import (
    Submission,
    UnreadableSubmission,
    files_of,
    find_submissions,
    read_notebook,
    read_submission,
)


@pytest.fixture
def submission(tmp_path: Path) -> Submission:
    folder = tmp_path / "submitted" / "ada" / "forward"
    folder.mkdir(parents=True)
    nbformat.write(new_notebook(), folder / "forward.ipynb")
    return Submission("ada", "forward", folder)


def read(submission: Submission) -> list[str]:
    """Read a submission's files and its notebook; what was left out."""
    files, left_out = read_submission(submission, ["forward"])
    read_notebook("forward.ipynb", files["forward.ipynb"])
    return left_out


def test_a_notebook_passes(submission: Submission) -> None:
    read(submission)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b'{"cells": [', "is not valid JSON"),
        (b"\xff\xfe\x00", "is not text in UTF-8"),
        (b"[]", "is JSON, but no notebook"),
        (b"{}", "is JSON, but no notebook"),
        (b'{"cells": [], "nbformat": "x"}', "cannot be read as a notebook"),
        (b"[" * 100_000, "is nested too deeply"),
    ],
)
def test_a_broken_file(submission: Submission, content: bytes, said: str) -> None:
    (submission.folder / "forward.ipynb").write_bytes(content)
    with pytest.raises(UnreadableSubmission, match=said) as caught:
        read(submission)
    assert str(caught.value).startswith("forward.ipynb")
    assert "\n" not in str(caught.value)


def test_a_missing_file_names_what_was_found(submission: Submission) -> None:
    (submission.folder / "forward.ipynb").rename(submission.folder / "forward (1).ipynb")
    with pytest.raises(UnreadableSubmission, match=r"found forward \(1\)\.ipynb: rename"):
        read(submission)


def test_a_huge_file(submission: Submission, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "LARGEST_FILE", 10)
    with pytest.raises(UnreadableSubmission, match="with its outputs cleared"):
        read(submission)


def test_a_link_or_a_folder_is_no_notebook(submission: Submission) -> None:
    path = submission.folder / "forward.ipynb"
    path.rename(submission.folder / "other")
    path.symlink_to(submission.folder / "other")
    with pytest.raises(UnreadableSubmission, match="not a regular file"):
        read(submission)
    path.unlink()
    path.mkdir()
    with pytest.raises(UnreadableSubmission, match="not a regular file"):
        read(submission)


def test_finding(submission: Submission) -> None:
    submitted = submission.folder.parent.parent
    (submitted / "bob" / "backward").mkdir(parents=True)
    (submitted / ".hidden" / "forward").mkdir(parents=True)
    (submitted / "zoë" / "forward").mkdir(parents=True)
    (submitted / "a-file").write_text("x")
    found = find_submissions(submitted, "forward")
    assert [s.student for s in found] == ["ada", "zoë"]
    assert find_submissions(submitted / "nowhere", "forward") == []


def test_the_fingerprint_tells_a_change(submission: Submission) -> None:
    before = fingerprint(submission.folder)
    assert fingerprint(submission.folder) == before
    path = submission.folder / "forward.ipynb"
    path.write_text(json.dumps({**json.loads(path.read_text()), "x": 1}))
    changed = fingerprint(submission.folder)
    assert changed != before
    (submission.folder / "data.txt").write_text("x")
    assert fingerprint(submission.folder) != changed


def test_a_byte_order_mark_is_no_fault(submission: Submission) -> None:
    path = submission.folder / "forward.ipynb"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read(submission) == []


@pytest.mark.parametrize("student", ["br[ack]et", "all*", "who?"])
def test_an_id_that_nbgrader_takes_for_a_pattern(submission: Submission, student: str) -> None:
    with pytest.raises(UnreadableSubmission, match="rename the folder"):
        read(Submission(student, "forward", submission.folder))


def test_links_are_not_followed(submission: Submission, tmp_path: Path) -> None:
    secret = tmp_path / "gradebook.db"
    secret.write_text("everyone's grades")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inside").write_text("everyone's grades")
    for name, target in (("g.bin", secret), ("dir", tmp_path / "folder"), ("broken", "nowhere")):
        (submission.folder / name).symlink_to(target)
    (submission.folder / "sub").mkdir()
    (submission.folder / "sub" / "data.txt").write_text("mine")
    taken, left_out = files_of(submission)
    assert [note.split("”")[0].split("“")[1] for note in left_out] == ["broken", "dir", "g.bin"]
    assert sorted(map(str, taken)) == ["forward.ipynb", "sub/data.txt"]


@pytest.mark.parametrize("stamp", [b"yesterday", b"\xff\xfe", b"99999999999999999999"])
def test_a_time_stamp_that_cannot_be_read(submission: Submission, stamp: bytes) -> None:
    (submission.folder / "timestamp.txt").write_bytes(stamp)
    taken, (note,) = files_of(submission)
    assert "time stamp" in note
    assert intake.TIME_STAMP not in taken


def test_a_good_time_stamp_is_kept(submission: Submission) -> None:
    path = submission.folder / intake.TIME_STAMP
    path.write_text("2026-11-22 15:00:00 UTC")
    taken, left_out = files_of(submission)
    assert intake.TIME_STAMP in taken and left_out == []
    assert intake.time_stamp(path.read_bytes()) == datetime.datetime(2026, 11, 22, 15)
