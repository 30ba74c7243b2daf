"""The directive ``quiz``: questions with answers to choose, each of which is explained.

:mod:`pooling_book.quiz_source` reads and checks the YAML. Here it becomes nodes, and these become
radio buttons: a style sheet shows the explanation of the chosen answer, so that a quiz needs no
script. A script adds what a style sheet cannot do: a count, and words for screen readers.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from pooling_book.quiz_source import Question, QuizError, Text, lettered, parse_quiz

LOGGER = logging.getLogger(__name__)


class Quiz(nodes.General, nodes.Element):
    """A quiz; ``name`` is its own in the page. Its children are questions."""


class QuizQuestion(nodes.General, nodes.Element):
    """A question; ``name`` and ``number``. Its children are the prompt and the answers."""


class QuizPrompt(nodes.General, nodes.TextElement):
    """What is asked."""


class QuizAnswer(nodes.General, nodes.Element):
    """An answer. Its children are its text and its explanation."""


class QuizText(nodes.General, nodes.TextElement):
    """What can be chosen; ``name`` of the question, ``letter`` and ``right``."""


class QuizWhy(nodes.General, nodes.TextElement):
    """Why an answer is right or wrong; begins with the verdict."""


class QuizDirective(SphinxDirective):
    """Read a quiz; its faults are warnings, and so errors of a strict build."""

    has_content = True

    def line(self, line: int) -> int:
        """Return the page's line, counted from 1, for a line of the content, counted from 0."""
        return self.lineno + 1 + self.content_offset + line

    def inline(self, text: Text) -> list[nodes.Node]:
        """Parse inline Markdown."""
        # The parser adds one to the line.
        found, messages = self.state.inline_text(text.source, self.line(text.line) - 1)
        return [*found, *messages]

    def question(self, question: Question, number: int, quiz: str) -> QuizQuestion:
        """Turn one question into nodes."""
        name = f"{quiz}-{number}"
        node = QuizQuestion(name=name, number=number)
        node += QuizPrompt("", "", *self.inline(question.question))
        for letter, answer in lettered(question):
            text = QuizText("", "", *self.inline(answer.text))
            text.attributes.update(name=name, letter=letter, right=answer.right)
            verdict = nodes.strong("", answer.verdict)
            why = QuizWhy("", "", verdict, nodes.Text(" "), *self.inline(answer.why))
            node += QuizAnswer("", text, why, right=answer.right)
        return node

    def run(self) -> list[nodes.Node]:
        """Return the quiz, or nothing if it has faults."""
        try:
            questions = parse_quiz("\n".join(self.content))
        except QuizError as error:
            for line, message in error.faults:
                LOGGER.warning(message, location=(self.env.docname, self.line(line)))
            return []
        name = f"quiz-{self.env.new_serialno('quiz') + 1}"
        quiz = Quiz(name=name)
        quiz.extend(self.question(each, n, name) for n, each in enumerate(questions, start=1))
        return [quiz]


class PlainQuiz(SphinxPostTransform):
    """Outside HTML, turn a quiz into a list of questions, answers and explanations."""

    default_priority = 400

    def run(self, **kwargs: Any) -> None:
        """Replace every quiz, unless the pages are HTML."""
        if self.app.builder.format == "html":
            return
        for quiz in list(self.document.findall(Quiz)):
            quiz.replace_self(plain_quiz(quiz))


def plain_quiz(quiz: Quiz) -> nodes.enumerated_list:
    """Turn a quiz into lists.

    Parameters
    ----------
    quiz : Quiz
        The quiz; its inline nodes are moved.

    Returns
    -------
    docutils.nodes.enumerated_list
        The questions; in each the lettered answers, each with its explanation.
    """
    questions = nodes.enumerated_list("", enumtype="arabic", prefix="", suffix=".")
    for question in quiz.children:
        prompt, *answers = question.children
        letters = nodes.enumerated_list("", enumtype="upperalpha", prefix="", suffix=".")
        for answer in answers:
            letters += nodes.list_item(
                "", *(nodes.paragraph("", "", *part.children) for part in answer.children)
            )
        questions += nodes.list_item("", nodes.paragraph("", "", *prompt.children), letters)
    return questions


def visit_quiz(translator: Any, node: Quiz) -> None:
    """Open a quiz."""
    translator.body.append('<div class="pooling-quiz">\n')


def depart_quiz(translator: Any, node: Quiz) -> None:
    """Close a quiz. The script fills both paragraphs; screen readers speak what they get."""
    translator.body.append(
        '<p class="quiz-count" role="status"></p>\n'
        '<div class="quiz-spoken" aria-live="polite"></div>\n</div>\n'
    )


def visit_question(translator: Any, node: QuizQuestion) -> None:
    """Open a question."""
    translator.body.append(f'<fieldset id="{node["name"]}">\n')


def depart_question(translator: Any, node: QuizQuestion) -> None:
    """Close a question."""
    translator.body.append("</fieldset>\n")


def visit_prompt(translator: Any, node: QuizPrompt) -> None:
    """Open what is asked."""
    number = node.parent["number"]
    translator.body.append(f'<legend><span class="quiz-number">{number}.</span> ')


def depart_prompt(translator: Any, node: QuizPrompt) -> None:
    """Close what is asked."""
    translator.body.append("</legend>\n")


def visit_answer(translator: Any, node: QuizAnswer) -> None:
    """Open an answer."""
    kind = "quiz-right" if node["right"] else "quiz-wrong"
    translator.body.append(f'<div class="quiz-answer {kind}">')


def depart_answer(translator: Any, node: QuizAnswer) -> None:
    """Close an answer."""
    translator.body.append("</div>\n")


def visit_text(translator: Any, node: QuizText) -> None:
    """Open what can be chosen: the button stands before its label, so a style sheet can see it."""
    name, letter = escape(node["name"]), node["letter"]
    # Without "off", Firefox restores choices when a page is loaded again.
    translator.body.append(
        f'<input type="radio" name="{name}" value="{letter}" id="{name}-{letter}" '
        f'autocomplete="off"><label for="{name}-{letter}">'
        f'<span class="quiz-letter">{letter}.</span> '
    )


def depart_text(translator: Any, node: QuizText) -> None:
    """Close what can be chosen."""
    translator.body.append("</label>")


def visit_why(translator: Any, node: QuizWhy) -> None:
    """Open an explanation."""
    translator.body.append('<div class="quiz-why">')


def depart_why(translator: Any, node: QuizWhy) -> None:
    """Close an explanation."""
    translator.body.append("</div>")


Visitor = Callable[[Any, Any], None]

VISITORS: dict[type[nodes.Element], tuple[Visitor, Visitor]] = {
    Quiz: (visit_quiz, depart_quiz),
    QuizQuestion: (visit_question, depart_question),
    QuizPrompt: (visit_prompt, depart_prompt),
    QuizAnswer: (visit_answer, depart_answer),
    QuizText: (visit_text, depart_text),
    QuizWhy: (visit_why, depart_why),
}


def load_where_used(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Add the style sheet and the script to a page that contains a quiz.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    pagename, templatename, doctree
        As Sphinx's ``html-page-context`` passes them (unused).
    context : dict
        The template's variables.
    """
    if '<div class="pooling-quiz">' in context.get("body", ""):
        # Sphinx forgets both before it writes the next page.
        app.add_css_file("quiz.css", priority=900)
        app.add_js_file("quiz.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    """Register the directive, its nodes and its files, which lie in ``static/``.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    """
    app.add_directive("quiz", QuizDirective)
    for node, visitors in VISITORS.items():
        app.add_node(node, html=visitors)
    app.add_post_transform(PlainQuiz)
    app.connect("html-page-context", load_where_used)
