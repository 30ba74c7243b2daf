"""A book with a fault does not build: neither with `make book`'s options nor without any."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .conftest import BOOK, ROOT, STRICT, build_book

NOTEBOOK = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# A chapter

```{code-cell} ipython3
VALUE = 3.0
CODE
```

TEXT
"""


def small_book(folder: Path, code: str = "print(VALUE)", text: str = "Fine.") -> Path:
    """Write a book of one chapter with this book's configuration and extension."""
    shutil.copy(ROOT / "_config.yml", folder)
    shutil.copytree(
        BOOK / "_ext", folder / "book" / "_ext", ignore=shutil.ignore_patterns("__pycache__")
    )
    (folder / "book" / "references.bib").write_text("", encoding="utf-8")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: book/chapter\n", encoding="utf-8")
    chapter = NOTEBOOK.replace("CODE", code).replace("TEXT", text)
    (folder / "book" / "chapter.md").write_text(chapter, encoding="utf-8")
    return folder


def test_a_book_without_fault_builds(tmp_path: Path) -> None:
    """The small book is sound, so the failures below are due to their faults."""
    result = build_book(small_book(tmp_path), *STRICT)
    assert result.returncode == 0, result.stdout
    assert (tmp_path / "_build" / "html" / "index.html").exists()


@pytest.mark.parametrize("options", [STRICT, ()], ids=["strict", "plain"])
def test_a_false_claim_stops_the_build(tmp_path: Path, options: tuple[str, ...]) -> None:
    """A failing assertion gives a non-zero exit status and names the chapter."""
    result = build_book(small_book(tmp_path, code="assert VALUE == 3.5"), *options)
    assert result.returncode != 0
    assert "AssertionError" in result.stdout
    assert "chapter.md" in result.stdout


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("See {ref}`no-such-place`.", "no-such-place"),
        ("![](missing.png)", "missing.png"),
        ("{glue:text}`no_such_number`", "no_such_number"),
    ],
    ids=["reference", "picture", "number"],
)
def test_a_warning_stops_the_build(tmp_path: Path, text: str, reason: str) -> None:
    """Without any option, a warning gives a non-zero exit status and names the chapter."""
    result = build_book(small_book(tmp_path, text=text))
    assert result.returncode != 0
    assert reason in result.stdout
    assert "chapter.md" in result.stdout
