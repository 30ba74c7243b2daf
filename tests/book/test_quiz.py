"""The quizzes: their checks, their pages, and what the chapters ask."""

from __future__ import annotations

import importlib.resources
import math
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .conftest import BOOK, STRICT, build_book
from .test_strict_build import small_book

sys.path.insert(0, str(BOOK / "_ext"))
from pooling_book.quiz_source import QuizError, parse_quiz, quiz_markdown

SOUND = r"""
- question: |
    The largest of *three* numbers, `1`, {glue:text}`two` and 3,
    as {ref}`chapter` has it?
  check: max(1, 2, 3) == math.prod([1, 3]) == np.max([1, 2, 3])
  answers:
    - text: $\frac{2}{1}$
      why: "That is in the middle: $\\frac{2}{1} < 3$. See {doc}`chapter`."
    - text: 3.0
      right: true
      why: It is $\lfloor 3.5 \rfloor$.
    - text: no
      why: One of them is.
- question: A line that is much too long for a phone, of which `some_code_is_too[long, to, wrap]`?
  answers:
    - text: |
        Yes: it wraps.
      right: true
      why: Within the *page*.
    - text: It is cut off.
      why: Then it could not be read.
    - text: The page scrolls to $\underbrace{1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1}_{12}$.
      why: Only a formula does, such as $1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10 + 11 + 12 + 13$.
"""

TEXT = f"""(chapter)=
## A section

```{{quiz}}
{SOUND.strip()}
```
"""

QUESTION = """- question: Which is the largest?
  answers:
    - text: one
      why: It is the smallest.
    - text: two
      why: It is in the middle.
    - text: three
      right: true
      why: It is.
"""


def test_a_sound_quiz_is_read() -> None:
    """Texts stay as written, whatever YAML makes of 3.0 and no; lines become one."""
    first, second = parse_quiz(SOUND.lstrip("\n"))
    assert first.question.source == (
        "The largest of *three* numbers, `1`, {glue:text}`two` and 3, as {ref}`chapter` has it?"
    )
    assert [answer.text.source for answer in first.answers] == [r"$\frac{2}{1}$", "3.0", "no"]
    assert [answer.right for answer in first.answers] == [False, True, False]
    assert [answer.verdict for answer in first.answers] == ["Not so.", "Right.", "Not so."]
    assert first.answers[0].why.source.startswith(r"That is in the middle: $\frac{2}{1} < 3$.")
    assert (first.question.line, first.answers[1].text.line) == (1, 7)
    assert first.check is not None and second.check is None


@pytest.mark.parametrize(
    ("before", "after", "line", "message"),
    [
        ("largest?", "largest: 1?", 1, "question 1: not YAML: mapping values are not allowed here"),
        ("- question: Which is the largest?\n", "", 1, "no questions; the content is a YAML list"),
        ("      right: true\n", "", 3, "right answers: none; it needs exactly one"),
        ("It is.", "It is.\n    - {text: 3, why: It is., right: true}", 3, "right answers: 2;"),
        ("      why: It is in the middle.\n", "", 5, "answer B (two): 'why' is missing"),
        ("It is in the middle.", "''", 6, "answer B (two): 'why' is empty"),
        ("It is in the middle.", "[a, b]", 6, "answer B (two): 'why' is not a text"),
        ("    - text: two\n      why: It is in the middle.\n", "", 3, "too few answers (2);"),
        ("  answers:", "  hint: none\n  answers:", 2, "unknown key 'hint'"),
        ("why: It is in", "because: It is in", 6, "unknown key 'because'"),
        ("      right: true", "      right: yes", 8, "'right' is neither true nor false"),
        ("text: two", "text: two\n      text: 2", 6, "the key 'text' stands twice"),
        ("  answers:", "  check: 1 +\n  answers:", 2, "'check' is not a Python expression"),
        ("  answers:\n", "  answers: one\n  more:\n", 2, "'answers' is not a list of answers"),
        ("- question: Which is the largest?", "- answer: no", 1, "'question' is missing"),
        (QUESTION, "- Which is it?\n", 1, "expected the keys question, check, answers"),
    ],
)
def test_a_fault_is_named_with_its_place(before: str, after: str, line: int, message: str) -> None:
    """Each fault names its line and question; the second question is as wrong as the first."""
    assert before in QUESTION
    broken = QUESTION.replace(before, after)
    with pytest.raises(QuizError) as caught:
        parse_quiz(broken)
    faults = {number + 1: text for number, text in reversed(caught.value.faults)}
    assert message in " | ".join(t for n, t in caught.value.faults if n + 1 == line), faults
    if "no questions" in message:
        return
    with pytest.raises(QuizError, match="question 2"):
        parse_quiz(QUESTION + broken)


def test_all_faults_are_reported_at_once() -> None:
    """An author need not build the book once for each fault."""
    broken = QUESTION.replace("      right: true\n", "")
    with pytest.raises(QuizError) as caught:
        parse_quiz(broken + QUESTION.replace("why: It is.", "why: ''"))
    assert [number + 1 for number, _ in caught.value.faults] == [3, 17]


def test_a_fault_stops_the_build(tmp_path: Path) -> None:
    """The strict build fails, and names the page, the line and the question."""
    broken = QUESTION.replace("      why: It is in the middle.\n", "")
    book = small_book(tmp_path, text=f"```{{quiz}}\n{broken}```")
    lines = (book / "book" / "chapter.md").read_text(encoding="utf-8").splitlines()
    place = lines.index("    - text: two") + 1
    result = build_book(book)
    assert result.returncode != 0
    assert f"chapter.md:{place}: WARNING: quiz, question 1 (Which is the largest?)" in result.stdout
    assert "answer B (two): 'why' is missing" in result.stdout


def test_the_notebook_gets_markdown() -> None:
    """Question, lettered answers, and the explanations folded away."""
    assert quiz_markdown(parse_quiz(QUESTION)) == (
        "**Question 1.** Which is the largest?\n\n"
        "* **A.** one\n* **B.** two\n* **C.** three\n\n"
        "<details><summary>Answers to question 1</summary>\n\n"
        "* **A. Not so.** It is the smallest.\n* **B. Not so.** It is in the middle.\n"
        "* **C. Right.** It is.\n\n</details>"
    )


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a built book of one page, which has a quiz of two questions."""
    code = 'from myst_nb import glue\nglue("two", 2, display=False)'
    folder = small_book(tmp_path_factory.mktemp("quiz"), code=code, text=TEXT)
    result = build_book(folder, *STRICT)
    assert result.returncode == 0, result.stdout[-3000:]
    return folder


Opener = Callable[..., Any]

BUTTONS = "fieldset input"


@pytest.fixture
def quiz(browser: Any, small: Path) -> Iterator[Opener]:
    """Open the page with the quiz; ``quiz(width=..., colours=..., script=...)``."""
    contexts = []

    def open_page(width: int = 1280, colours: str = "light", script: bool = True) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=colours,
            java_script_enabled=script,
        )
        contexts.append(context)
        context.route(re.compile("^https?:"), lambda route: route.abort())
        page = context.new_page()
        page.goto((small / "_build" / "html" / "book" / "chapter.html").as_uri())
        if script:
            page.wait_for_selector("mjx-container", state="attached", timeout=20_000)
            page.evaluate("MathJax.startup.promise")
        return page

    yield open_page
    for context in contexts:
        context.close()


def explained(page: Any) -> list[str]:
    """Return the verdicts of the explanations that can be seen."""
    # Playwright reads them from outside of the page, with JavaScript off, too.
    whys = page.locator(".quiz-why")
    return [
        whys.nth(index).locator("strong").first.text_content()
        for index in range(whys.count())
        if whys.nth(index).is_visible() and whys.nth(index).bounding_box()["height"] > 15
    ]


def test_the_page_has_named_groups_of_buttons(quiz: Opener) -> None:
    """Each question is a group with a name; each button has a label; roles were resolved."""
    page = quiz()
    for number in (1, 2):
        group = page.get_by_role("group", name=re.compile(rf"^{number}\."))
        assert group.get_by_role("radio").count() == 3
    assert page.locator("legend").first.is_visible()
    legend = page.locator("legend").first.inner_text()
    assert legend == "1. The largest of three numbers, 1, 2 and 3, as A section has it?"
    assert page.locator("legend em, legend code, legend a").count() == 4
    assert page.get_by_role("radio", name="B. 3.0", exact=True).count() == 1
    assert explained(page) == []


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_choice_by_keyboard_is_explained(quiz: Opener, script: bool) -> None:
    """Space and arrow keys choose; only the chosen answer of a question is explained."""
    page = quiz(script=script)
    page.locator(BUTTONS).nth(0).focus()
    page.keyboard.press("Space")
    assert explained(page) == ["Not so."]
    page.keyboard.press("ArrowDown")
    assert explained(page) == ["Right."]
    page.keyboard.press("Tab")
    if script:
        page.keyboard.press("Tab")  # past the formula in the explanation, which has a menu
    page.keyboard.press("Space")
    assert explained(page) == ["Right.", "Right."]
    assert page.locator(BUTTONS).nth(3).is_checked()


def test_a_label_can_be_pressed(quiz: Opener) -> None:
    """With a pointer, the text of an answer chooses it; its target is large enough."""
    page = quiz(width=390)
    label = page.locator("label", has_text="3.0")
    label.click()
    assert explained(page) == ["Right."]
    boxes = page.locator(".pooling-quiz label").evaluate_all(
        "all => all.map(label => label.getBoundingClientRect().height)"
    )
    assert min(boxes) >= 24


def test_screen_readers_hear_the_explanation_and_the_count(quiz: Opener) -> None:
    """Both stand in live regions, and nowhere else for the keyboard to stumble over."""
    page = quiz()
    spoken = page.locator(".quiz-spoken")
    assert spoken.get_attribute("aria-live") == "polite"
    assert spoken.text_content() == ""
    page.locator(BUTTONS).nth(0).check()
    assert spoken.text_content().startswith("Not so. That is in the middle:")
    assert spoken.locator("a, [tabindex]").count() == 0
    assert spoken.locator("math").count() == 1
    count = page.get_by_role("status").locator("visible=true")
    page.locator(BUTTONS).nth(3).check()
    assert count.inner_text() == "1 of 2 right."
    page.locator(BUTTONS).nth(1).check()
    assert count.inner_text() == "2 of 2 right."
    assert spoken.text_content().startswith("Right. It is")


def test_formulas_in_hidden_explanations_are_typeset(quiz: Opener) -> None:
    """A formula has its size before it is shown, and the same one afterwards."""
    page = quiz()
    size = "all => all.map(box => [box.offsetWidth, box.offsetHeight])"
    formulas = page.locator(".pooling-quiz .math mjx-container")
    assert formulas.count() == page.locator(".pooling-quiz .math").count() == 5
    before = formulas.evaluate_all(size)
    assert all(width > 5 and height > 5 for width, height in before)
    page.locator(BUTTONS).nth(0).check()
    assert formulas.evaluate_all(size) == before


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("chosen", [(), (0, 3), (1, 5)], ids=["none", "wrong", "right"])
def test_axe_finds_no_fault_in_a_quiz(quiz: Opener, colours: str, chosen: tuple[int, ...]) -> None:
    """Contrast, names and roles, with and without explanations; on a phone nothing sticks out."""
    page = quiz(width=390, colours=colours)
    for index in chosen:
        page.locator(BUTTONS).nth(index).check()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.evaluate(
        importlib.resources.files("axe_playwright_python").joinpath("axe.min.js").read_text()
    )
    report = page.evaluate("axe.run('.pooling-quiz')")
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in report["violations"]] == []


def test_a_quiz_prints_with_its_explanations(quiz: Opener) -> None:
    """On paper each answer is followed by its explanation; there is no count."""
    page = quiz()
    for index in (0, 3):
        page.locator(BUTTONS).nth(index).check()
    page.emulate_media(media="print")
    verdicts = ["Not so.", "Right.", "Not so.", "Right.", "Not so.", "Not so."]
    assert explained(page) == verdicts
    assert not page.locator(".quiz-count").is_visible()


def test_other_formats_get_lists(small: Path) -> None:
    """A text file has questions, answers and explanations."""
    result = build_book(small, *STRICT, "--builder", "custom", "--custom-builder", "text")
    assert result.returncode == 0, result.stdout[-3000:]
    text = (small / "_build" / "text" / "book" / "chapter.txt").read_text(encoding="utf-8")
    text = " ".join(text.split())
    assert "1. The largest of *three* numbers" in text
    assert "2. 3.0 **Right.** It is" in text
    assert "3. no **Not so.** One of them is." in text


def test_a_page_without_a_quiz_loads_nothing_for_it(small: Path) -> None:
    """The style sheet and the script come with a quiz only."""
    site = small / "_build" / "html"
    assert "quiz.js" in (site / "book" / "chapter.html").read_text(encoding="utf-8")
    assert "quiz." not in (site / "search.html").read_text(encoding="utf-8")


#: The quizzes of the book: chapter, and the content of its directive.
QUIZZES = [
    (path, body)
    for path in sorted(BOOK.glob("*.md"))
    for body in re.findall(
        r"^```\{quiz\}\n(.*?)^```", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
]


@pytest.mark.parametrize(("chapter", "body"), QUIZZES, ids=[path.stem for path, _ in QUIZZES])
def test_the_checks_of_a_quiz_are_true(chapter: Path, body: str) -> None:
    """What an author computed to find the right answer holds."""
    for number, question in enumerate(parse_quiz(body), start=1):
        if question.check is not None:
            value = eval(question.check.source, {"math": math, "np": np})
            place = f"{chapter.name}, question {number}: {question.check.source}"
            assert isinstance(value, (bool, np.bool_)), place
            assert value, place


#: The errata have code and ask nothing.
WITH_CODE = [
    path
    for path in sorted(BOOK.glob("*.md"))
    if "{code-cell}" in path.read_text(encoding="utf-8") and path.stem != "errata"
]


@pytest.mark.parametrize("chapter", WITH_CODE, ids=lambda path: path.stem)
def test_a_chapter_ends_with_a_quiz(chapter: Path) -> None:
    """Its last section asks five questions or more; the right answer has no favourite place."""
    bodies = [body for path, body in QUIZZES if path == chapter]
    assert len(bodies) == 1
    sections = re.findall(r"^## (.*)$", chapter.read_text(encoding="utf-8"), re.MULTILINE)
    assert sections[-1] == "Quiz"
    questions = parse_quiz(bodies[0])  # sees to it that every answer is explained
    assert len(questions) >= 5
    for question in questions:
        for answer in question.answers:
            assert len(answer.why.source.split()) >= 3, answer.text.source
        texts = [answer.text.source for answer in question.answers]
        assert len(set(texts)) == len(texts)
    places = [[answer.right for answer in question.answers].index(True) for question in questions]
    assert max(places.count(place) for place in places) <= len(questions) * 2 / 3
