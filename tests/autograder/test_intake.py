"""What is wrong with a submission's files is told in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_notebook

from autograder import intake
from autograder.intake import (
    Submission,
    UnreadableSubmission,
    check_submission,
    digest,
    find_submissions,
)


@pytest.fixture
def submission(tmp_path: Path) -> Submission:
    folder = tmp_path / "submitted" / "ada" / "forward"
    folder.mkdir(parents=True)
    nbformat.write(new_notebook(), folder / "forward.ipynb")
    return Submission("ada", "forward", folder)


def test_a_notebook_passes(submission: Submission) -> None:
    check_submission(submission, ["forward"])


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
        check_submission(submission, ["forward"])
    assert str(caught.value).startswith("forward.ipynb")
    assert "\n" not in str(caught.value)


def test_a_missing_file_names_what_was_found(submission: Submission) -> None:
    (submission.folder / "forward.ipynb").rename(submission.folder / "forward (1).ipynb")
    with pytest.raises(UnreadableSubmission, match=r"found forward \(1\)\.ipynb: rename"):
        check_submission(submission, ["forward"])


def test_a_huge_file(submission: Submission, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "LARGEST_NOTEBOOK", 10)
    with pytest.raises(UnreadableSubmission, match="with its outputs cleared"):
        check_submission(submission, ["forward"])


def test_a_link_or_a_folder_is_no_notebook(submission: Submission) -> None:
    path = submission.folder / "forward.ipynb"
    path.rename(submission.folder / "other")
    path.symlink_to(submission.folder / "other")
    with pytest.raises(UnreadableSubmission, match="not a regular file"):
        check_submission(submission, ["forward"])
    path.unlink()
    path.mkdir()
    with pytest.raises(UnreadableSubmission, match="not a regular file"):
        check_submission(submission, ["forward"])


def test_finding(submission: Submission) -> None:
    submitted = submission.folder.parent.parent
    (submitted / "bob" / "backward").mkdir(parents=True)
    (submitted / ".hidden" / "forward").mkdir(parents=True)
    (submitted / "zoë" / "forward").mkdir(parents=True)
    (submitted / "a-file").write_text("x")
    found = find_submissions(submitted, "forward")
    assert [s.student for s in found] == ["ada", "zoë"]
    assert find_submissions(submitted / "nowhere", "forward") == []


def test_the_digest_tells_a_change(submission: Submission) -> None:
    before = digest(submission)
    assert digest(submission) == before
    path = submission.folder / "forward.ipynb"
    path.write_text(json.dumps({**json.loads(path.read_text()), "x": 1}))
    changed = digest(submission)
    assert changed != before
    (submission.folder / "data.txt").write_text("x")
    assert digest(submission) != changed
