"""Offer each chapter as a notebook to download."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jupytext
from docutils import nodes
from myst_nb.core.variables import format_plain_text
from sphinx.application import Sphinx

#: A number that the page inserts into its text: {glue:text}`name` or {glue:text}`name:.1f`.
GLUED = re.compile(r"\{glue:text\}`(?P<name>\w+)(?::(?P<format>[^`]*))?`")


def insert_numbers(text: str, glued: dict[str, Any]) -> str:
    """Replace the roles that insert computed values by the values.

    Outside the book nothing understands these roles, and the sentences would lose their numbers.

    Parameters
    ----------
    text : str
        Markdown text of a cell.
    glued : dict
        What the chapter's code glued: a notebook output for each name.

    Returns
    -------
    str
        The text with the values of the last build in it.
    """

    def value(match: re.Match[str]) -> str:
        plain = glued[match["name"]]["data"]["text/plain"]
        return format_plain_text(plain, match["format"] or "")

    return GLUED.sub(value, text)


def offer_notebook(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Write the page's ``.ipynb`` beside its source and let the theme link to it.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    pagename : str
        The page, such as ``"book/what-is-pooling"``.
    templatename : str
        The template in use (unused).
    context : dict
        The template's variables; ``ipynb_source`` is set for a page with code.
    doctree : docutils.nodes.document or None
        The page's content; None for generated pages such as the search.
    """
    if doctree is None or app.builder.format != "html":
        return
    source = Path(app.env.doc2path(pagename))
    if source.suffix != ".md" or "{code-cell}" not in source.read_text(encoding="utf-8"):
        return
    # myst-nb leaves what a chapter glued here, beside the outputs of its cells.
    record = Path(app.outdir).parent / "jupyter_execute" / f"{pagename}.glue.json"
    glued = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    notebook = jupytext.read(source, fmt="md:myst")
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = insert_numbers(cell.source, glued)
    target = Path(app.outdir, "_sources", pagename).with_suffix(".ipynb")
    target.parent.mkdir(parents=True, exist_ok=True)
    jupytext.write(notebook, target, fmt="ipynb")
    context["ipynb_source"] = f"{pagename}.ipynb"


def setup(app: Sphinx) -> None:
    """Register the notebook downloads.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    """
    # Before the theme's handlers (500 and 501) that make the header's buttons.
    app.connect("html-page-context", offer_notebook, priority=400)
