"""Load the playground's scripts on the pages that have one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

FOLDER = Path(__file__).parent / "playground"

#: In the order in which they need each other.
SCRIPTS = ("pooling.js", "python-lines.js", "playground.js")


def copy_scripts(app: Sphinx) -> None:
    """Copy the scripts into the site.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    """
    if app.builder.format != "html":
        return
    # Not through `html_static_path`: Jupyter Book loads every script that it finds in the book's
    # static folders on every page. Before the pages are written, as Sphinx adds a file's checksum
    # to its address.
    target = Path(app.outdir) / "_static" / "playground"
    target.mkdir(parents=True, exist_ok=True)
    for script in SCRIPTS:
        # Not Sphinx's `copy_asset`: some versions keep a file that is there already.
        shutil.copyfile(FOLDER / script, target / script)


def load_where_used(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Add the scripts to a page that contains the element.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    pagename, templatename, doctree
        As Sphinx's ``html-page-context`` passes them (unused).
    context : dict
        The template's variables.
    """
    if "<pooling-playground" not in context.get("body", ""):
        return
    for script in SCRIPTS:
        # Sphinx forgets scripts that are added in this event before it writes the next page.
        # "defer" keeps their order.
        app.add_js_file(f"playground/{script}", loading_method="defer")


def setup(app: Sphinx) -> None:
    """Register the playground.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    """
    app.connect("builder-inited", copy_scripts)
    app.connect("html-page-context", load_where_used)
