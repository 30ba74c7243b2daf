"""Whatever is killed, locked or full: another run goes on, and ends with the same gradebook."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from autograder.files import fingerprint
from tests.conftest import ROOT
from tests.test_any_course import CLASS, make

#: How often something is killed, and how many submissions the class has.
KILLS, STUDENTS = 32, 24

#: The signs of life of a run.
_LINE = b"["


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of numbers, with a larger class, of which nothing is graded."""
    folder = make(tmp_path_factory.mktemp("faults") / "course")
    submitted = folder / "submitted"
    honest = list(CLASS)
    for number in range(STUDENTS):
        shutil.copytree(submitted / honest[number % len(honest)], submitted / f"s{number:02}")
    for name in (*honest, "cheat"):
        shutil.rmtree(submitted / name)
    for path in submitted.glob("*/squares/squares.ipynb"):
        # A little slower than it is, so that there is a middle to be killed in.
        notebook = nbformat.read(path, as_version=4)
        notebook.cells.insert(1, nbformat.v4.new_code_cell("import time; time.sleep(0.1)"))
        nbformat.write(notebook, path)
    return folder


def fresh(course: Path, place: Path) -> Path:
    """A copy of the course."""
    shutil.copytree(course, place, symlinks=True)
    return place


def command(*more: str) -> list[str]:
    return [sys.executable, "-m", "autograder", "grade", "squares", "--jobs", "2", *more]


def environment(scratch: Path) -> dict[str, str]:
    """With a folder for temporary files that nobody else uses."""
    scratch.mkdir(exist_ok=True)
    return {
        **os.environ,
        "TMPDIR": str(scratch),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "COLUMNS": "200",
    }


def grade(course: Path, scratch: Path) -> None:
    """Grade without a fault."""
    done = subprocess.run(
        command(), cwd=course, env=environment(scratch), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


Rows = dict[str, list[tuple[object, ...]]]


def rows(course: Path) -> Rows:
    """What the gradebook holds of the class, without the keys that are made at random."""
    with contextlib.closing(sqlite3.connect(course / "gradebook.db")) as book:
        grades = book.execute(
            "SELECT s.student_id, c.name, g.auto_score, g.manual_score, g.needs_manual_grade "
            "FROM grade g JOIN base_cell c ON c.id = g.cell_id "
            "JOIN submitted_notebook n ON n.id = g.notebook_id "
            "JOIN submitted_assignment s ON s.id = n.assignment_id"
        ).fetchall()
        comments = book.execute(
            "SELECT s.student_id, b.name, c.auto_comment FROM comment c "
            "JOIN base_cell b ON b.id = c.cell_id "
            "JOIN submitted_notebook n ON n.id = c.notebook_id "
            "JOIN submitted_assignment s ON s.id = n.assignment_id"
        ).fetchall()
        students = book.execute("SELECT id FROM student").fetchall()
    return {name: sorted(found) for name, found in
            (("grades", grades), ("comments", comments), ("students", students))}  # fmt: skip


@pytest.fixture(scope="module")
def undisturbed(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the course after a run that nothing has disturbed."""
    place = fresh(course, tmp_path_factory.mktemp("undisturbed") / "course")
    grade(place, place.parent / "scratch")
    return place


def differences(course: Path, other: Path) -> list[str]:
    """Where two courses' gradebooks or graded folders differ."""
    found = [name for name, held in rows(course).items() if held != rows(other)[name]]
    for folder in sorted({p.name for c in (course, other) for p in (c / "autograded").iterdir()}):
        one, two = course / "autograded" / folder, other / "autograded" / folder
        if fingerprint(one) != fingerprint(two):
            path = one / "squares" / "squares.ipynb"
            notes = nbformat.read(path, as_version=4).metadata if path.exists() else "nothing"
            found.append(f"{folder}: {notes}")
    return found


# --- processes that are killed -------------------------------------------------------------------


@pytest.fixture
def foster() -> Iterator[None]:
    """Let processes whose parent has ended become children of this one, to be counted."""
    libc = ctypes.CDLL(None)
    libc.prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    yield
    libc.prctl(36, 0, 0, 0, 0)


def descendants(process: int, without: frozenset[int] = frozenset()) -> list[int]:
    """The processes below a process, nearest first; those below some others left out."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                state, parent, *_ = (entry / "stat").read_text().rpartition(")")[2].split()
                if state != "Z":
                    parents.setdefault(int(parent), []).append(int(entry.name))
    found: list[int] = []
    level = [process]
    while level:
        level = [c for parent in level for c in parents.get(parent, []) if c not in without]
        found += level
    return found


def reap() -> None:
    """Take note of orphans that have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def left_after(seconds: float, before: frozenset[int]) -> list[int]:
    """Processes below this one that are still there, not those of other tests."""
    end = time.monotonic() + seconds
    while True:
        reap()
        left = descendants(os.getpid(), before)
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.05)


class Started:
    """A run of the command, which is watched."""

    def __init__(self, course: Path, scratch: Path) -> None:
        self.process = subprocess.Popen(
            command(),
            cwd=course,
            env=environment(scratch),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.lines: list[bytes] = []
        self.first = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if line.startswith(_LINE):
                self.first.set()
        self.first.set()

    def end(self) -> int:
        """Wait for its end; its exit status."""
        status = self.process.wait(120)
        self._reader.join(30)
        return status

    @property
    def said(self) -> str:
        return b"".join(self.lines).decode()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_killed_at_any_moment(
    course: Path, undisturbed: Path, tmp_path: Path, foster: None
) -> None:
    chance = random.Random(20261123)
    scratch = tmp_path / "scratch"
    before = frozenset(descendants(os.getpid()))
    kills: list[str] = []
    classes = 0
    while len(kills) < KILLS:
        place = fresh(course, tmp_path / f"class-{classes}")
        classes += 1
        while True:
            started = Started(place, scratch)
            # Some in the first seconds, most while submissions are graded.
            if chance.random() < 0.75:
                started.first.wait(60)
                time.sleep(chance.uniform(0, 1.5))
            else:
                time.sleep(chance.uniform(0, 4))
            if len(kills) < KILLS and started.process.poll() is None:
                below = descendants(started.process.pid)
                coordinator = chance.random() < 0.5 or not below
                victim = started.process.pid if coordinator else chance.choice(below)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
                    kills.append("coordinator" if coordinator else "one of its processes")
            status = started.end()
            assert left_after(20, before) == [], "a process is left"
            if status == 0 and "0 need attention" in started.said:
                break
            assert status in (0, 1, -signal.SIGKILL), started.said
        assert differences(place, undisturbed) == [], kills
        left = [*place.rglob(".squares.incoming"), *place.rglob(".squares.outgoing")]
        assert left == []
        shutil.rmtree(place)
    grade(fresh(course, tmp_path / "last"), scratch)
    assert [*scratch.glob("*/*"), *scratch.glob("[!a]*")] == [], "a scratch folder is left"
    print(f"{len(kills)} kills, {kills.count('coordinator')} of the coordinator, {classes} classes")


# --- a gradebook that is locked, a disk that is full ---------------------------------------------


def test_a_locked_gradebook_is_waited_for(course: Path, undisturbed: Path, tmp_path: Path) -> None:
    place = fresh(course, tmp_path / "course")
    with contextlib.closing(sqlite3.connect(place / "gradebook.db", isolation_level=None)) as book:
        started = Started(place, tmp_path / "scratch")
        assert started.first.wait(60)
        book.execute("BEGIN EXCLUSIVE")
        time.sleep(8)  # longer than SQLite itself waits
        assert started.process.poll() is None
        book.execute("COMMIT")
        assert started.end() == 0, started.said
    assert differences(place, undisturbed) == []


def test_a_gradebook_that_stays_locked_ends_in_a_sentence(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autograder import gradebook

    monkeypatch.setattr(gradebook, "PATIENCE", 0.5)
    place = fresh(course, tmp_path / "course")
    url = f"sqlite:///{place / 'gradebook.db'}?timeout=0.1"
    with (
        contextlib.closing(sqlite3.connect(place / "gradebook.db", isolation_level=None)) as book,
        gradebook.ClassGradebook(url, "squares", "statistics") as ours,
    ):
        book.execute("BEGIN EXCLUSIVE")
        with pytest.raises(gradebook.GradebookError, match="Close it and run this again"):
            ours.record("s00", {})
        book.execute("COMMIT")
        ours.record("s00", {})


def test_one_run_at_a_time(course: Path, tmp_path: Path) -> None:
    place = fresh(course, tmp_path / "course")
    other = [sys.executable, "-c", "import sys\nfrom pathlib import Path\n"
             "from autograder.grade import Course, alone\n"
             "with alone(Course(Path()), 'squares'):\n print(flush=True)\n input()"]  # fmt: skip
    with subprocess.Popen(
        other,
        cwd=place,
        env=environment(tmp_path / "scratch"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        started = Started(place, tmp_path / "scratch")
        assert started.end() == 1
        assert "squares is being graded already" in started.said
        holder.kill()  # which lets go of it
    grade(place, tmp_path / "scratch")


#: Grades on a small disk that is full, then makes room and grades again.
ON_A_SMALL_DISK = """
set -e
mount -t tmpfs -o size=3m tmpfs "$1"
cp -r "$2/." "$1"
cd "$1"
free=$(df --output=avail -k . | tail -n 1)
head -c "$(( (free - $3) * 1024 ))" /dev/zero > ballast
set +e
"$4" -m autograder grade squares --jobs 2 > "$5/first" 2>&1
echo $? >> "$5/first"
rm ballast
"$4" -m autograder grade squares --jobs 2 > "$5/second" 2>&1
echo $? >> "$5/second"
cp -r gradebook.db autograded "$5"
"""


@pytest.mark.parametrize("kilobytes", [40, 160, 300])
def test_a_full_disk(course: Path, undisturbed: Path, tmp_path: Path, kilobytes: int) -> None:
    disk, out = tmp_path / "disk", tmp_path / "out"
    disk.mkdir()
    out.mkdir()
    unshare = ["unshare", "--mount"] + ([] if os.geteuid() == 0 else ["--user", "--map-root-user"])
    probe = subprocess.run([*unshare, "mount", "-t", "tmpfs", "x", disk], check=False)
    if probe.returncode:
        pytest.skip("no small disk can be mounted here")
    done = subprocess.run(
        [*unshare, "sh", "-c", ON_A_SMALL_DISK, "sh", disk, course, str(kilobytes),
         sys.executable, out],
        env=environment(tmp_path / "scratch"),
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first = (out / "first").read_text().splitlines()
    assert first[-1] == "1", first
    assert "full" in first[-2] and "Traceback" not in "".join(first), first
    second = (out / "second").read_text()
    assert second.splitlines()[-1] == "0", second
    assert differences(out, undisturbed) == []
