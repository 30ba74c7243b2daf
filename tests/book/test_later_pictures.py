"""Pictures far down wait, and keep their place; `test_pages_in_browser.py` sees it work."""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

from .conftest import BOOK

sys.path.insert(0, str(BOOK / "_ext"))
from pooling_book.later_pictures import fetched_when_near, size_of


def marked(body: str) -> str:
    """Mark the pictures of a page in which `known.webp` measures 30 by 20."""
    return fetched_when_near(body, {"../_images/known.webp": (30, 20)}.get)


def test_all_but_the_first_wait() -> None:
    """The size goes to each picture; what is known of it already is left as it is."""
    picture = '<img alt="a &gt; b" src="../_images/known.webp" />'
    size = '<img width="30" height="20"'
    rest = picture.removeprefix("<img")
    assert marked(f"<p>{picture}</p>{picture}") == (
        f'<p>{size}{rest}</p>{size} loading="lazy"{rest}'
    )
    for own in ('width="9"', 'style="height: 1em"'):
        said = f'<img {own} loading="eager" src="../_images/known.webp">'
        assert marked(said + said) == said + said


def test_a_picture_without_a_known_size_waits_all_the_same() -> None:
    """A drawing has no pixels; nothing is made up."""
    drawing = '<img src="../_images/drawing.svg">'
    assert marked(drawing * 2) == drawing + '<img loading="lazy" src="../_images/drawing.svg">'


def test_a_size_is_read_from_the_file(tmp_path: Path) -> None:
    """Width comes first; a file that is no picture has no size."""
    Image.new("RGB", (30, 20)).save(tmp_path / "a.webp")
    (tmp_path / "b.svg").write_text("<svg/>", "utf-8")
    assert size_of(tmp_path / "a.webp") == (30, 20)
    assert size_of(tmp_path / "b.svg") is None
    assert size_of(tmp_path / "missing.webp") is None
