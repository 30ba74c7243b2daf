"""Attacks on whoever looks at a submission: scripts in text and output, and tests that leak."""

from __future__ import annotations

import base64
import time
from html.parser import HTMLParser

import pytest
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_raw_cell
from traitlets.config import Config

from autograder.feedback import hide_tests, show_summary
from autograder.safe_html import markdown_to_safe_html
from autograder.workbench import Workbench
from tests.attacks import course
from tests.attacks.attack import LONGEST, honest, stock
from tests.attacks.course import SECRET
from tests.sandbox.shells import WarmShell

ALARM = "alarm4711()"


class Alarm(HTMLParser):
    """Looks for our script in a page, wherever a browser would run it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._script = tag in ("script", "style")
        for name, value in attrs:
            target = "".join((value or "").split()).lower()
            if ALARM in target and (name.startswith("on") or "script:" in target or
                                    name in ("srcdoc", "style", "data")):  # fmt: skip
                self.found.append(f"<{tag} {name}={value!r}>")
            if name in ("href", "src", "data") and target.startswith("data:text"):
                self.found.append(f"<{tag} {name}={value!r}>")

    def handle_endtag(self, tag: str) -> None:
        self._script = False

    def handle_data(self, data: str) -> None:
        if self._script and ALARM in data:
            self.found.append(f"<script>{data}")


def page(notebook: NotebookNode, *, safe: bool = True) -> str:
    """A notebook as the formgrader and the feedback show it."""
    config = Config()
    if safe:
        config.HTMLExporter.filters = {"markdown2html": markdown_to_safe_html}
    html, _ = HTMLExporter(config=config, template_name="classic").from_notebook_node(notebook)
    return str(html)


def alarms(html: str) -> list[str]:
    """Where the page would run our script."""
    alarm = Alarm()
    alarm.feed(html)
    return alarm.found


SCRIPT = f"<script>{ALARM}</script>"
BREAKOUT = f'x"><img src=x onerror="{ALARM}">'
PIXEL = base64.b64encode(b"\x89PNG").decode()


def publish(data: object, metadata: object = None) -> str:
    """A cell that publishes a display as it stands."""
    return f"get_ipython().display_pub.publish({data!r}, {metadata or {}!r})"


OUTPUTS = {
    "html": publish({"text/html": SCRIPT}),
    "html_handler": publish({"text/html": f"<b onclick='{ALARM}' onmouseover={ALARM}>x</b>"}),
    "html_link": publish({"text/html": f"<a href=' java&#10;script:{ALARM}'>x</a>"}),
    "html_frame": publish({"text/html": f"<iframe srcdoc='{SCRIPT}'></iframe>"}),
    "html_data": publish({"text/html": f"<a href='data:text/html,{SCRIPT}'>x</a>"}),
    "html_nested": publish({"text/html": f"<scr<script>ipt>{ALARM}</script>"}),
    "html_comment": publish({"text/html": f"<!--><img src=x onerror={ALARM}>-->"}),
    "html_mathml": publish(
        {"text/html": f"<math><mtext><table><mglyph><style><img src onerror={ALARM}>"}
    ),
    "javascript": publish({"application/javascript": ALARM}),
    "svg": publish({"image/svg+xml": f"<svg onload='{ALARM}'>{SCRIPT}</svg>"}),
    "png": publish({"image/png": BREAKOUT}),
    "jpeg": publish({"image/jpeg": BREAKOUT}),
    "png_width": publish({"image/png": PIXEL}, {"image/png": {"width": BREAKOUT}}),
    "png_alt": publish({"image/png": PIXEL}, {"image/png": {"alt": BREAKOUT}}),
    "markdown": publish({"text/markdown": SCRIPT}),
    "markdown_link": publish({"text/markdown": f"[x](javascript:{ALARM})"}),
    "latex": publish({"text/latex": f"$x$ {SCRIPT}"}),
    "plain": publish({"text/plain": SCRIPT}),
    "stream": f"print({SCRIPT!r})",
    "error": f"raise type({SCRIPT!r}, (Exception,), {{}})({SCRIPT!r})",
    "traceback": f"get_ipython()._showtraceback(Exception, {SCRIPT!r}, [{SCRIPT!r}])",
    "widget": publish(
        {"application/vnd.jupyter.widget-view+json": {"model_id": BREAKOUT}, "text/plain": "x"}
    ),
}
#: Those that run where nothing is done about them; this nbconvert sees to the others itself.
BITING = {
    *("html", "html_handler", "html_link", "html_frame", "html_data", "javascript"),
    *("png_width", "markdown", "markdown_link"),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_no_script_of_an_output_runs_in_a_page(
    name: str, bench: Workbench, shell: WarmShell, tmp_path_factory: pytest.TempPathFactory
) -> None:
    submitted = course.submission(first=[OUTPUTS[name]])
    graded = course.run(bench, submitted)
    assert alarms(page(graded.notebook)) == []
    if name in BITING:
        unprotected = stock(shell, submitted, tmp_path_factory.mktemp("stock"))
        assert alarms(page(unprotected, safe=False))


TEXTS = {
    "markdown": new_markdown_cell(SCRIPT),
    "markdown_handler": new_markdown_cell(f"<img src=x onerror='{ALARM}'>"),
    "markdown_link": new_markdown_cell(f"[x](<javascript:{ALARM}>)"),
    "markdown_attachment": new_markdown_cell(
        "![x](attachment:a.svg)", attachments={"a.svg": {"image/svg+xml": BREAKOUT}}
    ),
    "raw": new_raw_cell(SCRIPT),
    "raw_html": new_raw_cell(SCRIPT, metadata={"raw_mimetype": "text/html"}),
}
BITING_TEXTS = {"markdown", "markdown_handler"}


@pytest.mark.parametrize("name", TEXTS)
def test_no_script_of_a_text_runs_in_a_page(name: str, bench: Workbench) -> None:
    submitted = course.submission()
    submitted.cells.insert(0, TEXTS[name])
    assert alarms(page(course.run(bench, submitted).notebook)) == []
    assert name not in BITING_TEXTS or alarms(page(submitted, safe=False))


ODD = {
    "plain_number": publish({"text/plain": 5}),
    "plain_list": publish({"text/plain": ["a", 5]}),
    "plain_object": publish({"text/plain": {"a": 1}}),
    "html_object": publish({"text/html": {"a": 1}}),
    "half_pair": "print('\\ud800'); get_ipython().display_pub.publish({'text/plain': '\\udfff'})",
    "half_pair_in_source": "x = '\ud800'",
    "nul": "print('\\0')",
    "not_a_number": publish({"text/plain": "x", "application/json": {"a": float("inf")}}),
}


WRITTEN = {
    "missing_attachment": "![x](attachment:a.png) text",
    "many_brackets": "[" * 3000,
    "many_quotes": ">" * 3000 + " text",
    "many_tags": "<div>" * 3000,
    "many_stars": "*a_" * 3000,
    "half_pair": "\ud800",
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_page_can_be_made_of_any_text(name: str, bench: Workbench) -> None:
    submitted = course.submission()
    submitted.cells.insert(0, new_markdown_cell(WRITTEN[name]))
    start = time.monotonic()
    page(course.run(bench, submitted).notebook).encode()
    assert time.monotonic() - start < LONGEST


@pytest.mark.parametrize("name", ODD)
def test_a_page_can_be_made_of_any_output(name: str, bench: Workbench) -> None:
    """What nbconvert cannot show would stop it, for the instructor too."""
    graded = course.run(bench, course.submission(course.SOLUTIONS, first=[ODD[name]]))
    assert graded.score == sum(course.POINTS.values())
    page(graded.notebook).encode()


def feedback(notebook: NotebookNode) -> str:
    """A notebook as students see it, as text."""
    hide_tests(notebook)
    show_summary(notebook)
    return page(notebook)


RAISED = {
    "exception": "raise ValueError('mine')",
    "named_as_ours": "class CheckFailed(AssertionError): pass\n    raise CheckFailed('mine')",
    "system_exit": "raise SystemExit",
    "syntax_error": "raise SyntaxError('mine', ('<judged-5>', 3, 1, 'x'))",
    "keyboard": "raise KeyboardInterrupt",
    "group": "raise ExceptionGroup('mine', [ValueError(1)])",
    "hostile_text": "class Odd(Exception):\n        def __str__(self): raise SystemExit\n"
    "    raise Odd",
}


@pytest.mark.parametrize("name", RAISED)
def test_no_exception_shows_hidden_tests(name: str, bench: Workbench) -> None:
    answers = {f: f"def {f}(x):\n    {RAISED[name]}\n" for f in course.SOLUTIONS}
    graded = course.run(bench, course.submission(answers))
    assert graded.score == 0
    assert SECRET in str(graded.notebook)  # the instructor sees the tests
    assert SECRET not in feedback(graded.notebook)
    honest(bench)
