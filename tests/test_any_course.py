"""A course that knows nothing of this project is graded as by stock nbgrader, and safely."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook

from tests.conftest import ROOT, run

CONFIG = """
import os, sys
from pathlib import Path
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
c = get_config()
c.CourseDirectory.course_id = "statistics"
"""


def marked(source: str, name: str, *, points: float | None = None, solution: bool = False) -> Any:
    grade = points is not None
    nbgrader = {
        "grade": grade,
        "grade_id": name,
        "locked": not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    if grade:
        nbgrader["points"] = points
    return new_code_cell(source, metadata={"nbgrader": nbgrader}, id=name)


def source() -> NotebookNode:
    """An assignment in the manner of nbgrader's own documentation."""
    cells = [
        new_markdown_cell("# Squares", id="title"),
        new_code_cell("import numpy as np\nfrom math import sqrt", id="imports"),
        marked("LARGEST = 10\ndata = np.loadtxt('numbers.txt')", "setup"),
        marked(
            "def squares(n):\n"
            "    ### BEGIN SOLUTION\n"
            "    if n < 1:\n"
            "        raise ValueError('n must be at least 1')\n"
            "    return [i**2 for i in range(1, n + 1)]\n"
            "    ### END SOLUTION",
            "squares",
            solution=True,
        ),
        marked(
            "assert squares(1) == [1]\nassert squares(3) == [1, 4, 9]\n"
            "### BEGIN HIDDEN TESTS\n"
            "assert squares(LARGEST)[-1] == 100 == max(squares(LARGEST))\n"
            "### END HIDDEN TESTS",
            "test-squares",
            points=2,
        ),
        marked(
            "try:\n    squares(0)\nexcept ValueError:\n    pass\n"
            "else:\n    raise AssertionError('no ValueError')",
            "test-error",
            points=1,
        ),
        marked(
            "class Counter:\n"
            "    ### BEGIN SOLUTION\n"
            "    def __init__(self, start=0):\n        self.count = start\n"
            "    def up(self):\n        self.count += 1\n        return self.count\n"
            "    ### END SOLUTION\n"
            "mean = 0\n"
            "### BEGIN SOLUTION\n"
            "mean = data.mean()\n"
            "### END SOLUTION",
            "counter",
            solution=True,
        ),
        marked(
            "counter = Counter(3)\nassert counter.up() == 4\nassert counter.count == 4",
            "test-class",
            points=2,
        ),
        marked("np.testing.assert_allclose(mean, sqrt(16))", "test-mean", points=1),
        marked(
            "right = sum(squares(n) == [i * i for i in range(1, n + 1)] for n in (1, 2, 3, 4))\n"
            "right / 2",
            "test-part",
            points=2,
        ),
    ]
    return new_notebook(cells=cells)


RIGHT = (
    "def squares(n):\n    if n < 1: raise ValueError(n)\n"
    "    return [i * i for i in range(1, n + 1)]"
)
COUNTER = (
    "class Counter:\n    def __init__(self, start=0): self.count = start\n"
    "    def up(self):\n        self.count += 1\n        return self.count\n"
)
#: By student: the two answers, and the points of each test.
CLASS: dict[str, tuple[str, str, list[float]]] = {
    "right": (RIGHT, COUNTER + "mean = data.mean()", [2, 1, 2, 1, 2]),
    "array": (
        "def squares(n):\n    if n < 1: raise ValueError\n"
        "    return list(np.arange(1, n + 1) ** 2)",
        COUNTER + "mean = np.mean(data)",
        [2, 1, 2, 1, 2],
    ),
    "half": (
        "def squares(n):\n    return [1, 4, 9][:n] if n < 3 else [1, 4, 9]",
        "Counter = None\nmean = 5",
        [0, 0, 0, 0, 1.5],
    ),
    "blank": (
        "def squares(n):\n    raise NotImplementedError()",
        "class Counter: pass\nmean = 0",
        [0, 0, 0, 0, 0],
    ),
}
#: What gains everything under stock nbgrader, and here what the answers earn.
CHEAT = (
    "class Same(list):\n    def __eq__(self, other): return True\n"
    "    def __getitem__(self, i): return self\n"
    "np.testing.assert_allclose = lambda *a: None\n"
    "def squares(n):\n    if n < 1: raise ValueError\n    return Same()",
    "class Counter:\n    def __init__(self, n): self.count = self\n"
    "    def __eq__(self, other): return True\n    def up(self): return self\nmean = 0",
)
TESTS = ["test-squares", "test-error", "test-class", "test-mean", "test-part"]


def make(folder: Path) -> Path:
    place = folder / "source" / "squares"
    place.mkdir(parents=True)
    (folder / "nbgrader_config.py").write_text(CONFIG)
    (place / "numbers.txt").write_text("1\n4\n7\n")
    nbformat.write(source(), place / "squares.ipynb")
    run(folder, "nbgrader", "generate_assignment", "squares", "--log-level=ERROR")
    released = nbformat.read(folder / "release" / "squares" / "squares.ipynb", as_version=4)
    answers = {student: (one, two) for student, (one, two, _) in CLASS.items()}
    for student, (one, two) in {**answers, "cheat": CHEAT}.items():
        notebook = nbformat.from_dict(json.loads(json.dumps(released)))
        cells = {cell.id: cell for cell in notebook.cells}
        cells["squares"].source, cells["counter"].source = one, two
        handed_in = folder / "submitted" / student / "squares"
        handed_in.mkdir(parents=True)
        (handed_in / "numbers.txt").write_text("0\n")  # the released file counts
        nbformat.write(notebook, handed_in / "squares.ipynb")
    return folder


def grades(course: Path, student: str) -> list[float | None]:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "statistics") as gradebook:
        entry = gradebook.find_submission_notebook("squares", "squares", student)
        by_name = {grade.name: grade.auto_score for grade in entry.grades}
    return [by_name[name] for name in TESTS]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    course = make(tmp_path_factory.mktemp("any") / "course")
    done = run(ROOT, "python", "-m", "autograder", "grade", "squares", "--course", str(course))
    assert "5 submissions: 5 graded" in done.stdout
    return course


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    course = make(tmp_path_factory.mktemp("stock") / "course")
    run(course, "nbgrader", "autograde", "squares", "--log-level=ERROR")
    return course


@pytest.mark.parametrize("student", CLASS)
def test_honest_students_get_what_stock_nbgrader_gives(
    ours: Path, stock: Path, student: str
) -> None:
    assert grades(stock, student) == CLASS[student][2]
    assert grades(ours, student) == CLASS[student][2]


def test_the_report_on_any_course(ours: Path, tmp_path: Path) -> None:
    """No aspects in its names, no headings: by notebook and by cell."""
    path = tmp_path / "report.html"
    arguments = ["--course", str(ours), "--output", str(path)]
    run(ROOT, "python", "-m", "autograder", "report", "squares", *arguments)
    page = path.read_text("utf-8")
    assert "Points by part</h2>" in page
    assert '<th scope="row">squares</th>' in page
    assert all(f'<span class="name">{test}</span>' in page for test in TESTS)
    assert "the test gave part of its points" in page
    assert "AssertionError" in page
    assert "squares(LARGEST)[-1]" not in page, "a hidden test's source"


def test_a_lie_that_stock_nbgrader_believes_gains_nothing(ours: Path, stock: Path) -> None:
    assert sum(score or 0 for score in grades(stock, "cheat")) >= 6
    assert grades(ours, "cheat") == [0, 1, 0, 0, 0]
