"""``python -m autograder report``."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from autograder.database import explained
from autograder.faults import Fault
from autograder.files import write_if_changed
from autograder.grade import Course
from autograder.report.gather import gather
from autograder.report.page import page


def destination(course: Path, assignment: str, names: bool) -> Path:
    """Where the page goes unless told: a page with ids has a name of its own.

    So neither replaces the other, and nobody hands on ids without noticing.
    """
    return course / "reports" / f"{assignment}{'-with-ids' if names else ''}.html"


def report_command(arguments: argparse.Namespace) -> int:
    """Write the report on an assignment."""
    course = Course(arguments.course, arguments.db)
    console = Console(highlight=False, markup=False)
    bar = Progress(
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        transient=True,
    )
    with explained(course.directory.db_url), bar:
        task = bar.add_task("reading notebooks", total=None)
        report = gather(
            course,
            arguments.assignment,
            lambda done, total: bar.update(task, completed=done, total=total),
        )
    path = arguments.output or destination(course.root, arguments.assignment, arguments.names)
    try:
        write_if_changed(path, page(report, names=arguments.names).encode())
    except (FileExistsError, IsADirectoryError, NotADirectoryError, PermissionError) as error:
        raise Fault(f"the report cannot be written to {path}: {error.strerror}.") from None
    console.print(f"The report on {len(report.students)} submissions: {path}", soft_wrap=True)
    return 0
