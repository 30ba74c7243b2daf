"""Stock `nbgrader autograde` and ours give answers of the bank the scores that the bank states."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.sources import CHECKS
from tests.bank.bank import function_tests
from tests.bank.classes import chosen, submission
from tests.conftest import ROOT, run

#: No plug-in of this project: what nbgrader does by itself. (It looks for `alembic` on the PATH.)
STOCK = """
import os, sys
from pathlib import Path
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

c = get_config()
c.CourseDirectory.course_id = "pooling"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.ignore = ["sample_class", "forward.py"]
c.Execute.timeout = 300  # seconds for a cell, on a busy machine
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError()"}
"""

#: For each student, the answers by function; a function that is not named is answered rightly.
CLASS = {
    "styles-one": {
        "output_size": "counting",
        "max_pool2d": "scattered",
        "average_pool2d": "by_fft",
        "global_max_pool2d": "sorted_cells",
        "global_average_pool2d": "einsum",
    },
    "styles-two": {
        "output_size": "numpy_ceil",
        "max_pool2d": "as_strided",
        "average_pool2d": "summed_area_table",
        "global_max_pool2d": "flattened",
        "global_average_pool2d": "matrix_product",
    },
    "edges": {
        "output_size": "ignores_padding",
        "max_pool2d": "pads_with_zeros",
        "average_pool2d": "counts_padded_cells",
        "global_max_pool2d": "starts_at_zero",
        "global_average_pool2d": "over_the_batch",
    },
    "shapes": {
        "output_size": "rounds_valid_up",
        "max_pool2d": "swaps_strides",
        "average_pool2d": "divides_by_the_height_squared",
        "global_max_pool2d": "ignores_keepdims",
        "global_average_pool2d": "always_keepdims",
    },
    "manners": {
        "output_size": "checks_nothing",
        "max_pool2d": "overwrites_its_input",
        "average_pool2d": "always_float64",
        "global_max_pool2d": "a_view_of_a_single_pixel",
        "global_average_pool2d": "unpacks",
    },
    "libraries": {
        "output_size": "asks_keras",
        "max_pool2d": "by_tensorflow_for_same",
        "average_pool2d": "by_uniform_filter",
        "global_max_pool2d": "by_scipy",
        "global_average_pool2d": "by_skimage",
    },
}


@pytest.fixture(scope="module")
def gradebook(released_course: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a gradebook in which the class was graded by nbgrader alone."""
    course = tmp_path_factory.mktemp("stock")
    (course / "nbgrader_config.py").write_text(STOCK)
    source = course / "solutions" / "forward"
    source.mkdir(parents=True)
    given = released_course / "solutions" / "forward"
    shutil.copy(given / "forward.ipynb", source)
    shutil.copytree(given / CHECKS.name, source / CHECKS.name)
    run(course, "nbgrader", "generate_assignment", "forward", "--log-level=WARN")
    hand_in(course)
    run(course, "nbgrader", "autograde", "forward", "--log-level=WARN")
    return f"sqlite:///{course / 'gradebook.db'}"


@pytest.fixture(scope="module")
def our_gradebook(released_course: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a gradebook in which the same class was graded by this project."""
    course = tmp_path_factory.mktemp("ours") / "course"
    shutil.copytree(released_course, course)
    hand_in(course)
    run(course, "python", "-m", "autograder", "grade", "forward")
    return f"sqlite:///{course / 'gradebook.db'}"


def hand_in(course: Path) -> None:
    """Put the class's submissions into a course."""
    release = nbformat.read(
        ROOT / "exercises" / "forward" / "forward.ipynb", as_version=nbformat.NO_CONVERT
    )
    for student, names in CLASS.items():
        folder = course / "submitted" / student / "forward"
        folder.mkdir(parents=True)
        given = chosen("forward", names)
        nbformat.write(submission(release, given), folder / "forward.ipynb")
        shutil.copytree(ROOT / "exercises" / "forward" / CHECKS.name, folder / CHECKS.name)


@pytest.mark.parametrize("student", CLASS)
def test_every_test_gives_what_the_bank_states(gradebook: str, student: str) -> None:
    given = chosen("forward", CLASS[student])
    lost = {name for answer in given for name in answer.loses}
    assert {answer.function for answer in given} == set(function_tests("forward"))
    with Gradebook(gradebook, "pooling") as book:
        grades = {
            grade.name: (grade.auto_score, grade.max_score)
            for grade in book.find_submission_notebook("forward", "forward", student).grades
        }
    stated = [name for tests in function_tests("forward").values() for name in tests]
    for name in stated:
        score, most = grades[name]
        assert score == (0 if name in lost else most), name


#: What a gradebook holds of one cell: points by the tests, the most, and whether to grade by hand.
Row = tuple[float | None, float, bool]


def rows(url: str) -> dict[tuple[str, str], Row]:
    """Everything a gradebook holds of the class, by student and cell."""
    with Gradebook(url, "pooling") as book:
        return {
            (student, grade.name): (grade.auto_score, grade.max_score, grade.needs_manual_grade)
            for student in CLASS
            for grade in book.find_submission_notebook("forward", "forward", student).grades
        }


def test_both_gradebooks_hold_the_same(gradebook: str, our_gradebook: str) -> None:
    assert rows(our_gradebook) == rows(gradebook)
