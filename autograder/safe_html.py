"""What a student wrote or displayed, on the pages that others open.

The formgrader and the feedback show submissions in a browser, the formgrader's with the
instructor's rights: a script in a student's text or output could change grades there. So HTML is
reduced to what a text needs, and what cannot be is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any

import bleach
from nbconvert.filters import markdown2html
from nbformat import NotebookNode

_TEXT = "a abbr b br code del em i img ins kbd s samp small span strong sub sup tt u var"
_BLOCKS = "blockquote details div h1 h2 h3 h4 h5 h6 hr p pre summary"
_LISTS = "dd dl dt li ol ul"
_TABLES = "caption col colgroup table tbody td tfoot th thead tr"
TAGS = frozenset(" ".join((_TEXT, _BLOCKS, _LISTS, _TABLES)).split())
ATTRIBUTES = {
    "*": ["class", "title"],
    "a": ["href"],
    "img": ["alt", "src", "width", "height"],
    "td": ["align", "colspan", "rowspan"],
    "th": ["align", "colspan", "rowspan", "scope"],
}
#: Pictures come as data; nothing is fetched from elsewhere, which would tell who looks.
PROTOCOLS = frozenset({"data", "http", "https", "mailto"})

#: Characters of a Markdown cell, pictures in it not counted, and elements inside one another.
#: Beyond these the parsers take minutes, and a text is shown as it was written.
LONGEST_TEXT = 20_000
DEEPEST = 100

_PICTURE = re.compile(r"data:image/\w+;base64,[A-Za-z0-9+/=]+")
_TAG = re.compile(r"<(/?)([a-zA-Z]+)")
# These are never open one inside another, or not open at all.
_FLAT = frozenset(
    "br col dd dt hr img li option p tbody td tfoot th thead tr wbr".split()  # noqa: SIM905
)

_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
_IMAGES = ("image/png", "image/jpeg")


def _attributes(tag: str, name: str, value: str) -> bool:
    if tag == "img" and name == "src":
        return value.startswith(tuple(f"data:{kind};base64," for kind in _IMAGES))
    if tag == "a" and name == "href" and value.startswith("data:"):
        return False
    return name in ATTRIBUTES.get(tag, ()) or name in ATTRIBUTES["*"]


def safe_html(html: str) -> str:
    """HTML without scripts, styles, frames, forms, or anything that is fetched.

    Parameters
    ----------
    html : str

    Returns
    -------
    str
        The text is all there; tags that are not in `TAGS` are gone.
    """
    if _too_deep(html):
        return as_written(html)
    cleaned: str = bleach.clean(
        html, tags=TAGS, attributes=_attributes, protocols=PROTOCOLS, strip=True
    )
    return cleaned


def as_written(text: str) -> str:
    """HTML that shows the characters of a text."""
    return f"<pre>{escape(text)}</pre>"


def _too_deep(html: str) -> bool:
    depth = 0
    for end, name in _TAG.findall(html):
        if name.lower() not in _FLAT:
            depth = max(depth - 1, 0) if end else depth + 1
            if depth > DEEPEST:
                return True
    return False


def markdown_to_safe_html(source: str) -> str:
    """Markdown as HTML, in place of nbconvert's filter, which lets HTML in it pass.

    What cannot be converted, such as a picture whose attachment is missing, is shown as it was
    written: an error would stop the whole page.
    """
    if len(_PICTURE.sub("", source)) > LONGEST_TEXT:
        return as_written(source)
    try:
        return safe_html(str(markdown2html(source)))
    except Exception:  # noqa: BLE001 - whatever a parser of Markdown raises
        return as_written(source)


def _safe_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Size and description of a picture; pages write them into a tag as they are."""
    safe: dict[str, Any] = {}
    for kind in _IMAGES:
        told = metadata.get(kind)
        if not isinstance(told, Mapping):
            continue
        kept: dict[str, Any] = {
            name: told[name] for name in ("width", "height") if type(told.get(name)) is int
        }
        if isinstance(told.get("alt"), str):
            kept["alt"] = re.sub(r'["<>&]', " ", told["alt"])
        if kept:
            safe[kind] = kept
    return safe


def _safe_data(data: Mapping[str, Any]) -> dict[str, Any]:
    safe = {}
    for kind, value in data.items():
        if kind == "text/plain":
            safe[kind] = value  # pages escape it
        elif not isinstance(value, str):
            continue
        elif kind in _IMAGES and _BASE64.fullmatch(value):
            safe[kind] = value
        elif kind == "text/html":
            safe[kind] = safe_html(value)
        elif kind == "text/markdown":
            safe[kind] = value  # the filter above
        elif kind == "text/latex" and "<" not in value:
            safe[kind] = value
    return safe


def clean_outputs(notebook: NotebookNode) -> None:
    """Reduce the outputs of a notebook's cells to what is safe to show, in place."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type in ("display_data", "execute_result"):
                output.data = NotebookNode(_safe_data(output.data))
                output.metadata = NotebookNode(_safe_metadata(output.metadata))
