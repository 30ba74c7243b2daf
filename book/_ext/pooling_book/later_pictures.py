"""Let a browser fetch a picture when the reader comes near it, and keep its place until then.

A chapter of thirteen charts need not be fetched whole before its first paragraph can be read. Each
picture gets its width and height, so that the text below it does not jump when it arrives.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from docutils import nodes
from PIL import Image, UnidentifiedImageError
from sphinx.application import Sphinx

IMG = re.compile(r"<img\s[^>]*>")
SRC = re.compile(r'\ssrc="([^"]*)"')
HAS_SIZE = re.compile(r"\s(?:width|height|style)=")
HAS_LOADING = re.compile(r"\sloading=")

Size = tuple[int, int]


def size_of(path: Path) -> Size | None:
    """Return a picture's width and height in pixels, or None for what has none, such as SVG."""
    try:
        with Image.open(path) as picture:
            return picture.size
    except (OSError, UnidentifiedImageError):
        return None


def fetched_when_near(body: str, size: Callable[[str], Size | None]) -> str:
    """Give the pictures of a page their size, and let all but the first wait.

    The first stands near the top, where waiting for it would only be seen.

    Parameters
    ----------
    body : str
        HTML of the page's text.
    size : callable
        From the address of a picture to its width and height in pixels, or None if unknown.

    Returns
    -------
    str
        The same HTML with more attributes.
    """
    seen = 0

    def with_attributes(found: re.Match[str]) -> str:
        nonlocal seen
        seen += 1
        tag = found[0]
        source = SRC.search(tag)
        more = ""
        if source and not HAS_SIZE.search(tag) and (known := size(source[1])):
            more += f' width="{known[0]}" height="{known[1]}"'
        if seen > 1 and not HAS_LOADING.search(tag):
            more += ' loading="lazy"'
        return "<img" + more + tag[len("<img") :]

    return IMG.sub(with_attributes, body)


def mark_pictures(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Apply :func:`fetched_when_near` to a page.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    pagename, templatename, doctree
        As Sphinx's ``html-page-context`` passes them (unused).
    context : dict
        The template's variables; ``body`` is changed.
    """
    if app.builder.format != "html" or "<img" not in context.get("body", ""):
        return
    # From the name in the site's folder of pictures to the file that will be copied there.
    files = {name: Path(app.srcdir, path) for path, name in app.builder.images.items()}

    def size(address: str) -> Size | None:
        file = files.get(posixpath.basename(unquote(address)))
        return size_of(file) if file else None

    context["body"] = fetched_when_near(context["body"], size)


def setup(app: Sphinx) -> None:
    """Register the attributes.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    """
    app.connect("html-page-context", mark_pictures)
