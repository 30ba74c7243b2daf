"""A class that was never graded, but whose gradebook and notebooks look as if it had been."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.report.synthetic import write_class

#: Student ids that cannot stand in a page by chance.
STUDENTS = [f"stu{n:04d}q" for n in range(30)]

#: What one of them wrote into an exception.
HOSTILE = (
    "</pre></details><script>window.hit = 1</script><img src=https://example.org/x.png "
    "onerror='window.hit = 2'> {{ 7 * 7 }} \u202e\ud800 by stu0003q in /submitted/stu0003q/forward "
    "and Given3x Nobody <style>body { display: none }</style> javascript:alert(1)"
)


def passed(number: int, test: str) -> bool:
    """Nobody passes max-negative, everybody global-max-dtype; size-errors weak students only."""
    if test == "max-negative":
        return False
    if test in ("global-max-dtype", "size-valid"):
        return True
    if test == "size-errors":
        return number < 15
    return number >= 3 + sum(map(ord, test)) % 20


def message(number: int, test: str) -> str:
    """A few cases, and a hostile one."""
    if number == 3 and test == "max-same":
        return HOSTILE
    if test == "size-same":
        # Everybody's own path, and a friend's id that ends in a number.
        return f"FileNotFoundError: submitted/{STUDENTS[number]}/forward, {number}; ask kim-2024"
    if test.startswith("average"):
        return f"average_pool2d raised IndexError: index {number} is out of bounds"
    return (
        f"{test} does not agree.\n\n  case      x of shape (1, {number}, 4, 1)\n"
        "  hint      the stride was taken to be the window"
    )


@pytest.fixture(scope="session")
def graded_class(released_course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course with its class; not to be changed by a test."""
    course = tmp_path_factory.mktemp("reported") / "course"
    shutil.copytree(released_course, course)
    write_class(course, "forward", STUDENTS, passed, message)
    return course


@pytest.fixture
def own_class(graded_class: Path, tmp_path: Path) -> Path:
    """The same, for a test that changes it."""
    course = tmp_path / "course"
    shutil.copytree(graded_class, course)
    return course


@pytest.fixture
def class_of(released_course: Path, tmp_path: Path) -> Callable[[int], Path]:
    """Make a course with a class of so many students."""

    def make(size: int) -> Path:
        course = tmp_path / f"class-{size}"
        shutil.copytree(released_course, course)
        if size:
            write_class(course, "forward", STUDENTS[:size], passed, message)
        return course

    return make
