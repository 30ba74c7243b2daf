"""Sphinx extension of this book: strict builds, local files only, repaired pages.

Each module does one job and has its own ``setup``; ``_config.yml`` loads this package.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from sphinx.application import Sphinx

from pooling_book import (
    chapter_checks,
    exercises,
    front_page,
    later_pictures,
    light_icons,
    light_pictures,
    local_mathjax,
    notebooks,
    page_repairs,
    parallel_execution,
    playground,
    quiz,
    sidebars,
    strict,
    style,
)

__all__ = ["setup"]


def digest() -> str:
    """Return a digest of this package's own files.

    Returns
    -------
    str
        Hexadecimal SHA-256 of the modules, the style sheet and the script.
    """
    kinds = {".py", ".css", ".js"}
    files = sorted(p for p in Path(__file__).parent.rglob("*") if p.suffix in kinds)
    return hashlib.sha256(b"".join(p.read_bytes() for p in files)).hexdigest()


def setup(app: Sphinx) -> dict[str, bool | str]:
    """Register every part of the extension with Sphinx.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.

    Returns
    -------
    dict
        Sphinx's extension metadata.
    """
    # Sphinx does not notice a change in an extension. As a setting that pages
    # depend on, the digest makes it read and write all pages anew when one of these files changed;
    # no code cell runs again.
    app.add_config_value("pooling_book_digest", digest(), "env", str)
    parts = (
        strict,
        style,
        parallel_execution,
        local_mathjax,
        playground,
        quiz,
        chapter_checks,
        exercises,
        notebooks,
        page_repairs,
        light_icons,
        light_pictures,
        later_pictures,
        front_page,
        sidebars,
    )
    for part in parts:
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
