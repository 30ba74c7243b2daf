"""Run a submission's cells as a step of nbgrader's.

In place of nbgrader's ``Execute``: the student's cells run behind walls, in a process that sees no
test, and the tests run in another one (`autograder.workbench`). Nothing about a submission raises
here: one that hangs or dies keeps the points of the tests that ran, and the others fail with the
reason.
"""

from __future__ import annotations

import atexit
import threading
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float, Integer, List, Unicode
from traitlets.config import Config

from autograder.notes import add_note
from autograder.safe_html import clean_outputs
from autograder.sandbox.host import Limits
from autograder.workbench import Assignment, Finished, Options, Workbench, released_contents


class RunSubmission(NbGraderPreprocessor):
    """Run the cells, within limits."""

    cell_seconds = Float(30.0, help="Seconds one cell may run.").tag(config=True)
    submission_seconds = Float(
        120.0, help="Seconds all cells of a submission may run, taken together."
    ).tag(config=True)
    cpu_seconds = Integer(
        120, help="Seconds of processor time a submission may use, taken together."
    ).tag(config=True)
    output_bytes = Integer(
        1_000_000, help="Bytes of output one cell may produce; what comes after is dropped."
    ).tag(config=True)
    memory_bytes = Integer(
        2_000_000_000, help="Bytes of memory a submission may use beyond what all share."
    ).tag(config=True)
    processes = Integer(64, help="Processes and threads a submission may have.").tag(config=True)
    scratch_bytes = Integer(
        200_000_000, help="Bytes of files a submission may write; they are thrown away."
    ).tag(config=True)
    judge_only = List(
        Unicode(),
        help="Patterns of grade_id: locked cells without points that run in the judge alone.",
    ).tag(config=True)
    sandboxed_tests = List(
        Unicode(),
        help="Patterns of grade_id: tests that run in the student's process, because they need "
        "an object that cannot leave it. A student who tampers with that process passes them.",
    ).tag(config=True)
    preload = List(Unicode(), help="More modules to import once for all submissions.").tag(
        config=True
    )
    trust_submissions = Bool(
        False, help="Run submissions without isolation, with all rights of whoever grades."
    ).tag(config=True)

    def options(self) -> Options:
        """The settings as the workbench takes them."""
        return Options(
            limits=Limits(
                memory_bytes=self.memory_bytes,
                processes=self.processes,
                cpu_seconds=self.cpu_seconds,
                # Where the judge has given up, this ends the processes.
                submission_seconds=self.submission_seconds + 30,
                scratch_bytes=self.scratch_bytes,
            ),
            cell_seconds=self.cell_seconds,
            submission_seconds=self.submission_seconds,
            output_bytes=self.output_bytes,
            judge_only=tuple(self.judge_only),
            sandboxed_tests=tuple(self.sandboxed_tests),
            preload=tuple(self.preload),
            walls=not self.trust_submissions,
        )

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Run every code cell of `nb`; nbgrader calls this with the repaired submission."""
        info = resources["nbgrader"]
        coursedir = self.parent.parent.coursedir  # exporter, converter
        bench = shared_workbench(assignment_of(coursedir, info["assignment"]), self.options())
        files = files_below(Path(resources["metadata"]["path"]))
        return result(nb, bench.run(nb, bench.own_files(files))), resources


def files_below(folder: Path) -> dict[str, bytes]:
    """The files in a folder and below, by relative path. Links are passed over."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def result(submitted: NotebookNode, finished: Finished) -> NotebookNode:
    """The notebook after it ran, with a note where not everything did."""
    notebook = nbformat.from_dict(finished.run.notebook)
    notebook.metadata = submitted.metadata
    clean_outputs(notebook)
    for note in finished.run.notes:
        add_note(notebook, note)
    ending = finished.ending
    if ending.reason:
        limit = f" (limit: {ending.limit})" if ending.limit else ""
        add_note(notebook, f"The submission was ended: {ending.reason}{limit}.")
        for cell in notebook.cells:
            for output in cell.get("outputs", []):
                if output.output_type == "error" and output.ename == "ProcessEnded":
                    output.evalue += f" The reason: {ending.reason}{limit}."
                    output.traceback = [f"{output.ename}: {output.evalue}"]
    return notebook


def assignment_of(coursedir: CourseDirectory, name: str) -> Assignment:
    """An assignment of a course, as nbgrader's settings describe it."""
    folder = Path(coursedir.format_path(coursedir.source_directory, ".", name))
    sources = [
        cell.source
        for path in sorted(folder.glob("*.ipynb"))
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code"
    ]
    return Assignment(name, released_contents(folder, coursedir.ignore), tuple(sources), folder)


def configured_options(config: Config) -> Options:
    """The options that a course's configuration gives."""
    return RunSubmission(config=config).options()


_benches: dict[str, Workbench] = {}
_benches_lock = threading.Lock()


def shared_workbench(assignment: Assignment, options: Options) -> Workbench:
    """This process's workbench for an assignment, started at the first use.

    A course whose assignment has changed since gets a new one.
    """
    with _benches_lock:
        bench = _benches.get(assignment.name)
        if bench is None or (bench.assignment, bench.options) != (assignment, options):
            if bench is not None:
                _benches.pop(assignment.name).close()
            bench = Workbench(assignment, options)
            bench.start()
            _benches[assignment.name] = bench
        return bench


@atexit.register
def _close() -> None:
    for bench in _benches.values():
        bench.close()
