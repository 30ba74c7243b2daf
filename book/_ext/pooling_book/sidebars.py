"""Write all pages anew when the table of contents, which each shows in its sidebar, has changed.

Sphinx writes the pages whose own source has changed, and those that a change in ``_toc.yml`` moves.
All others would keep the old sidebar, and the old titles in their links to the next page.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def digest(app: Sphinx) -> str:
    """Return a digest of what sidebars show: the table of contents and the pages' titles."""
    toc = Path(app.srcdir, app.config.external_toc_path)
    titles = sorted((name, title.astext()) for name, title in app.env.titles.items())
    includes = sorted(app.env.toctree_includes.items())
    known = toc.read_bytes() if toc.is_file() else b""
    return hashlib.sha256(known + repr((titles, includes)).encode()).hexdigest()


def record(app: Sphinx) -> Path:
    """Return the file that holds the digest of the last build that was completed."""
    return Path(app.doctreedir, f"sidebars-{app.builder.name}.sha256")


def pages_with_old_sidebars(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Return the pages to be written besides those that Sphinx finds itself: none or all.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    env : BuildEnvironment
        Its environment, all pages read.

    Returns
    -------
    list of str
        Names of pages.
    """
    path = record(app)
    if app.builder.format != "html" or (path.is_file() and path.read_text() == digest(app)):
        return []
    return sorted(env.found_docs)


def keep_digest(app: Sphinx, exception: Exception | None) -> None:
    """Note what the sidebars show now.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    exception : Exception or None
        What stopped the build, if anything did: then there may be pages that were not written.
    """
    if exception is None and app.builder.format == "html":
        record(app).write_text(digest(app))


def setup(app: Sphinx) -> None:
    """Register both steps.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    """
    app.connect("env-updated", pages_with_old_sidebars)
    app.connect("build-finished", keep_digest)
