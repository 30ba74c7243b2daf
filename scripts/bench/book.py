"""How long the book takes to build: from nothing, again, and after a change."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_cache import get_cache
from rich.console import Console
from rich.table import Table

from . import BenchError, load, over

ROOT = Path(__file__).resolve().parents[2]

#: The command of `make book`.
COMMAND = ("jupyter-book", "build", ".", "-W", "-n", "--keep-going")

#: Seconds, on two cores.
CLEAN_SECONDS = 300
UNCHANGED_SECONDS = 20
CORES = 2

#: What a copy of the working tree leaves out: what was produced, and everything hidden.
PRODUCED = (
    ".*",
    "_build",
    "__pycache__",
    "node_modules",
    "submitted",
    "autograded",
    "feedback",
    "grading",
    "gradebook.db*",
    "grades.csv",
)

NEW_CELL = '\n```{code-cell} ipython3\n:tags: [remove-cell]\n\n"changed"\n```\n'
NEW_PROSE = "\nThis sentence is new.\n"


@dataclass
class Build:
    """One build of the book.

    Attributes
    ----------
    what : str
        What had changed before it.
    seconds : float
        From start to end.
    ran : dict
        The chapters whose code ran, with the seconds that it took.
    """

    what: str
    seconds: float
    ran: dict[str, float] = field(default_factory=dict)


@contextlib.contextmanager
def few_cores() -> Iterator[str]:
    """Keep this process and what it starts to two cores, where the system can; say what holds."""
    if not hasattr(os, "sched_setaffinity"):
        yield f"on {os.cpu_count()} cores"
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:CORES])
    try:
        yield f"on {len(os.sched_getaffinity(0))} of {os.cpu_count()} cores"
    finally:
        os.sched_setaffinity(0, before)


def executed(folder: Path) -> dict[tuple[str, str], tuple[str, float]]:
    """Return what the book's cache holds.

    Parameters
    ----------
    folder : pathlib.Path
        The book.

    Returns
    -------
    dict
        From a key of its own for each execution to the chapter's name and its seconds.
    """
    cache = folder / "_build" / ".jupyter_cache"
    if not cache.exists():
        return {}
    return {
        (record.hashkey, str(record.created)): (
            Path(record.uri).stem,
            record.data["execution_seconds"],
        )
        for record in get_cache(cache).list_cache_records()
    }


def build(folder: Path, what: str) -> Build:
    """Build the book in `folder` and look which chapters ran.

    Parameters
    ----------
    folder : pathlib.Path
        The book.
    what : str
        What has changed since the last build.

    Returns
    -------
    Build
        The measurement.

    Raises
    ------
    BenchError
        If the book does not build.
    """
    before = executed(folder)
    command = [str(Path(sys.executable).with_name(COMMAND[0])), *COMMAND[1:]]
    start = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        raise BenchError(f"the book does not build ({what}):\n{done.stdout[-4000:]}")
    new = [found for key, found in executed(folder).items() if key not in before]
    return Build(what, seconds, dict(new))


def measure(folder: Path) -> tuple[list[Build], str]:
    """Build a book from nothing, again, and after changes to its quickest chapter.

    Parameters
    ----------
    folder : pathlib.Path
        A copy of the book, without anything built; it is changed.

    Returns
    -------
    builds : list of Build
        Clean, unchanged, one chapter's code changed, one chapter's prose changed.
    chapter : str
        The chapter that was changed.
    """
    builds = [build(folder, "clean"), build(folder, "unchanged")]
    if not builds[0].ran:
        raise BenchError("no chapter of the book has code.")
    chapter = min(builds[0].ran, key=builds[0].ran.__getitem__)
    source = next(folder.glob(f"book/**/{chapter}.md"))
    for what, addition in (("code of one chapter", NEW_CELL), ("prose of one chapter", NEW_PROSE)):
        source.write_text(source.read_text("utf-8") + addition, encoding="utf-8")
        builds.append(build(folder, what))
    return builds, chapter


def broken_bounds(builds: list[Build], chapter: str) -> list[str]:
    """Return a sentence for each bound that the builds did not keep."""
    clean, unchanged, code, prose = builds
    broken = over("A clean build of the book took", clean.seconds, CLEAN_SECONDS, "s")
    broken += over("A build without a change took", unchanged.seconds, UNCHANGED_SECONDS, "s")
    for one, expected in ((unchanged, set()), (code, {chapter}), (prose, set())):
        if set(one.ran) != expected:
            ran, wanted = (", ".join(sorted(names)) or "none" for names in (one.ran, expected))
            broken.append(f"After the change “{one.what}” these ran: {ran}; expected: {wanted}.")
    return broken


def run(console: Console) -> list[str]:
    """Measure a copy of the working tree; print a table.

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
    console.print("Building the book in a copy of this folder: about as long as `make book` ...")
    with tempfile.TemporaryDirectory(prefix="bench-book-") as temporary, few_cores() as cores:
        folder = Path(temporary) / "course"
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*PRODUCED))
        builds, chapter = measure(folder)
    table = Table(title=f"The book, built {cores}", caption=busy)
    for heading, side in (("what changed", "left"), ("s", "right"), ("bound", "right")):
        table.add_column(heading, justify="right" if side == "right" else "left")
    table.add_column("chapters that ran, with their seconds")
    bounds = [str(CLEAN_SECONDS), str(UNCHANGED_SECONDS), "", ""]
    for one, bound in zip(builds, bounds, strict=True):
        longest_first = sorted(one.ran.items(), key=lambda pair: -pair[1])
        ran = ", ".join(f"{name} {seconds:.0f}" for name, seconds in longest_first) or "none"
        table.add_row(one.what, f"{one.seconds:.1f}", bound, ran)
    console.print(table)
    return broken_bounds(builds, chapter)
