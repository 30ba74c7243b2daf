"""``python -m autograder``: the commands that people type.

A command imports what it needs when it runs: students get a copy with ``check`` alone.
"""

from __future__ import annotations

import argparse
import errno
import functools
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from autograder.faults import Fault

if TYPE_CHECKING:
    from autograder.grade import Course
    from autograder.graded import Running, Setup
    from autograder.record import Outcome


#: What `--trust-submissions` prints.
TRUSTED = (
    "Submissions run without isolation: what they contain can read and change every file of yours, "
    "use the network, and stop other submissions. Tests are still judged outside their process."
)


#: With more submissions than this, those of which there is nothing to say have no row.
LONGEST_TABLE = 60


def summary(outcomes: Sequence[Outcome]) -> Table:
    """The closing table of ``grade``: a row for each submission of which there is much to say."""
    from autograder.record import ATTENTION

    title = f"{outcomes[0].assignment}: {len(outcomes)} submissions"
    if len(outcomes) > LONGEST_TABLE:
        outcomes = [one for one in outcomes if one.status == ATTENTION or one.notes]
        title += f", {len(outcomes)} of them with something to look at"
    table = Table(title=title)
    table.add_column("student")
    table.add_column("points", justify="right")
    table.add_column("of", justify="right")
    table.add_column("seconds", justify="right")
    table.add_column("status")
    for outcome in outcomes:
        status = "needs manual grading" if outcome.manual else outcome.status
        if outcome.status == ATTENTION:
            status = f"{ATTENTION}: {outcome.reason}"
        elif outcome.notes:
            more = len(outcome.notes) - 1
            status += f". {outcome.notes[0]}" + (f" (and {more} more notes)" if more else "")
        # As `Text`: what students and files say is no markup.
        table.add_row(
            Text(outcome.student),
            f"{outcome.score:g}",
            f"{outcome.max_score:g}",
            f"{outcome.seconds:.1f}",
            Text(status),
        )
    return table


class RateColumn(ProgressColumn):
    """How many submissions a minute, lately."""

    def render(self, task: Task) -> Text:
        """The rate, when there is one."""
        rate = task.finished_speed or task.speed
        return Text(f"{60 * rate:.0f} a minute" if rate else "")


def grade_command(arguments: argparse.Namespace) -> int:
    """Grade all submissions of an assignment; 0 also where some need attention."""
    from autograder.database import explained
    from autograder.grade import Course

    course = Course(arguments.course, arguments.db)
    with explained(course.directory.db_url):
        return grade_all(course, arguments)


def grade_all(course: Course, arguments: argparse.Namespace) -> int:
    """Grade, with a progress bar and a closing table."""
    from autograder.grade import grade
    from autograder.record import ATTENTION

    console = Console()
    if arguments.trust_submissions:
        course.config.RunSubmission.trust_submissions = True
        console.print(TRUSTED, soft_wrap=True)
    runs = _on_cluster(arguments, console) if arguments.cluster else None
    log_path = course.root / "grading" / f"{arguments.assignment}.log"
    log_path.parent.mkdir(exist_ok=True)
    # nbgrader is talkative; what it says is kept, and the screen is for the progress bar.
    handler = logging.FileHandler(log_path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logging.captureWarnings(True)
    for logger in (logging.getLogger(), logging.getLogger("traitlets")):
        logger.handlers = []
        logger.setLevel(logging.INFO)
    logging.getLogger().addHandler(handler)

    bar = Progress(
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
    )
    outcomes: list[Outcome] = []
    with bar:
        task = bar.add_task(f"grading {arguments.assignment}", total=None)
        try:
            for outcome in grade(
                course,
                arguments.assignment,
                student=arguments.student,
                force=arguments.force,
                jobs=arguments.jobs,
                runs=runs,
                started=lambda total: bar.update(task, total=total),
            ):
                outcomes.append(outcome)
                bar.update(task, completed=len(outcomes))
                if not console.is_terminal:
                    total = int(bar.tasks[0].total or 0)
                    line = f"[{len(outcomes)}/{total}] {outcome.student}"
                    console.print(line, highlight=False, markup=False)
        except Exception:
            bar.remove_task(task)
            raise
        bar.update(task, description=f"graded {arguments.assignment}")
    outcomes.sort(key=lambda outcome: outcome.student)
    console.print(summary(outcomes))
    attention = sum(outcome.status == ATTENTION for outcome in outcomes)
    manual = sum(outcome.manual and outcome.status != ATTENTION for outcome in outcomes)
    console.print(
        f"{len(outcomes)} submissions: {len(outcomes) - attention} graded, {manual} of them wait "
        f"for a manual grade; {attention} need attention. Log: {log_path}",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )
    return 0


def _on_cluster(arguments: argparse.Namespace, console: Console) -> Callable[[Setup], Running]:
    """Who runs submissions with ``--cluster``."""
    from autograder.cluster import Certificates, Cluster, check_address

    check_address(arguments.cluster, trust_network=arguments.trust_network)
    files = (arguments.tls_ca_file, arguments.tls_cert, arguments.tls_key)
    if any(files) and not all(files):
        raise Fault("--tls-ca-file, --tls-cert and --tls-key belong together: name all three.")
    return functools.partial(
        Cluster,
        address=arguments.cluster,
        certificates=Certificates(*files) if all(files) else None,
        wait=arguments.cluster_wait,
        say=lambda text: console.print(text, soft_wrap=True, highlight=False, markup=False),
    )


def sample_class_command(arguments: argparse.Namespace) -> int:
    """Write the sample class's submissions."""
    from autograder.sample_class import write_sample_class

    students = write_sample_class(arguments.course.resolve(), arguments.assignment)
    print(f"{len(students)} submissions of the sample class in {arguments.course / 'submitted'}")
    return 0


def collect_zip_command(arguments: argparse.Namespace) -> int:
    """Collect the submissions in an archive of a learning platform's."""
    from autograder import collect_zip

    return collect_zip.command(arguments)


def check_command(arguments: argparse.Namespace) -> int:
    """Run a notebook's visible tests; 1 if one fails."""
    from autograder.check import FAILED, closing, read_notebook, run_notebook, table

    console = Console(highlight=False, markup=False)
    path = arguments.notebook
    report = run_notebook(read_notebook(path), path.parent)
    console.print(table(report))
    for text in report.broken:
        console.print(f"\n{text}", soft_wrap=True)
    failed = [line for line in report.lines if line.state == FAILED]
    for line in failed if arguments.all else failed[:1]:
        console.print(f"\n{line.name}\n{'-' * len(line.name)}\n{line.message}", soft_wrap=True)
    if len(failed) > 1 and not arguments.all:
        console.print("\nThis is the first that fails; --all shows what each of them says.")
    console.print(f"\n{closing(report)}", soft_wrap=True)
    return 0 if report.passes else 1


def doctor_command(arguments: argparse.Namespace) -> int:
    """Try each wall around submissions; 0 if grading can isolate them."""
    from autograder.sandbox import doctor

    return doctor.doctor_command(arguments)


def report_command(arguments: argparse.Namespace) -> int:
    """Write one page on how a graded class did."""
    from autograder.report import command

    return command.report_command(arguments)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m autograder", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, function: object, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=function)
        command.add_argument("assignment", help="for example: forward")
        command.add_argument(
            "--course",
            type=Path,
            default=Path(),
            metavar="DIR",
            help="folder with nbgrader_config.py (default: this folder)",
        )
        return command

    text = "run the visible tests of a notebook, as students do before handing in"
    check = commands.add_parser("check", help=text, description=text)
    check.set_defaults(run=check_command)
    check.add_argument("notebook", type=Path, help="for example: exercises/forward/forward.ipynb")
    check.add_argument("--all", action="store_true", help="show what each failed test says")

    grading = add("grade", grade_command, "grade the submissions of an assignment")
    grading.add_argument("--student", metavar="ID", help="only this student's submission")
    grading.add_argument("--force", action="store_true", help="also those graded before")
    grading.add_argument(
        "--jobs",
        type=_positive,
        default=_cores(),
        metavar="N",
        help="how many submissions run at the same time (default: one for each core)",
    )
    grading.add_argument(
        "--trust-submissions",
        action="store_true",
        help="run them without isolation, with your rights",
    )
    grading.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="run them on the Dask cluster whose scheduler is there, such as tls://node1:8786",
    )
    grading.add_argument(
        "--cluster-wait",
        type=_positive,
        default=60,
        metavar="SECONDS",
        help="how long to wait for its scheduler and its first worker (default: 60)",
    )
    for name, what in (
        ("ca-file", "certificate of the authority that signed the cluster's"),
        ("cert", "certificate to show to the cluster"),
        ("key", "its key"),
    ):
        grading.add_argument(f"--tls-{name}", type=Path, metavar="FILE", help=f"{what}, as PEM")
    grading.add_argument(
        "--trust-network",
        action="store_true",
        help="use a cluster without TLS on other machines; whoever is on the network can then read "
        "hidden tests, and run programs on the workers and here",
    )
    grading.add_argument(
        "--db",
        metavar="URL",
        help="the gradebook, in place of the settings': postgresql://… or sqlite:///FILE",
    )
    report = add("report", report_command, "write one page on how a graded class did")
    report.add_argument("--names", action="store_true", help="with students' ids")
    report.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="default: reports/ASSIGNMENT.html in the course's folder",
    )
    report.add_argument(
        "--db",
        metavar="URL",
        help="the gradebook, in place of the settings': postgresql://… or sqlite:///FILE",
    )
    collecting = add("collect-zip", collect_zip_command, "collect what a learning platform packed")
    collecting.add_argument("archive", type=Path, help="the ZIP file that you downloaded")
    collecting.add_argument(
        "--names",
        metavar="HOW",
        help="moodle, moodle-numbers, canvas, or a regular expression for the paths in the archive",
    )
    collecting.add_argument(
        "--force", action="store_true", help="replace what was collected before"
    )
    text = "say whether this machine can isolate submissions, by trying it"
    doctor = commands.add_parser("doctor", help=text, description=text)
    doctor.set_defaults(run=doctor_command)
    add("sample-class", sample_class_command, "write the submissions of the sample class")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; a fault that the user can mend is one sentence on stderr.

    Parameters
    ----------
    argv : sequence of str, optional
        The command line; that of the process by default.

    Returns
    -------
    int
        Exit status: 0, 1 for a fault, 130 after an interrupt.
    """
    arguments = parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except ModuleNotFoundError as error:
        if not str(error.name).startswith("autograder."):
            raise
        command = next(iter(sys.argv[1:] if argv is None else argv))
        text = f"this copy is for students and has no command “{command}”"
        print(f"autograder: {text}.", file=sys.stderr)
    except Fault as error:
        print(f"autograder: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("autograder: stopped; run it again to go on from here.", file=sys.stderr)
        return 130
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print("autograder: the disk is full. Free some space and run it again.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
