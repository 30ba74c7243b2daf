"""Offer each chapter as a notebook to download."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jupytext
from docutils import nodes
from sphinx.application import Sphinx


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
    notebook = jupytext.read(source, fmt="md:myst")
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
