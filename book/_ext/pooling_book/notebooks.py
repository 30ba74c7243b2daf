"""Offer each chapter as a notebook to download."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from docutils import nodes
from myst_nb.core.variables import format_plain_text
from pybtex.database import Entry, parse_file
from pybtex.richtext import Text
from sphinx.application import Sphinx

from pooling_book.plain_markdown import Role, plain_markdown


def authors(entry: Entry) -> str:
    """Return a work's authors by last name, as in a sentence."""
    # The "rich" names come without TeX's braces and accents.
    last = [
        " ".join(map(str, [*person.rich_prelast_names, *person.rich_last_names]))
        for person in entry.persons["author"]
    ]
    if len(last) > 2:
        return f"{last[0]} et al."
    return " and ".join(last)


def figure_number(app: Sphinx, pagename: str, kind: str, target: str) -> str:
    """Return the number that Sphinx gave to a figure, table or equation, such as ``"1.2"``."""
    numbers = app.env.toc_fignumbers[pagename][kind][target]
    return ".".join(map(str, numbers))


def chapter_names(app: Sphinx, pagename: str, text: str) -> tuple[Role, list[str]]:
    """Look up what a chapter's roles stand for.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application, past its reading phase.
    pagename : str
        The chapter.
    text : str
        The chapter's source, searched for citations.

    Returns
    -------
    role : callable
        From a role's name and target to its text: ``role("numref", "fig-x") == "Figure 1.2"``.
    references : list of str
        The works that the chapter cites, one Markdown line each, in the order of their keys.
    """
    # myst-nb leaves what a chapter glued here, beside the outputs of its cells.
    record = Path(app.outdir).parent / "jupyter_execute" / f"{pagename}.glue.json"
    glued = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    labels = app.env.domaindata["std"]["labels"]
    anonymous = app.env.domaindata["std"]["anonlabels"]
    works: dict[str, Entry] = {}
    for name in app.config.bibtex_bibfiles:
        works.update(parse_file(str(Path(app.srcdir, name))).entries)

    def known(name: str, target: str) -> str:
        if name == "glue:text":
            key, _, form = target.partition(":")
            return format_plain_text(glued[key]["data"]["text/plain"], form)
        if name == "numref":
            kind = "table" if target.startswith("tab-") else "figure"
            page, place = anonymous[target][:2]  # perhaps in another chapter
            number = figure_number(app, page, kind, place)
            return f"{kind.capitalize()} {number}"
        if name == "eq":
            page = app.env.domaindata["math"]["objects"][target][0]
            return f"({figure_number(app, page, 'displaymath', f'equation-{target}')})"
        if name == "cite:t":
            return f"{authors(works[target])} ({works[target].fields['year']})"
        if name == "doc":
            page = str(Path(pagename).parent / target)
            return f"*{app.env.titles[page].astext()}*"
        if name == "term":
            return re.sub(r"\s*<[^>]*>$", "", target)
        if name == "ref":
            return f"*{labels[target][2]}*"
        raise KeyError(name)

    def role(name: str, target: str) -> str:
        try:
            return known(name, target)
        except KeyError:
            # A reference to nothing: Sphinx has warned of it by now, and the build will fail.
            return f"{{{name}}}`{target}`"

    cited = sorted(set(re.findall(r"\{cite:t\}`([^`]+)`", text)))
    references = [
        f"{authors(works[key]).rstrip('.')}. *{Text.from_latex(works[key].fields['title'])}*. "
        f"{works[key].fields['year']}."
        for key in cited
        if key in works
    ]
    return role, [" ".join(line.split()) for line in references]


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
    text = source.read_text(encoding="utf-8")
    if source.suffix != ".md" or "{code-cell}" not in text:
        return
    role, references = chapter_names(app, pagename, text)
    notebook = jupytext.reads(text, fmt="md:myst")
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = plain_markdown(cell.source, role)
    if references:
        lines = ["## References", "", *(f"* {line}" for line in references)]
        notebook.cells.append(nbformat.v4.new_markdown_cell("\n".join(lines)))
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
