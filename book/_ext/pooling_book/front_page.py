"""Write the ``index.html`` that leads to the book's first page."""

from __future__ import annotations

import html
from pathlib import Path

from sphinx.application import Sphinx

PAGE = """<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="refresh" content="0; url={url}">
    <title>{title}</title>
  </head>
  <body>
    <main>
      <h1>{title}</h1>
      <p><a href="{url}">Start here</a></p>
    </main>
  </body>
</html>
"""


def write_index(app: Sphinx, exception: Exception | None) -> None:
    """Replace the bare redirect of ``sphinx_external_toc`` by a page a person can use.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    exception : Exception or None
        What stopped the build, if anything did.
    """
    if exception is not None or app.builder.name != "html" or app.config.root_doc == "index":
        return
    page = PAGE.format(
        url=html.escape(app.builder.get_target_uri(app.config.root_doc)),
        title=html.escape(app.config.html_title),
    )
    Path(app.outdir, "index.html").write_text(page, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register the front page.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    """
    # After `sphinx_external_toc` (500), which writes a redirect without a title or a language.
    app.connect("build-finished", write_index, priority=900)
