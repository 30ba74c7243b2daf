"""Sphinx extension of this book: strict builds, local files only, repaired pages.

Each module does one job and has its own ``setup``; ``_config.yml`` loads this package.
"""

from __future__ import annotations

from sphinx.application import Sphinx

from pooling_book import front_page, local_mathjax, notebooks, page_repairs, strict, style

__all__ = ["setup"]


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
    for part in (strict, style, local_mathjax, notebooks, page_repairs, front_page):
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
