"""What a person meets who types `make`: help, and one sentence when something is missing."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path
from types import ModuleType

import pytest

from tests.conftest import ROOT

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """scripts/bootstrap.py, working in an empty folder."""
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "scripts" / "bootstrap.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("requirements.txt", "requirements-dev.txt", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "BIN", tmp_path / ".venv" / "bin")
    # The default of `require_room` was bound to the project's folder.
    monkeypatch.setattr(module.require_room, "__defaults__", (tmp_path,))
    return module


def said(bootstrap: ModuleType, capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What the failing command prints."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["bootstrap.py", *arguments])
        assert bootstrap.main() == 1
    captured = capfd.readouterr()
    assert "Traceback" not in captured.out + captured.err
    return captured.out


def make(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    # `make test` runs these tests; what it hands to a make below it would change what that says.
    inherited = {k: v for k, v in os.environ.items() if k not in {"MAKEFLAGS", "MAKELEVEL"}}
    return subprocess.run(
        ["make", *arguments],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**inherited, **environment},
        check=False,
    )


def test_make_alone_lists_every_target_in_one_line() -> None:
    done = make()
    assert done.returncode == 0
    text = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z]+):.*?## ", text, re.M)
    assert {"course", "test", "serve", "clean", "lint"} <= set(targets)
    listed = [line.split()[1] for line in done.stdout.splitlines()]
    assert listed == targets


def test_no_python_at_all() -> None:
    done = make("course", "PYTHON=/nowhere/python3")
    assert done.returncode != 0
    assert "No Python found: install one from 3.10 to 3.13" in done.stdout


def test_every_target_has_its_plain_command_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for command in (
        "python3 -m venv .venv",
        "jupyter-book build . -W -n --keep-going",
        "nbgrader generate_assignment forward",
        "python -m autograder sample-class forward",
        "python -m autograder grade forward",
        "nbgrader generate_feedback forward",
        "nbgrader export",
        "python -m pytest",
    ):
        assert command in readme


@pytest.mark.parametrize("version", [(3, 9), (3, 14), (2, 7), (4, 0)])
def test_a_python_without_tensorflow(
    bootstrap: ModuleType,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    version: tuple[int, int],
) -> None:
    monkeypatch.setattr(bootstrap.sys, "version_info", (*version, 0, "final", 0))
    monkeypatch.setenv("PATH", "/nowhere")
    text = said(bootstrap, capfd, "environment")
    assert f"TensorFlow has no packages for Python {version[0]}.{version[1]}" in text
    assert "3.10 to 3.13" in text
    assert "make PYTHON=" in text


def test_another_python_on_the_path_is_taken(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, version in (("python3.13", "3 9"), ("python3.12", "3 12"), ("python3.11", "3 11")):
        (tools / name).write_text(f"#!/bin/sh\necho {version}\n")
        (tools / name).chmod(0o755)
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 14, 0, "final", 0))
    monkeypatch.setenv("PATH", str(tools))
    # The first is not what its name says.
    assert bootstrap.find_python() == str(tools / "python3.12")


def test_a_python_without_venv(
    bootstrap: ModuleType,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    # An interpreter in which `import venv` fails, as on a Debian without python3-venv.
    python = tmp_path / "python-without-venv"
    python.write_text(
        '#!/bin/sh\ncase "$*" in *venv*) echo "No module named venv" >&2; exit 1;; esac\n'
        f'exec {sys.executable} "$@"\n'
    )
    python.chmod(0o755)
    monkeypatch.setattr(bootstrap, "find_python", lambda: str(python))
    text = said(bootstrap, capfd, "environment")
    assert "cannot make a virtual environment: install its venv module" in text
    assert f"python{sys.version_info[0]}.{sys.version_info[1]}-venv" in text


def test_a_full_disk_before_the_environment(
    bootstrap: ModuleType, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap.shutil, "disk_usage", lambda path: Usage(9e9, 8e9, 1e9))
    text = said(bootstrap, capfd, "environment")
    assert "The disk is too full" in text
    assert "has 1.0 GB free and this step needs 4.0 GB" in text


def test_a_disk_that_fills_up_during_a_step(
    bootstrap: ModuleType, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    frees = iter([9e9, 0])
    monkeypatch.setattr(bootstrap.shutil, "disk_usage", lambda path: Usage(9e9, 0, next(frees)))
    text = said(bootstrap, capfd, "run", "Grading", "--", "false")
    assert "The disk is too full" in text
    assert "run make again" in text


def test_a_step_that_fails_for_another_reason(
    bootstrap: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    text = said(bootstrap, capfd, "run", "Grading", "--", "sh", "-c", "echo why; exit 3")
    assert "why" in text
    assert "“Grading” failed with status 3; the lines above say why." in text


def test_an_environment_that_is_up_to_date_is_left_alone(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unwanted(*_: object, **__: object) -> None:
        raise AssertionError("nothing had to be installed")

    monkeypatch.setattr(bootstrap.subprocess, "run", unwanted)
    (bootstrap.VENV).mkdir()
    (bootstrap.VENV / "course.stamp").write_text(bootstrap.wanted(False))
    bootstrap.make_environment(False)
    (bootstrap.ROOT / "requirements.lock").write_text("other==1\n")
    with pytest.raises(AssertionError, match="nothing had to be"):
        bootstrap.make_environment(False)


def test_the_bootstrap_runs_on_old_pythons() -> None:
    import ast

    text = (ROOT / "scripts" / "bootstrap.py").read_text("utf-8")
    ast.parse(text, feature_version=(3, 6))


def test_clean_removes_what_was_produced_and_nothing_else(course: Path) -> None:
    shutil.copytree(ROOT / "scripts", course / "scripts")
    before = sorted(p for p in course.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    produced = {course / "gradebook.db"} | set(course.glob("solutions/*/*.ipynb"))
    produced |= set(course.glob("solutions/*/pooling_checks/*.py"))
    command = [sys.executable, "-m", "autograder", "sample-class", "forward"]
    subprocess.run(command, cwd=course, check=True, capture_output=True)
    (course / "_build").mkdir()
    clean = [sys.executable, str(course / "scripts" / "clean.py")]
    subprocess.run(clean, cwd=course, check=True)
    after = sorted(p for p in course.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    assert after == [path for path in before if path not in produced]
    assert not (course / "submitted").exists()
    assert not (course / "_build").exists()


def test_clean_keeps_students_work_and_grades(course: Path) -> None:
    shutil.copytree(ROOT / "scripts", course / "scripts")
    command = [sys.executable, "-m", "autograder", "sample-class", "forward"]
    subprocess.run(command, cwd=course, check=True, capture_output=True)
    mine = course / "submitted" / "ada" / "forward" / "forward.ipynb"
    mine.parent.mkdir(parents=True)
    mine.write_text("{}")
    clean = [sys.executable, str(course / "scripts" / "clean.py")]
    done = subprocess.run(clean, cwd=course, check=True, capture_output=True, text=True)
    assert "Kept submitted/ (1 students" in done.stdout
    assert mine.exists()
    assert (course / "gradebook.db").exists()
    assert [p.name for p in (course / "submitted").iterdir()] == ["ada"]


def test_the_lock_holds_what_the_requirements_ask_for() -> None:
    from packaging.requirements import Requirement

    locked: dict[str, list[Requirement]] = {}
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        if line and not line.lstrip().startswith("#"):
            requirement = Requirement(line)
            name = requirement.name.lower().replace("_", "-")
            locked.setdefault(name, []).append(requirement)
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text().splitlines():
            text = line.split("#")[0].strip()
            if not text:
                continue
            asked = Requirement(text)
            operators = {specifier.operator for specifier in asked.specifier}
            assert {">=", "<"} <= operators, f"{text} is not bounded below and above"
            assert "#" in line or "tensorflow" in text, f"{text} does not say why"
            for pinned in locked[asked.name.lower().replace("_", "-")]:
                (version,) = (specifier.version for specifier in pinned.specifier)
                assert asked.specifier.contains(version), f"{text} is locked to {version}"
