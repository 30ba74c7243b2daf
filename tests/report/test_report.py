"""The report on a class: what it says, what it must not say, and what can go wrong."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup, Tag
from nbgrader.api import Gradebook
from sqlalchemy import text

from autograder.__main__ import main
from autograder.grade import MOST_TESTS_MISSING, Course
from autograder.record import ATTENTION, GradingLog
from autograder.report.gather import Report, gather
from autograder.report.page import page
from tests.report.conftest import STUDENTS, passed


def report_on(course: Path) -> Report:
    return gather(Course(course), "forward")


@pytest.fixture(scope="module")
def soup(graded_class: Path) -> BeautifulSoup:
    return BeautifulSoup(page(report_on(graded_class)), "html.parser")


def words(tag: Tag) -> str:
    return " ".join(tag.get_text(" ").split())


def section(soup: BeautifulSoup, name: str) -> str:
    return words(soup.find("section", attrs={"aria-labelledby": name}))


def row(soup: BeautifulSoup, table: str, first: str) -> list[str]:
    """The cells of a row of a table, by the table's caption and the row's first word."""
    for found in soup.find_all("table"):
        if found.caption and table in words(found.caption):
            for line in found.find_all("tr"):
                cells = [words(cell) for cell in line.find_all(["th", "td"])]
                if cells[0].split(" ", 1)[0] == first or cells[0] == first:
                    return cells
    raise AssertionError(f"no row {first!r} in the table {table!r}")


# --- what it says --------------------------------------------------------------------------------


def test_the_gradebook_is_read_as_nbgrader_reads_it(own_class: Path) -> None:
    """Scores by hand, extra credit and what lateness costs, against nbgrader's own properties."""
    course = Course(own_class)
    with course.gradebook() as gradebook:
        first, second, third = (
            gradebook.find_submission("forward", student) for student in STUDENTS[:3]
        )
        by_name = {grade.name: grade for grade in first.notebooks[0].grades}
        by_name["max-same"].manual_score = 1.5
        by_name["size-valid"].extra_credit = 0.5
        by_name["written-padding"].extra_credit = 2.0  # no score yet, so nbgrader leaves it out
        second.notebooks[0].late_submission_penalty = 3.0
        third.notebooks[0].late_submission_penalty = 1000.0
        gradebook.db.commit()
        expected = [
            max(0.0, found.score - found.late_submission_penalty)
            for student in STUDENTS
            for found in [gradebook.find_submission("forward", student)]
        ]
    found = report_on(own_class)
    assert found.students == STUDENTS
    assert found.totals == pytest.approx(expected)
    assert found.totals[2] == 0
    column = found.labels.index("max-same")
    assert found.scores[0, column] == 1.5
    assert found.waiting == len(STUDENTS)


def test_numbers_of_the_class(soup: BeautifulSoup, graded_class: Path) -> None:
    totals = report_on(graded_class).totals
    facts = words(soup.find("dl", class_="facts"))
    assert facts.startswith("submissions in the numbers below 30")
    assert f"median {np.median(totals):g}" in facts
    assert "wait for a manual grade 30" in facts
    told = section(soup, "scores")
    assert f"30 submissions, from {totals.min():g} to {totals.max():g} of 40 points" in told
    counts = [
        int(words(cell.find(class_="n")))
        for cell in soup.find("table", class_="histogram").find_all("td")
    ]
    assert sum(counts) == 30
    assert counts == list(np.histogram(totals, np.arange(0, 41, 5))[0])


def test_points_by_part_and_aspect(soup: BeautifulSoup) -> None:
    both = [passed(n, test) for n in range(30) for test in ("max-dtype", "average-dtype")]
    globals_ = [passed(n, f"global-{kind}-dtype") for n in range(30) for kind in ("max", "average")]
    share = round(100 * np.mean([*both, *globals_]))
    assert row(soup, "each aspect", "dtype")[1:] == ["4", f"{share} %"]
    part = row(soup, "each part", "5 · In your own words (4 points, read by a person)")
    assert part[1:] == ["4", "– not graded yet"]


def test_tests_are_flagged_plainly(soup: BeautifulSoup) -> None:
    table = "difficulty and discrimination"
    assert "Nobody passes." in row(soup, table, "max-negative")[0]
    assert row(soup, table, "max-negative")[2:] == ["0 %", "– all have the same points"]
    assert "Everybody passes." in row(soup, table, "global-max-dtype")[0]
    backwards = row(soup, table, "size-errors")
    assert "Weak students pass it more than strong ones: look at the test." in backwards[0]
    assert backwards[3].startswith("−0.")
    assert "Weak students" not in row(soup, table, "max-valid")[0]
    first = section(soup, "first")
    assert "max-negative: Nobody passes." in first
    assert "size-errors: Weak students pass it more" in first
    assert "global-max-dtype" not in first
    assert row(soup, table, "written-padding")[2:] == ["–", "– 30 of 30 wait for a grade"]


def test_failures_in_words_with_an_example(soup: BeautifulSoup) -> None:
    told = section(soup, "failures")
    assert "Tests failed in 30 submissions." in told
    first = soup.find("article")
    assert words(first.h3) == "max-negative does not agree."
    assert "30 submissions (100 %), in max-negative (30)" in words(first)
    assert "Hint to the student: the stride was taken to be the window." in words(first)
    assert first.pre.get_text().splitlines()[2] == "  case      x of shape (1, 0, 4, 1)"
    raised = next(a for a in soup.find_all("article") if "IndexError" in words(a.h3))
    assert words(raised.h3) == "average_pool2d raised IndexError: index # is out of bounds"
    lost = sum(any(not passed(n, t) for t in AVERAGES) for n in range(30))
    assert f"{lost} submissions" in words(raised)


AVERAGES = [
    f"average-{aspect}"
    for aspect in "valid stride same channels rectangular dtype pure errors".split()  # noqa: SIM905
]


def test_time(soup: BeautifulSoup, graded_class: Path) -> None:
    seconds = report_on(graded_class).seconds
    told = section(soup, "time")
    assert f"{max(seconds.values()):.1f} s at most" in told
    assert soup.find("section", attrs={"aria-labelledby": "time"}).find("ol").find_all("li")


def test_the_same_class_gives_the_same_page(graded_class: Path) -> None:
    assert page(report_on(graded_class)) == page(report_on(graded_class))


# --- what it must not say ------------------------------------------------------------------------


def test_no_id_and_no_name_without_names(graded_class: Path) -> None:
    found = report_on(graded_class)
    text = page(dataclasses.replace(found, known=[*found.known, "kim-2024"]))
    known = ["kim", *STUDENTS, *(f"Given{n}x" for n in range(30)), "Nobody <", "Nobody&"]
    assert [who for who in known if who.casefold() in text.casefold()] == []
    lost = sum(not passed(n, "size-same") for n in range(30))
    case = "FileNotFoundError: submitted/[student]/forward, #; ask [student]"
    article = next(
        a for a in BeautifulSoup(text, "html.parser").find_all("article") if case in words(a)
    )
    assert f"{lost} submissions" in words(article)
    assert "[student] in /submitted/[student]/forward" in text


def test_ids_with_names(own_class: Path) -> None:
    (own_class / "submitted" / "stu9999q" / "forward").mkdir(parents=True)
    text = page(report_on(own_class), names=True)
    assert "stu9999q" in text
    assert "handle this page as you handle grades" in text
    slowest = max(report_on(own_class).seconds.items(), key=lambda pair: pair[1])[0]
    assert slowest in text


def test_reasons_hold_no_ids(own_class: Path) -> None:
    needs_attention(own_class, "stu0004q", "rename the folder “stu0004q” <b>now</b>.")
    needs_attention(own_class, "stu0005q", MOST_TESTS_MISSING)
    found = report_on(own_class)
    assert list(found.failed) == ["stu0004q"] and list(found.doubtful) == ["stu0005q"]
    assert "stu0004q" not in found.students and "stu0005q" in found.students
    text = page(found)
    assert "stu000" not in text
    assert "rename the folder “[student]” &lt;b&gt;now" in text
    soup = BeautifulSoup(text, "html.parser")
    assert "1 submission could not be graded." in section(soup, "first")
    assert "1 submission was graded but needs a look." in section(soup, "first")
    assert "1 submission that could not be graded is not in the numbers" in section(soup, "scores")
    told = section(BeautifulSoup(page(found, names=True), "html.parser"), "attention")
    assert "stu0004q : rename the folder “stu0004q”" in told


def needs_attention(course: Path, student: str, reason: str) -> None:
    """Enter into the log that a submission needs attention, for its notebook as it is."""
    from autograder.files import fingerprint

    log = GradingLog(course, "forward")
    log.append(
        dataclasses.replace(
            log.latest()[student],
            status=ATTENTION,
            reason=reason,
            result=fingerprint(course / "autograded" / student / "forward", "*.ipynb"),
        )
    )


def test_attention_ends_when_nbgrader_has_graded_again(own_class: Path) -> None:
    needs_attention(own_class, "stu0004q", "It was broken.")
    path = own_class / "autograded" / "stu0004q" / "forward" / "forward.ipynb"
    path.write_text(path.read_text() + "\n")
    assert report_on(own_class).failed == {}


def test_hostile_messages_are_text(soup: BeautifulSoup) -> None:
    assert soup.find("script") is None
    assert soup.find("img") is None
    assert len(soup.find_all("style")) == 1
    assert "<script>window.hit" in section(soup, "failures")
    assert "{{ 7 * 7 }}" in section(soup, "failures")


def test_no_source_of_hidden_tests(graded_class: Path) -> None:
    text = page(report_on(graded_class), names=True)
    for secret in ("BEGIN HIDDEN", "seed=20", "range(1, 10)", "Marking scheme", "check_error("):
        assert secret not in text


def test_nothing_is_loaded(soup: BeautifulSoup) -> None:
    assert (
        soup.find_all(["script", "link", "iframe", "object", "embed", "img", "svg", "form"]) == []
    )
    styles = [soup.style.get_text(), *(tag["style"] for tag in soup.find_all(style=True))]
    assert not [style for style in styles if re.search(r"url\(|@import|image-set", style)]
    assert {name for tag in soup.find_all() for name in tag.attrs} & {
        "src",
        "srcset",
        "onclick",
    } == set()
    assert all(link["href"].startswith("#") for link in soup.find_all("a"))
    ids = {tag["id"] for tag in soup.find_all(id=True)}
    assert {link["href"][1:] for link in soup.find_all("a")} <= ids


# --- what can go wrong ---------------------------------------------------------------------------


def test_an_empty_class(class_of: Callable[[int], Path], capsys: pytest.CaptureFixture) -> None:
    assert main(["report", "forward", "--course", str(class_of(0))]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert "Nothing is graded yet of 'forward'" in said
    assert "python -m autograder grade forward" in said


def test_one_submission(class_of: Callable[[int], Path]) -> None:
    soup = BeautifulSoup(page(report_on(class_of(1))), "html.parser")
    assert "1 submission, with 4 of 40 points" in section(soup, "scores")
    assert "1 of these waits for a manual grade" in section(soup, "scores")
    assert row(soup, "difficulty", "max-valid")[3] == "– fewer than 10 submissions"
    assert "Fewer than 10 submissions say nothing about it." in section(soup, "tests")


def test_an_unknown_assignment_and_no_gradebook(
    own_class: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main(["report", "backwards", "--course", str(own_class)]) == 1
    assert "knows no assignment 'backwards'" in capsys.readouterr().err
    (own_class / "gradebook.db").unlink()
    assert main(["report", "forward", "--course", str(own_class)]) == 1
    assert "There is no gradebook" in capsys.readouterr().err
    assert not (own_class / "gradebook.db").exists(), "a report made a gradebook"
    (own_class / "gradebook.db").write_bytes(b"not a database, but long enough to be one" * 9)
    assert main(["report", "forward", "--course", str(own_class)]) == 1
    assert "the gradebook cannot be used" in capsys.readouterr().err


def test_a_class_that_is_half_graded(own_class: Path) -> None:
    for name in ("late-one", "late-two"):
        (own_class / "submitted" / name / "forward").mkdir(parents=True)
    with Gradebook(f"sqlite:///{own_class / 'gradebook.db'}", "pooling") as gradebook:
        # As nbgrader leaves a submission that it broke off: entered, without any score.
        gradebook.db.execute(text("UPDATE grade SET auto_score = NULL WHERE notebook_id = 'n7'"))
        gradebook.db.commit()
    found = report_on(own_class)
    assert found.ungraded == ["late-one", "late-two", "stu0007q"]
    assert len(found.students) == 29
    soup = BeautifulSoup(page(found), "html.parser")
    assert "3 submissions are not graded yet." in section(soup, "first")
    assert "not graded yet 3" in words(soup.find("dl", class_="facts"))


def test_notebooks_that_are_missing_broken_or_of_another_run(own_class: Path) -> None:
    def notebook(number: int) -> Path:
        return own_class / "autograded" / STUDENTS[number] / "forward" / "forward.ipynb"

    notebook(0).unlink()
    notebook(1).write_text("no JSON")
    notebook(2).write_text('{"cells": [1, {}]}')
    notebook(4).write_text(json.dumps({"cells": []}))
    notebook(5).write_bytes(b"[" * 100_000)
    found = report_on(own_class)
    assert found.unread == {"missing": 1, "no notebook": 3}
    assert found.outdated == 1
    told = section(BeautifulSoup(page(found), "html.parser"), "failures")
    assert "1 autograded notebook is missing: what failed tests said there is not counted" in told
    assert "3 autograded notebooks are unreadable" in told
    assert "1 autograded notebook and the gradebook disagree" in told
    assert found.failures.submissions == 25


def test_a_notebook_that_says_more_failed_than_the_gradebook(own_class: Path) -> None:
    with Gradebook(f"sqlite:///{own_class / 'gradebook.db'}", "pooling") as gradebook:
        grade = gradebook.find_grade("max-negative", "forward", "forward", "stu0008q")
        grade.auto_score = 1.0
        gradebook.db.commit()
    assert report_on(own_class).outdated == 1


def test_where_the_page_goes(own_class: Path, capsys: pytest.CaptureFixture) -> None:
    course = ["report", "forward", "--course", str(own_class)]
    assert main(course) == 0
    plain = own_class / "reports" / "forward.html"
    assert str(plain) in capsys.readouterr().out.replace("\n", "")
    before = plain.read_bytes()
    assert main([*course, "--names"]) == 0
    assert plain.read_bytes() == before, "ids came into the page without names"
    assert b"stu0003q" in (own_class / "reports" / "forward-with-ids.html").read_bytes()
    other = own_class / "elsewhere" / "page.html"
    assert main([*course, "--output", str(other)]) == 0
    assert other.read_bytes() == before
    assert main([*course, "--output", str(own_class / "submitted")]) == 1
    assert "cannot be written" in capsys.readouterr().err
