"""What a large class needs, from what one submission was measured to cost.

``python -m scripts.bench.plan FILE`` takes what the bench of grading wrote to FILE, and writes the
table that the book shows to instructors.
"""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: What was measured last, and the table made of it, which `book/for-instructors.md` includes.
MEASURED = ROOT / "book" / "_measured" / "grading.json"
TABLE = MEASURED.with_suffix(".md")

#: Sizes of classes, and cores, that the table shows.
CLASSES = (100, 1_000, 10_000, 100_000)
CORES = (2, 8, 32)


@dataclasses.dataclass(frozen=True)
class Measured:
    """What the bench of grading found.

    Attributes
    ----------
    machine : str
        Processor, cores, Python.
    submissions : int
        How many were graded.
    stock : float
        Wall seconds that stock nbgrader takes for one.
    walls : dict of str to float
        Wall seconds for one, by number of workers.
    own, runner, judge, coordinator : float
        Processor seconds for one: of the student's own code, of the student's process with it, of
        the judge, and of the process that reads and records.
    peak_bytes : float
        Memory of a student's process at its peak, the libraries that all share included.
    folder_bytes, gradebook_bytes : float
        What one leaves in ``autograded/`` and in an SQLite gradebook.
    """

    machine: str
    submissions: int
    stock: float
    walls: dict[str, float]
    own: float
    runner: float
    judge: float
    coordinator: float
    peak_bytes: float
    folder_bytes: float
    gradebook_bytes: float

    @property
    def worker(self) -> float:
        """Processor seconds on a worker."""
        return self.runner + self.judge

    @property
    def most_cores(self) -> int:
        """Workers' cores beyond which the one process that records is the slowest."""
        return math.floor(self.worker / self.coordinator)


def duration(seconds: float) -> str:
    """A time as people say it."""
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 1.5 * length:
            return (
                f"{seconds / length:.2g} {unit}"
                if seconds < 10 * length
                else (f"{seconds / length:,.0f} {unit}")
            )
    return f"{seconds:.0f} s"


def size(count: float) -> str:
    """A number of bytes as people say it."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= scale:
            return (
                f"{count / scale:.2g} {unit}"
                if count < 10 * scale
                else (f"{count / scale:,.0f} {unit}")
            )
    return f"{count:.0f} bytes"


def wall(measured: Measured, submissions: int, cores: int) -> float:
    """Seconds for a class on so many workers' cores: theirs, or those of the one that records."""
    return submissions * max(measured.worker / cores, measured.coordinator)


def table(measured: Measured) -> str:
    """The tables and what follows from them, as MyST Markdown."""
    two = measured.walls["2"]
    rows = [
        ("the student's own cells and functions", measured.own),
        ("the student's process around them", measured.runner - measured.own),
        ("the judge: tests, messages, pictures", measured.judge),
        ("reading and recording", measured.coordinator),
    ]
    lines = [
        "% Written by `python -m scripts.bench.plan`; not to be edited.",
        "",
        f"Measured on {measured.machine}, with {measured.submissions:,} submissions to `forward`, "
        f"right and wrong: stock nbgrader takes {measured.stock:.1f} seconds for each, two workers "
        f"take {two:.2f}, {measured.stock / two:.0f} times as little. "
        f"A student's process has {size(measured.peak_bytes)} of memory at its peak, most of it "
        "shared. In processor seconds one submission costs:",
        "",
        "```{list-table} What grading one submission costs",
        ":name: tab-cost-of-a-submission",
        ":header-rows: 1",
        "",
        "* - Part",
        "  - Processor seconds",
        *(f"* - {name}\n  - {seconds:.2f}" for name, seconds in rows),
        f"* - all\n  - {sum(seconds for _, seconds in rows):.2f}",
        "```",
        "",
        "From this follows what a class needs. The coordinator's work comes on top of the workers' "
        "cores; machines of other kinds are faster or slower by some factor, which "
        "`make bench BENCH=grading` tells.",
        "",
        "```{list-table} Time to grade a class, by all workers' cores, and room on the disk",
        ":name: tab-plan-a-class",
        ":header-rows: 1",
        "",
        "* - Class",
        *(f"  - {cores} cores" for cores in CORES),
        "  - Disk",
    ]
    for count in CLASSES:
        lines += [
            f"* - {count:,}",
            *(f"  - {duration(wall(measured, count, cores))}" for cores in CORES),
            f"  - {size(count * (measured.folder_bytes + measured.gradebook_bytes))}",
        ]
    most = CLASSES[-1]
    lines += [
        "```",
        "",
        f"A hundred thousand submissions are {most * measured.worker / 3600:.0f} core hours. What "
        "breaks first is not the grading. One process reads and records, "
        f"{1 / measured.coordinator:.0f} submissions a second at most: beyond "
        f"{measured.most_cores} workers' cores, more of them bring nothing, and the class takes "
        f"{duration(most * measured.coordinator)}. (On a cluster a part of that work is the "
        "workers', so it goes somewhat further.) Before that, look at the disk, "
        f"{size(most * measured.folder_bytes)} of graded folders, and at nbgrader's own pages: the "
        "formgrader asks for all grades of an assignment at once, so split such a class into "
        "several courses if people are to grade by hand.",
        "",
    ]
    return "\n".join(lines)


def read(path: Path) -> Measured:
    """What the bench wrote."""
    return Measured(**json.loads(path.read_text("utf-8")))


def main(arguments: list[str]) -> None:
    """Keep what was measured, and write the table."""
    if arguments:
        text = Path(arguments[0]).read_text("utf-8")
        MEASURED.parent.mkdir(exist_ok=True)
        MEASURED.write_text(text, "utf-8")
    TABLE.write_text(table(read(MEASURED)), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
