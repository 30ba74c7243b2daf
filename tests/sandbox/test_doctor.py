"""The doctor says what grading would meet."""

from __future__ import annotations

import argparse

import pytest

from autograder.sandbox import doctor, probe
from autograder.sandbox.host import WarmProcess


def test_where_submissions_can_be_isolated(
    walled: WarmProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    assert doctor.doctor_command(argparse.Namespace()) == 0
    assert "can be graded in isolation" in capsys.readouterr().out


def test_where_they_cannot(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("autograder.sandbox.bubblewrap.find", lambda: None)
    assert doctor.doctor_command(argparse.Namespace()) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "apt install bubblewrap" in said
    assert "--trust-submissions" in said


@pytest.mark.parametrize("name", ["processes", "privileges"])
def test_the_tries_find_what_is_open_outside_the_walls(name: str) -> None:
    assert probe.TRIES[name]().startswith(("it sees", "it has", "it can"))
