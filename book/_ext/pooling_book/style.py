"""Add the book's style sheet and the script that prints dark pages in light colours."""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx

STATIC = Path(__file__).parent / "static"


def add_static_folder(app: Sphinx) -> None:
    """Let Sphinx copy ``static/`` into the site's ``_static/``.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    """
    # Not in `_config.yml`: paths there are relative to a configuration folder that Jupyter Book
    # does not set.
    app.config.html_static_path.append(str(STATIC))


def setup(app: Sphinx) -> None:
    """Register the style sheet and the script.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    """
    app.connect("builder-inited", add_static_folder)
    # After the theme's own sheets (500), whose rules it repairs.
    app.add_css_file("pooling-book.css", priority=900)
    app.add_js_file("print-in-light.js", loading_method="defer")
