"""Read the YAML of a quiz, and check it.

A quiz is a list of questions; each has 3 answers or more, exactly one of them right, and each
answer says why it is right or wrong::

    - question: |
        What is the largest of 1, 2 and 3?
      check: max(1, 2, 3) == 3
      answers:
        - text: "3"
          right: true
          why: It is larger than the other two.
        - text: "1"
          why: That is the smallest.
        - text: "2"
          why: That is the middle one.

Nothing here needs Sphinx: the page, the downloaded notebook and the tests read quizzes alike.
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

LETTERS = string.ascii_uppercase

#: What a reader is told of an answer, in words, as colour is not for everyone.
RIGHT, WRONG = "Right.", "Not so."

MINIMUM = 3


@dataclass(frozen=True)
class Text:
    """Inline Markdown and the line, counted from 0 in the quiz, where it begins."""

    source: str
    line: int


@dataclass(frozen=True)
class Answer:
    """One answer to choose."""

    text: Text
    why: Text
    right: bool

    @property
    def verdict(self) -> str:
        """The word with which the explanation begins."""
        return RIGHT if self.right else WRONG


@dataclass(frozen=True)
class Question:
    """A question, its answers, and a Python expression that must be true (or none)."""

    question: Text
    answers: tuple[Answer, ...]
    check: Text | None


@dataclass
class Faults:
    """What is wrong with a quiz: line, counted from 0 in the quiz, and message."""

    found: list[tuple[int, str]] = field(default_factory=list)

    def add(self, node: yaml.Node, where: str, message: str) -> None:
        """Note a fault at a place of the YAML."""
        self.found.append((node.start_mark.line, f"quiz, {where}: {message}"))


class QuizError(ValueError):
    """A quiz with faults; ``faults`` lists ``(line, message)``, the line counted from 0."""

    def __init__(self, faults: list[tuple[int, str]]) -> None:
        super().__init__("\n".join(f"line {line + 1}: {message}" for line, message in faults))
        self.faults = faults


def fields(
    node: yaml.Node, where: str, known: tuple[str, ...], faults: Faults
) -> dict[str, yaml.Node]:
    """Return a mapping's values by key; note keys that are unknown or repeated."""
    if not isinstance(node, yaml.MappingNode):
        faults.add(node, where, f"expected the keys {', '.join(known)}")
        return {}
    result: dict[str, yaml.Node] = {}
    for key, value in node.value:
        name = str(key.value)
        if name not in known:
            faults.add(key, where, f"unknown key '{name}'; known are {', '.join(known)}")
        elif name in result:
            faults.add(key, where, f"the key '{name}' stands twice")
        else:
            result[name] = value
    return result


def read_text(
    keys: dict[str, yaml.Node], name: str, parent: yaml.Node, where: str, faults: Faults
) -> Text:
    """Return a text that must be there, on one line."""
    node = keys.get(name)
    if node is None:
        faults.add(parent, where, f"'{name}' is missing")
        return Text("", 0)
    if not isinstance(node, yaml.ScalarNode):
        # An unquoted text that starts with [ or {, or has a colon and a space on a second line.
        faults.add(node, where, f"'{name}' is not a text; put it in quotes")
        return Text("", 0)
    source = " ".join(node.value.split())
    if not source:
        faults.add(node, where, f"'{name}' is empty")
    # The text of `|` and `>` begins on the line after.
    return Text(source, node.start_mark.line + (node.style in ("|", ">")))


def read_answer(node: yaml.Node, where: str, faults: Faults) -> Answer:
    """Read one answer."""
    keys = fields(node, where, ("text", "right", "why"), faults)
    if not keys:
        return Answer(Text("", 0), Text("", 0), False)
    text = read_text(keys, "text", node, where, faults)
    if text.source:
        where += f" ({text.source})"
    why = read_text(keys, "why", node, where, faults)
    right = keys.get("right")
    if right is not None and right.value not in ("true", "false"):
        faults.add(right, where, "'right' is neither true nor false")
    return Answer(text, why, right is not None and right.value == "true")


def read_check(
    keys: dict[str, yaml.Node], node: yaml.Node, where: str, faults: Faults
) -> Text | None:
    """Read a question's ``check``, where there is one."""
    if "check" not in keys:
        return None
    check = read_text(keys, "check", node, where, faults)
    try:
        compile(check.source or "True", "check", "eval")
    except SyntaxError as error:
        faults.add(keys["check"], where, f"'check' is not a Python expression: {error.msg}")
    return check


def read_question(node: yaml.Node, number: int, faults: Faults) -> Question:
    """Read one question."""
    where = f"question {number}"
    keys = fields(node, where, ("question", "check", "answers"), faults)
    if not keys:
        return Question(Text("", 0), (), None)
    question = read_text(keys, "question", node, where, faults)
    if question.source:
        where += f" ({question.source[:40]}{'…' if len(question.source) > 40 else ''})"
    check = read_check(keys, node, where, faults)
    listed = keys.get("answers")
    if not isinstance(listed, yaml.SequenceNode):
        faults.add(listed or node, where, "'answers' is not a list of answers")
        return Question(question, (), check)
    answers = tuple(
        read_answer(answer, f"{where}, answer {letter}", faults)
        for letter, answer in zip(LETTERS, listed.value, strict=False)
    )
    if len(answers) < MINIMUM:
        faults.add(listed, where, f"too few answers ({len(answers)}); it needs {MINIMUM}")
    right = sum(answer.right for answer in answers)
    if right != 1:
        faults.add(listed, where, f"right answers: {right or 'none'}; it needs exactly one")
    return Question(question, answers, check)


def parse_quiz(source: str) -> list[Question]:
    """Read and check the YAML of a quiz.

    Parameters
    ----------
    source : str
        The content of the directive.

    Returns
    -------
    list of Question
        The questions in their order.

    Raises
    ------
    QuizError
        If the text is not YAML or not a sound quiz; it lists every fault with its line.
    """
    try:
        # Composed, not loaded: nodes know their lines, and 3.0, no and 1_000 stay what they are.
        root = yaml.compose(source, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line if mark is not None else 0
        number = sum(
            text.startswith("- ") for text in source.splitlines()[: line + 1]
        )  # a question starts a line; what is inside one is indented
        problem = getattr(error, "problem", None) or str(error)
        message = f"quiz, question {number}: not YAML: {problem}. Quote texts that hold ': '"
        raise QuizError([(line, message)]) from error
    if not isinstance(root, yaml.SequenceNode) or not root.value:
        raise QuizError([(0, "quiz: no questions; the content is a YAML list of them")])
    faults = Faults()
    questions = [read_question(node, n, faults) for n, node in enumerate(root.value, start=1)]
    if faults.found:
        raise QuizError(faults.found)
    return questions


def lettered(question: Question) -> Iterator[tuple[str, Answer]]:
    """Yield a question's answers with their letters."""
    return zip(LETTERS, question.answers, strict=False)


def quiz_markdown(questions: list[Question]) -> str:
    """Write a quiz as Markdown that Jupyter shows, the explanations folded.

    Parameters
    ----------
    questions : list of Question
        The quiz.

    Returns
    -------
    str
        For each question its text, the lettered answers, and ``<details>`` that explain them.
    """
    parts = []
    for number, question in enumerate(questions, start=1):
        parts += [f"**Question {number}.** {question.question.source}", ""]
        parts += [f"* **{letter}.** {answer.text.source}" for letter, answer in lettered(question)]
        parts += ["", f"<details><summary>Answers to question {number}</summary>", ""]
        parts += [
            f"* **{letter}. {answer.verdict}** {answer.why.source}"
            for letter, answer in lettered(question)
        ]
        parts += ["", "</details>", ""]
    return "\n".join(parts).strip()
