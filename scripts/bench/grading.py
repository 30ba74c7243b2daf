"""How fast a class is graded: stock nbgrader against `python -m autograder grade`."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from rich.console import Console
from rich.table import Table

from autograder.record import GradingLog

from . import BenchError, load
from .plan import Measured as Plan

ROOT = Path(__file__).resolve().parents[2]

#: Where the figures go that the book's table is made of.
SAVED = ROOT / "_build" / "bench" / "grading.json"

#: Submissions that stock nbgrader and we grade in turns, and those that only we grade.
CLASS, CROWD = 24, 1000

#: Numbers of workers that are compared.
WORKERS = (1, 2, 4)

#: Processor seconds for a submission beyond what the student's own code uses.
MOST_BEYOND = 0.25

#: How often each of them grades the class, in turns.
TURNS = 2

#: What the project promises for two workers on two cores.
TIMES_STOCK = 30.0

#: Nothing of this project: what nbgrader does by itself.
STOCK = """
import os, sys
from pathlib import Path
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

c = get_config()
c.CourseDirectory.course_id = "pooling"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.ignore = ["sample_class", "forward.py"]
c.Execute.timeout = 300
"""

_LINE = re.compile(rb"^\[(\d+)/\d+\] ")
_STOCK_LINE = re.compile(rb"Autograding .*ipynb")


@dataclasses.dataclass(frozen=True)
class Measured:
    """One run over a class.

    Attributes
    ----------
    who : str
    times : list of float
        Seconds from the start to the end of each submission, in the order of their ends.
    cpu : float
        Processor seconds of all processes.
    scores : dict of str to float
        By student.
    costs : list of dict
        Of each submission, as the log tells; none of stock nbgrader's.
    """

    who: str
    times: list[float]
    cpu: float
    scores: dict[str, float]
    costs: list[dict[str, float]]

    def mean(self, cost: str) -> float:
        """A cost of a submission, on average."""
        return sum(one.get(cost, 0.0) for one in self.costs) / max(len(self.costs), 1)

    @property
    def start(self) -> float:
        """Seconds before the second submission was done, less what one takes: the start-up."""
        return max(0.0, self.times[1] - 2 * self.each)

    @property
    def each(self) -> float:
        """Wall seconds for each further submission, once it runs."""
        skip = min(4, len(self.times) // 4)
        return (self.times[-1] - self.times[skip]) / (len(self.times) - 1 - skip)


def make_course(folder: Path, students: int, *, stock: bool) -> Path:
    """A course with a class in which the bank's answers to `forward` are given.

    Parameters
    ----------
    folder : pathlib.Path
        Made here.
    students : int
    stock : bool
        Whether it shall know nothing of this project's grading.

    Returns
    -------
    pathlib.Path
        `folder`.
    """
    from tests.bank.classes import submission, whole_bank

    (folder / "solutions").mkdir(parents=True)
    for name in ("forward",):
        shutil.copytree(
            ROOT / "solutions" / name,
            folder / "solutions" / name,
            ignore=shutil.ignore_patterns("sample_class", "__pycache__"),
        )
    if stock:
        (folder / "nbgrader_config.py").write_text(STOCK, encoding="utf-8")
    else:
        shutil.copytree(
            ROOT / "autograder", folder / "autograder", ignore=shutil.ignore_patterns("__pycache__")
        )
        shutil.copy(ROOT / "nbgrader_config.py", folder)
    _run(folder, "nbgrader", "generate_assignment", "forward", "--log-level=ERROR")
    release = nbformat.read(
        folder / "exercises" / "forward" / "forward.ipynb", as_version=nbformat.NO_CONVERT
    )
    members = list(whole_bank("forward").values())
    for number in range(students):
        place = folder / "submitted" / f"student-{number:05}" / "forward"
        place.mkdir(parents=True)
        # One half of the answers is right, as in a class that has worked.
        given = members[number // 2 % len(members)] if number % 2 else members[0]
        nbformat.write(submission(release, given), place / "forward.ipynb")
        if stock:  # students of a stock course hand in the files beside the notebook as well
            shutil.copytree(
                folder / "exercises" / "forward" / "pooling_checks", place / "pooling_checks"
            )
    return folder


def _run(folder: Path, *command: str) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name(command[0])), *command[1:]],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchError(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}")


def measure(folder: Path, who: str, *command: str) -> Measured:
    """Grade a course's class by a command, and look when each submission is done.

    Parameters
    ----------
    folder : pathlib.Path
        The course.
    who : str
        What to call it.
    *command : str
        The command, which says on its output when it comes to a submission.

    Returns
    -------
    Measured

    Raises
    ------
    BenchError
        If the command fails.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    times, said = [], []
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name(command[0])), *command[1:]],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line)
        if _LINE.search(line) or _STOCK_LINE.search(line):
            times.append(time.perf_counter() - begin)
    if process.wait():
        raise BenchError(f"{who} failed:\n{b''.join(said)[-3000:].decode()}")
    if who == "stock nbgrader":  # it says when it begins with a submission
        times = [*times[1:], time.perf_counter() - begin]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", "pooling") as gradebook:
        scores = {
            entry.student.id: float(entry.score)
            for entry in gradebook.assignment_submissions("forward")
        }
    costs = _costs(folder)
    # Students' processes end with their namespaces, so nobody above them is told of their time.
    cpu += sum(one.get("runner_cpu", 0.0) for one in costs)
    return Measured(who, times, cpu, scores, costs)


def _costs(folder: Path) -> list[dict[str, float]]:
    """What the last run's log says that submissions cost."""
    return [outcome.cost for outcome in GradingLog(folder, "forward").latest().values()]


def run(console: Console) -> list[str]:
    """Grade a class in turns, print a table.

    Parameters
    ----------
    console : rich.console.Console
        Where to print.

    Returns
    -------
    list of str
        A sentence for each bound that was not kept.
    """
    busy = load()
    console.print(f"Grading {CLASS} submissions in turns, then {CROWD:,}: a quarter of an hour ...")
    ours = ("python", "-m", "autograder", "grade", "forward", "--force", "--jobs")
    with tempfile.TemporaryDirectory(prefix="bench-grading-") as temporary:
        there = Path(temporary)
        stock_course = make_course(there / "stock", CLASS, stock=True)
        our_course = make_course(there / "ours", CLASS, stock=False)
        stock: list[Measured] = []
        by_workers: dict[int, list[Measured]] = {workers: [] for workers in WORKERS}
        for _ in range(TURNS):
            for workers, runs in by_workers.items():
                if workers == 2:
                    autograde = ("nbgrader", "autograde", "forward", "--force")
                    stock.append(measure(stock_course, "stock nbgrader", *autograde))
                runs.append(measure(our_course, _workers(workers), *ours, str(workers)))
        crowd_course = make_course(there / "crowd", CROWD, stock=False)
        before = (crowd_course / "gradebook.db").stat().st_size
        crowd = measure(crowd_course, _workers(2), *ours, "2")
        gradebook = ((crowd_course / "gradebook.db").stat().st_size - before) / CROWD
        graded = crowd_course / "autograded"
        folder = sum(p.stat().st_size for p in graded.rglob("*") if p.is_file()) / CROWD
    broken = []
    for turn in (turn for runs in by_workers.values() for turn in runs):
        if turn.scores != stock[0].scores:
            broken.append(f"The scores of {turn.who} are not those of stock nbgrader.")
    base = min(turn.each for turn in stock)
    table = Table(title=f"Grading forward, {platform.machine()}, {os.cpu_count()} cores")
    for heading in (
        "who",
        "submissions",
        "start-up, s",
        "each, s",
        "per minute",
        "times stock",
        "CPU s each",
    ):
        table.add_column(heading, justify="left" if heading == "who" else "right")
    for turn in (*stock, *(turn for runs in by_workers.values() for turn in runs), crowd):
        count = len(turn.scores)
        table.add_row(
            turn.who,
            str(count),
            f"{turn.start:.1f}",
            f"{turn.each:.3f}",
            f"{60 / turn.each:.0f}",
            f"{base / turn.each:.1f}",
            f"{turn.cpu / count:.2f}",
        )
    table.caption = f"CPU seconds with the start-up. {busy}"
    console.print(table)
    two = by_workers[2]
    each, more = _where_it_goes(console, two[-1], crowd)
    broken += more
    measured = Plan(
        machine=f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        submissions=CROWD,
        stock=base,
        walls={str(n): min(turn.each for turn in runs) for n, runs in by_workers.items()},
        own=crowd.mean("own_cpu"),
        runner=crowd.mean("runner_cpu"),
        judge=crowd.mean("judge_cpu"),
        coordinator=each - crowd.mean("runner_cpu") - crowd.mean("judge_cpu"),
        peak_bytes=statistics.median(one.get("peak_bytes", 0.0) for one in crowd.costs),
        folder_bytes=folder,
        gradebook_bytes=gradebook,
    )
    SAVED.parent.mkdir(parents=True, exist_ok=True)
    rounded = {
        key: float(f"{value:.4g}") if isinstance(value, float) else value
        for key, value in dataclasses.asdict(measured).items()
    }
    SAVED.write_text(json.dumps(rounded, indent=2) + "\n", encoding="utf-8")
    console.print(f"In {SAVED.relative_to(ROOT)}, for `python -m scripts.bench.plan`.")
    _flat(console, crowd)
    ratio = base / min(turn.each for turn in two)
    if ratio < TIMES_STOCK:
        broken.append(
            f"Two workers are {ratio:.1f} times as fast as stock nbgrader; the goal is "
            f"{TIMES_STOCK:g}."
        )
    return broken


def _workers(number: int) -> str:
    return f"{number} worker{'s' if number > 1 else ''}"


def _where_it_goes(console: Console, some: Measured, crowd: Measured) -> tuple[float, list[str]]:
    """Print what a submission costs, without the start-up; that, and a sentence if it is much."""
    more = len(crowd.scores) - len(some.scores)
    each = (crowd.cpu - some.cpu) / more
    judge, runner, own = (crowd.mean(name) for name in ("judge_cpu", "runner_cpu", "own_cpu"))
    table = Table(title=f"Where the time of a submission goes, {len(crowd.scores):,} submissions")
    table.add_column("")
    table.add_column("CPU s", justify="right")
    for name, seconds in (
        ("the student's own cells and functions", own),
        ("the student's process otherwise: its start, questions, answers", runner - own),
        ("the judge: tests, comparisons, pictures", judge),
        ("reading, recording, the sandbox around the process", each - judge - runner),
        ("all", each),
    ):
        table.add_row(name, f"{seconds:.3f}")
    peaks = sorted(one["peak_bytes"] for one in crowd.costs if one.get("peak_bytes"))
    table.caption = (
        f"{crowd.mean('requests'):.0f} questions each. Peak memory of a student's process: median "
        f"{peaks[len(peaks) // 2] / 1e6:.0f} MB, most {peaks[-1] / 1e6:.0f}, with what is shared."
    )
    console.print(table)
    if each - own > MOST_BEYOND:
        return each, [
            f"A submission takes {each - own:.2f} CPU seconds beyond the student's own code; the "
            f"goal is {MOST_BEYOND:g}."
        ]
    return each, []


def _flat(console: Console, crowd: Measured) -> None:
    """Print how the pace changes with the number of submissions."""
    table = Table(title="Wall seconds for each, two workers")
    table.add_column("submissions")
    table.add_column("each, s", justify="right")
    ends = crowd.times
    steps = [10, 60, *range(250, len(ends), 250), len(ends)]
    for first, last in itertools.pairwise(steps):
        each = (ends[last - 1] - ends[first - 1]) / (last - first)
        table.add_row(f"{first:,} to {last:,}", f"{each:.3f}")
    console.print(table)
