"""Where a submission's cells run: a judge, and a warm process that forks a runner for each.

A workbench belongs to one assignment and takes one submission at a time. What it needs of the
course it copies once: the files that were released beside the notebook, which student and tests
may import. Nothing else of the course is visible to a student's code.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import json
import shutil
import socket
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from nbformat import NotebookNode
from nbgrader.utils import find_all_files

from autograder.judging.judged_run import Job, JudgedRun
from autograder.judging.process import Judge
from autograder.sandbox.host import Ending, Limits, Runner, WarmProcess
from autograder.scratch import scratch_folder

#: What every warm process has imported before it forks, if it is installed.
ALWAYS = ("numpy", "matplotlib.pyplot")


@dataclasses.dataclass(frozen=True)
class Options:
    """How submissions are run.

    Attributes
    ----------
    limits : Limits
        What one submission may use.
    cell_seconds : float
        Wall time of one cell.
    submission_seconds : float
        Wall time of all cells, taken together. The hard end in `limits` comes later.
    output_bytes : int
        Output of one cell; what comes after is dropped.
    judge_only : tuple of str
        Patterns of ``grade_id``: locked cells without points that run in the judge alone, such as
        those that draw a student's result.
    sandboxed_tests : tuple of str
        Patterns of ``grade_id``: tests that run in the student's process, because they need an
        object that cannot leave it. A student who tampers with that process passes them.
    preload : tuple of str
        More modules to import before forking.
    walls : bool
        Whether to isolate submissions.
    """

    limits: Limits = dataclasses.field(default_factory=Limits)
    cell_seconds: float = 30.0
    submission_seconds: float = 120.0
    output_bytes: int = 1_000_000
    judge_only: tuple[str, ...] = ()
    sandboxed_tests: tuple[str, ...] = ()
    preload: tuple[str, ...] = ()
    walls: bool = True


@dataclasses.dataclass(frozen=True)
class Assignment:
    """What a workbench has to know of an assignment.

    Attributes
    ----------
    name : str
        nbgrader's name.
    files : dict of str to bytes
        The files beside the notebook that students were given, by path in the assignment's folder.
    sources : tuple of str
        The code cells of the source notebooks.
    folder : pathlib.Path
        The source folder, which submissions must not see. On another machine there is none.
    """

    name: str
    files: Mapping[str, bytes]
    sources: tuple[str, ...]
    folder: Path


def released_contents(folder: Path, ignore: Sequence[str]) -> dict[str, bytes]:
    """The contents of `released_files`, by path in the folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in released_files(folder, ignore)
    }


def released_files(folder: Path, ignore: Sequence[str]) -> list[Path]:
    """What nbgrader hands out of a source folder beside the notebooks."""
    return sorted(Path(path) for path in find_all_files(str(folder), [*ignore, "*.ipynb"]))


def imported_modules(sources: Iterable[str]) -> list[str]:
    """The modules that cells import at their top level, each once, in order.

    Parameters
    ----------
    sources : iterable of str
        Source of code cells; one that is not plain Python is passed over.

    Returns
    -------
    list of str
        Full names, such as ``"keras.layers"``.
    """
    found: dict[str, None] = {}
    for source in sources:
        with contextlib.suppress(SyntaxError, ValueError):
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Import):
                    found |= dict.fromkeys(alias.name for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found[node.module] = None
    return list(found)


@dataclasses.dataclass(frozen=True)
class Finished:
    """A submission's notebook after it ran, and how its process ended."""

    run: JudgedRun
    ending: Ending

    @property
    def lost(self) -> bool:
        """Whether a process of the autograder's was lost, twice: it should run once more."""
        return self.run.lost or self.ending.lost


def trusted_cells(notebook: NotebookNode) -> dict[str, str]:
    """The sources of a repaired submission's locked cells, by ``grade_id``.

    `autograder.sanitize.repair` has written them; a student's own cells have no such metadata.
    """
    return {
        cell.metadata.nbgrader["grade_id"]: cell.source
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("locked")
    }


class Workbench:
    """A judge and a warm process for one assignment.

    Parameters
    ----------
    assignment : Assignment
    options : Options
    """

    def __init__(self, assignment: Assignment, options: Options) -> None:
        self.assignment = assignment
        self.options = options
        self._lock = threading.Lock()
        self._folder = scratch_folder("release-")
        self._folder.chmod(0o755)
        for name, content in assignment.files.items():
            copy = self._folder / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(content)
        #: What cells may read by a relative name. Modules are imported from where they are.
        self._data = {
            name: content for name, content in assignment.files.items() if not name.endswith(".py")
        }
        modules = [*ALWAYS, *imported_modules(assignment.sources), *options.preload]
        self._warm = WarmProcess(
            self._folder,
            list(dict.fromkeys(modules)),
            options.limits,
            walls=options.walls,
            hidden=[path for path in [assignment.folder] if path.is_dir()],
        )
        self._judge = Judge(self._folder, modules)

    def start(self) -> None:
        """Start both processes; returns when they can take a submission.

        Raises
        ------
        autograder.sandbox.host.SandboxError
            If submissions cannot be isolated on this machine.
        """
        self._judge.start()  # it warms up while the other one starts
        self._warm.start()
        self._judge.wait_until_ready()

    def own_files(self, files: Mapping[str, bytes]) -> dict[str, bytes]:
        """Those files of a submission that were not released, and are no notebooks or hidden.

        Parameters
        ----------
        files : mapping of str to bytes
            By path in the submission's folder.
        """
        found = {}
        for text, content in files.items():
            name = PurePosixPath(text)
            hidden = any(part.startswith(".") for part in name.parts)
            if not hidden and name.suffix != ".ipynb" and text not in self.assignment.files:
                found[text] = content
        return found

    def run(self, notebook: NotebookNode, files: dict[str, bytes]) -> Finished:
        """Run a submission's cells and judge its tests.

        Parameters
        ----------
        notebook : nbformat.NotebookNode
            The submission after `autograder.sanitize.repair`.
        files : dict of str to bytes
            What lies beside it, by relative path.

        Returns
        -------
        Finished
            With a notebook of its own; the one given is not changed.
        """
        job = Job(
            notebook=json.loads(json.dumps(notebook)),
            trusted=trusted_cells(notebook),
            release=self.assignment.sources,
            files={**files, **self._data},
            judge_only=self.options.judge_only,
            sandboxed_tests=self.options.sandboxed_tests,
            cell_seconds=self.options.cell_seconds,
            submission_seconds=self.options.submission_seconds,
            output_bytes=self.options.output_bytes,
        )
        runners: list[Runner] = []

        def connect() -> socket.socket:
            here, there = socket.socketpair()
            with there:
                runners.append(self._warm.fork(there))
            return here

        with self._lock:
            # Once more if a process of ours was lost, which starts anew by itself, or the
            # submission's was killed: not always by itself.
            for _ in range(2):
                try:
                    run = self._judge.judge(job, connect)
                finally:
                    endings = [runner.finish() for runner in runners]
                if not (endings[-1].lost or endings[-1].killed):
                    break
        return Finished(run, endings[-1])

    def close(self) -> None:
        """End both processes."""
        self._judge.close()
        self._warm.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Workbench:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
