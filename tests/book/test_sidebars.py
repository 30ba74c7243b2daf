"""A page's sidebar shows the book as it is, also when the page itself has not changed."""

from __future__ import annotations

from pathlib import Path

from .conftest import STRICT, build_book
from .test_strict_build import small_book

TOC = "format: jb-book\nroot: book/chapter\nchapters:\n- file: book/one\n- file: book/two\n"


def sidebar(folder: Path, name: str) -> str:
    """The table of contents in a built page."""
    page = (folder / "_build" / "html" / "book" / f"{name}.html").read_text("utf-8")
    start = page.index("bd-toc-item")
    return page[start : page.index("</nav>", start)]


def build(folder: Path) -> str:
    result = build_book(folder, *STRICT)
    assert result.returncode == 0, result.stdout
    return result.stdout


def test_all_pages_show_a_changed_table_of_contents(tmp_path: Path) -> None:
    """After a change of the order, or of one page's title; without one, nothing is written."""
    folder = small_book(tmp_path)
    for name in ("one", "two"):
        (folder / "book" / f"{name}.md").write_text(f"# Page {name}\n\nText.\n", "utf-8")
    (folder / "_toc.yml").write_text(TOC, "utf-8")
    build(folder)
    for name in ("chapter", "one", "two"):
        assert sidebar(folder, name).index("Page one") < sidebar(folder, name).index("Page two")

    turned = TOC.replace("book/one", "book/x").replace("book/two", "book/one")
    (folder / "_toc.yml").write_text(turned.replace("book/x", "book/two"), "utf-8")
    said = build(folder)
    assert "Executing" not in said and "Running the code" not in said
    for name in ("chapter", "one", "two"):
        assert sidebar(folder, name).index("Page two") < sidebar(folder, name).index("Page one")

    (folder / "book" / "two.md").write_text("# Another name\n\nText.\n", "utf-8")
    build(folder)
    for name in ("chapter", "one", "two"):
        assert "Another name" in sidebar(folder, name)

    page = folder / "_build" / "html" / "book" / "one.html"
    written = page.stat().st_mtime_ns
    build(folder)
    assert page.stat().st_mtime_ns == written
