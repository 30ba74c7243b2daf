"""Run an assignment's cells in this process, without Jupyter.

For whoever runs many answers, or wants the result at once. It takes the cells as they are, in
order, and gives each test its points; it is no sandbox: the answers run here, with all rights.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import linecache
import sys
from collections.abc import Collection, Iterator
from typing import Any

from nbformat import NotebookNode

from autograder.judge import is_test


@dataclasses.dataclass(frozen=True)
class TestResult:
    """What one test cell gave.

    Attributes
    ----------
    grade_id : str
        The test's name.
    points, of : float
        Points given, and points there are.
    message : str
        Why it failed; empty if it passed.
    """

    __test__ = False  # pytest shall not collect it

    grade_id: str
    points: float
    of: float
    message: str


def is_answer(cell: NotebookNode) -> bool:
    """Whether a cell is where students write code."""
    return cell.cell_type == "code" and bool(
        cell.metadata.get("nbgrader", {}).get("solution", False)
    )


@contextlib.contextmanager
def _checks_importable() -> Iterator[None]:
    """Let ``from pooling_checks import *`` find this package's own checks."""
    from autograder import pooling_checks  # here, for it imports TensorFlow

    before = sys.modules.get("pooling_checks")
    sys.modules["pooling_checks"] = pooling_checks
    try:
        yield
    finally:
        if before is None:
            del sys.modules["pooling_checks"]
        else:
            sys.modules["pooling_checks"] = before


def _execute(source: str, name: str, namespace: dict[str, Any]) -> str:
    """Run source text; what it raises comes back as a message, empty if nothing was raised."""
    filename = f"<{name}>"
    # So that the checks can show the lines of an answer.
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            exec(compile(source, filename, "exec"), namespace)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - answers raise anything
        name = type(error).__name__
        return str(error) if name == "CheckFailed" else f"{name}: {error}"
    return ""


def run_tests(
    notebook: NotebookNode,
    answers: str,
    *,
    only: Collection[str] | None = None,
    stop: bool = False,
) -> dict[str, TestResult]:
    """Run an assignment's tests on answers.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The assignment: with its hidden tests, or as it was released.
    answers : str
        Python source that defines the functions. It takes the place of the notebook's answer
        cells; of the other cells without points, those before the first answer are run.
    only : collection of str, optional
        ``grade_id`` of the tests to run; all by default.
    stop : bool
        Whether to stop at the first test that fails.

    Returns
    -------
    dict of str to TestResult
        By ``grade_id``, in the notebook's order. If the answers do not even run, no function is
        defined, and the tests fail with that.
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    first = next((n for n, cell in enumerate(code) if is_answer(cell)), len(code))
    namespace: dict[str, Any] = {"__name__": "__main__"}
    results: dict[str, TestResult] = {}
    with _checks_importable():
        for cell in code[:first]:
            if not is_test(cell):
                failure = _execute(cell.source, cell.id, namespace)
                if failure:
                    raise RuntimeError(f"The cell {cell.id} does not run: {failure}")
        broken = _execute(answers, "answers", namespace)
        for cell in code:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if not is_test(cell) or (only is not None and name not in only):
                continue
            message = _execute(cell.source, name, namespace)
            if message and broken:
                message = broken
            of = float(cell.metadata.nbgrader["points"])
            results[name] = TestResult(name, 0.0 if message else of, of, message)
            if message and stop:
                break
    return results
