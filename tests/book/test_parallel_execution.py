"""Chapters run side by side, each once, and only when their code has changed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import joblib
import pytest
import yaml

from .conftest import ROOT, STRICT, build_book
from .test_strict_build import NOTEBOOK, small_book

#: What a test chapter runs: it notes when, and for how long, in a file of its own.
DIARY = """
import json, os, pathlib, time
start = time.time()
time.sleep(SECONDS)
line = {"start": start, "end": time.time(), "pid": os.getpid(), "folder": os.getcwd()}
line["threads"] = os.environ.get("TF_NUM_INTRAOP_THREADS")
with pathlib.Path(FOLDER, "NAME.diary").open("a") as diary:
    diary.write(json.dumps(line) + "\\n")
"""


def book(folder: Path, seconds: dict[str, float], kernels: int = 2, after: str = "") -> Path:
    """Write a book whose chapters wait that long and keep a diary."""
    small_book(folder)
    config = folder / "_config.yml"
    text = config.read_text("utf-8")
    assert text.count("    language: en\n") == 1
    text = text.replace(
        "    language: en\n", f"    language: en\n    pooling_book_kernels: {kernels}\n"
    )
    config.write_text(text, encoding="utf-8")
    (folder / "book" / "chapter.md").unlink()
    for name, wait in seconds.items():
        code = DIARY.replace("SECONDS", str(wait)).replace("NAME", name)
        code = code.replace("FOLDER", repr(str(folder)))
        chapter = NOTEBOOK.replace("VALUE = 3.0", code).replace("CODE", after or "pass")
        (folder / "book" / f"{name}.md").write_text(
            chapter.replace("TEXT", "Fine."), encoding="utf-8"
        )
    first, *others = seconds
    toc = f"format: jb-book\nroot: book/{first}\n"
    if others:
        toc += "chapters:\n" + "".join(f"- file: book/{name}\n" for name in others)
    (folder / "_toc.yml").write_text(toc, encoding="utf-8")
    return folder


def diary(folder: Path, name: str) -> list[dict]:
    """What a chapter noted, one entry for each time that it ran."""
    path = folder / f"{name}.diary"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


def is_running(pid: int) -> bool:
    """Whether a process lives; one that ended and was not waited for does not."""
    status = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return status.stdout.strip()[:1] not in ("", "Z")


def test_chapters_run_side_by_side_and_again_only_when_changed(tmp_path: Path) -> None:
    """Two chapters overlap in time, each in an empty folder; then only the changed one runs."""
    folder = book(tmp_path, {"one": 4, "two": 4})
    result = build_book(folder, *STRICT)
    assert result.returncode == 0, result.stdout
    (one,), (two,) = diary(folder, "one"), diary(folder, "two")
    assert max(one["start"], two["start"]) < min(one["end"], two["end"])
    assert one["folder"] != two["folder"]
    assert not Path(one["folder"]).exists()
    assert not is_running(one["pid"]) and not is_running(two["pid"])
    assert "Executing notebook" not in result.stdout, "myst-nb ran what was in its cache"

    # Other words, the same code: nothing runs.
    chapter = folder / "book" / "one.md"
    chapter.write_text(chapter.read_text("utf-8").replace("Fine.", "Good."), encoding="utf-8")
    result = build_book(folder, *STRICT)
    assert result.returncode == 0, result.stdout
    assert "Good." in (folder / "_build" / "html" / "book" / "one.html").read_text("utf-8")
    assert (len(diary(folder, "one")), len(diary(folder, "two"))) == (1, 1)

    chapter.write_text(chapter.read_text("utf-8").replace("pass", "print('new')"), encoding="utf-8")
    result = build_book(folder, *STRICT)
    assert result.returncode == 0, result.stdout
    assert (len(diary(folder, "one")), len(diary(folder, "two"))) == (2, 1)
    # Side by side they share the cores; alone, a chapter has TensorFlow's defaults.
    assert one["threads"] == two["threads"] == str(max(1, joblib.cpu_count() // 2))
    assert diary(folder, "one")[1]["threads"] is None
    assert "new" in (folder / "_build" / "html" / "book" / "one.html").read_text("utf-8")


def test_failing_chapters_are_named_once_and_the_others_kept(tmp_path: Path) -> None:
    """Every chapter that fails is named with its line; what worked does not run again."""
    folder = book(tmp_path, {"good": 0, "wrong": 0, "dead": 0})
    wrong, dead = folder / "book" / "wrong.md", folder / "book" / "dead.md"
    wrong.write_text(wrong.read_text("utf-8") + "\n```{code-cell} ipython3\n1 / 0\n```\n", "utf-8")
    dead.write_text(
        dead.read_text("utf-8") + "\n```{code-cell} ipython3\nos._exit(1)\n```\n", "utf-8"
    )
    result = build_book(folder)
    assert result.returncode != 0
    for path, reason in ((wrong, "ZeroDivisionError"), (dead, "DeadKernelError")):
        line = path.read_text("utf-8").splitlines().index("```{code-cell} ipython3", 20) + 1
        report = [text for text in result.stdout.splitlines() if f"{path}:" in text]
        assert len(report) == 1, result.stdout
        assert abs(int(report[0].split(f"{path}:")[1].split(":")[0]) - line) <= 1, report
        assert reason in result.stdout
    assert len(diary(folder, "wrong")) == len(diary(folder, "dead")) == 1

    for path in (wrong, dead):
        text = path.read_text("utf-8").replace("1 / 0", "1 / 1").replace("os._exit(1)", "1")
        path.write_text(text, "utf-8")
    result = build_book(folder, *STRICT)
    assert result.returncode == 0, result.stdout
    assert len(diary(folder, "good")) == 1
    assert len(diary(folder, "wrong")) == len(diary(folder, "dead")) == 2


def test_other_modes_are_left_to_myst_nb(tmp_path: Path) -> None:
    """With `execute_notebooks: force`, chapters run as myst-nb runs them, one after another."""
    folder = book(tmp_path, {"one": 0.5, "two": 0.5})
    config = folder / "_config.yml"
    text = config.read_text("utf-8")
    assert "execute_notebooks: cache" in text
    text = text.replace("execute_notebooks: cache", "execute_notebooks: force")
    config.write_text(text, encoding="utf-8")
    result = build_book(folder, *STRICT)
    assert result.returncode == 0, result.stdout
    (one,), (two,) = diary(folder, "one"), diary(folder, "two")
    assert max(one["start"], two["start"]) > min(one["end"], two["end"])


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_an_interrupt_leaves_no_kernel_behind(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C, or the end of the terminal, ends the build and its kernels within seconds."""
    folder = book(tmp_path, {"one": 0, "two": 0}, after="time.sleep(600)")
    program = str(Path(sys.executable).with_name("jupyter-book"))
    build = subprocess.Popen(
        [program, "build", "."],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 120
        while not (diary(folder, "one") and diary(folder, "two")):
            assert time.monotonic() < deadline and build.poll() is None
            time.sleep(0.2)
        pids = [diary(folder, name)[0]["pid"] for name in ("one", "two")]
        assert all(is_running(pid) for pid in pids)
        build.send_signal(number)
        assert build.wait(60) != 0
    finally:
        build.kill()
    deadline = time.monotonic() + 5
    while any(is_running(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not any(is_running(pid) for pid in pids)


def test_the_course_runs_as_many_chapters_as_there_are_cores() -> None:
    """The book's own configuration leaves the number to the machine."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    assert "pooling_book_kernels" not in config["sphinx"]["config"]
