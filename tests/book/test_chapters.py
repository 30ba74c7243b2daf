"""The chapters as text, and as notebooks that run alone."""

from __future__ import annotations

import ast
import os
import re
import sys
from pathlib import Path

import jupytext
import nbformat
import numpy as np
import pytest
from jupyter_cache import get_cache
from nbclient import NotebookClient
from nbformat import NotebookNode

from .conftest import BOOK, STRICT, build_book
from .test_strict_build import small_book

CHAPTERS = sorted(BOOK.glob("*.md"))
WITH_CODE = [path for path in CHAPTERS if "{code-cell}" in path.read_text(encoding="utf-8")]

#: What a reader of a downloaded chapter installs.
READERS = {"numpy", "matplotlib", "tensorflow", "keras", "IPython", "mlxtend", "skimage"}

#: A number is only handed to the book's text, a figure is shown without a book too.
GLUED = """
glue("number", 3.5)
figure, axis = plt.subplots(figsize=(1, 1))
glue("figure", figure, display_it=True)
plt.close(figure)
"""

WITH_DIGITS = [p for p in WITH_CODE if "POOLING_MNIST" in p.read_text(encoding="utf-8")]


def by_name(path: Path) -> str:
    """Name a test after its chapter."""
    return path.stem


@pytest.mark.parametrize("chapter", CHAPTERS, ids=by_name)
def test_pictures_are_our_own_and_described(chapter: Path) -> None:
    """No picture is fetched from elsewhere, and none comes without alternative text."""
    text = chapter.read_text(encoding="utf-8")
    assert not re.search(r"!\[\s*\]\(", text), "a picture without alternative text"
    assert not re.search(r"!\[[^\]]*\]\(https?:", text), "a hot-linked picture"
    assert not re.search(r"\{(image|figure)\}\s+https?:", text), "a hot-linked picture"
    assert not re.search(r"(src|href)=[\"']https?:", text), "a hot-linked file"


@pytest.mark.parametrize("chapter", WITH_CODE, ids=by_name)
def test_charts_have_alternative_text(chapter: Path) -> None:
    """Each numbered chart says in words what it shows."""
    for cell in jupytext.read(chapter, fmt="md:myst").cells:
        options = cell.metadata.get("mystnb", {})
        if "figure" in options:
            assert options["figure"].get("caption"), cell.source[:80]
            assert len(options.get("image", {}).get("alt", "").split()) > 10, cell.source[:80]


#: Chapters whose code took longer than this when the book was built are not run a second time: to
#: run all of them takes as long as to build the book. POOLING_EVERY_DOWNLOAD=1 runs them too.
LONG = 30.0


def run_alone(notebook: NotebookNode, folder: Path) -> None:
    """Run a chapter in an empty folder, without Jupyter Book's packages."""
    # A module of this name that cannot be imported hides the installed one.
    (folder / "myst_nb.py").write_text("raise ImportError('not installed')\n", encoding="utf-8")
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources=resources).execute()
    assert {path.name for path in folder.iterdir()} <= {"myst_nb.py", "__pycache__"}


def code_of(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def imported(code: list[str]) -> set[str]:
    """The packages that cells import."""
    found: set[str] = set()
    for node in ast.walk(ast.parse("\n".join(code))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


@pytest.mark.parametrize("chapter", WITH_CODE, ids=by_name)
def test_chapter_runs_alone(chapter: Path, site: Path, tmp_path: Path) -> None:
    """In an empty folder, without Jupyter Book's packages, a chapter runs and shows its figures.

    The build has run it in an empty folder as well, and its assertions held. Of a chapter that
    takes long, only what the build cannot show is looked at: that its first cell, the only one that
    knows of Jupyter Book, runs without that, and that it needs no package but a reader's.
    """
    notebook = nbformat.from_dict(jupytext.read(chapter, fmt="md:myst"))
    cache = get_cache(site.parent / ".jupyter_cache")
    built = cache.match_cache_notebook(notebook)
    every = os.environ.get("POOLING_EVERY_DOWNLOAD") == "1"
    if every or built.data["execution_seconds"] < LONG:
        run_alone(notebook, tmp_path)
    else:
        first, *others = code_of(notebook)
        assert "def glue(" in first
        for word in ("myst_nb", "book_glue", "pooling_book"):
            assert not [source for source in others if word in source], word
        assert imported([first, *others]) <= READERS | sys.stdlib_module_names | {"myst_nb"}
        start = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(first + GLUED)])
        run_alone(start, tmp_path)
        shown = start.cells[0].outputs
        assert ["image/png" in out.get("data", {}) for out in shown] == [True], shown
        notebook = cache.get_cache_bundle(built.pk).nb
        assert code_of(notebook) == [first, *others]
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", [])]
    assert not [out for out in outputs if out.output_type == "error"]
    drawings = sum("<svg" in out.get("data", {}).get("text/html", "") for out in outputs)
    charts = sum("image/png" in out.get("data", {}) for out in outputs)
    text = chapter.read_text(encoding="utf-8")
    assert drawings == text.count("{glue:figure}")
    assert charts == text.count("  figure:\n")


@pytest.mark.parametrize("chapter", WITH_CODE, ids=by_name)
def test_chapter_is_offered_as_a_notebook(chapter: Path, site: Path) -> None:
    """The page links to the chapter's notebook, whose prose Jupyter can show."""
    page = (site / "book" / f"{chapter.stem}.html").read_text(encoding="utf-8")
    link = re.search(r'href="([^"]*\.ipynb)"', page)
    assert link, "no link to a notebook"
    notebook = nbformat.read(site / "book" / link[1], as_version=4)
    nbformat.validate(notebook)
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    left_over = re.findall(
        r"\{[\w:]+\}`[^`]*`|```\{.*|:::.*|^\([\w-]+\)=|^% .*", prose, re.MULTILINE
    )
    assert left_over == []
    code = jupytext.read(chapter, fmt="md:myst").cells
    assert [cell.source for cell in notebook.cells if cell.cell_type == "code"] == [
        cell.source for cell in code if cell.cell_type == "code"
    ]


def test_terms_are_plain_words_in_a_notebook(tmp_path: Path) -> None:
    """A word of the glossary stands as it reads, comments of the source do not stand at all."""
    glossary = "```{glossary}\nwindow\n  The cells that one value summarises.\n```"
    text = f"{glossary}\n\nA {{term}}`window`, two {{term}}`windows <window>`.\n\n% a comment\n"
    result = build_book(small_book(tmp_path, text=text), *STRICT)
    assert result.returncode == 0, result.stdout
    [path] = tmp_path.glob("_build/html/_sources/book/*.ipynb")
    prose = nbformat.read(path, as_version=4).cells[-1].source
    assert "A window, two windows." in prose
    assert "a comment" not in prose


@pytest.mark.parametrize("chapter", WITH_CODE, ids=by_name)
def test_stderr_stays_off_the_page(chapter: Path, site: Path) -> None:
    """What TensorFlow says while it is imported is not part of the chapter."""
    page = (site / "book" / f"{chapter.stem}.html").read_text(encoding="utf-8")
    assert "oneDNN" not in re.sub(r"TF_ENABLE_ONEDNN_OPTS", "", page)
    assert 'class="output stderr' not in page


@pytest.mark.parametrize("chapter", WITH_DIGITS, ids=by_name)
def test_chapter_takes_the_complete_mnist(
    chapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """POOLING_MNIST names an archive such as Keras' own; its two parts are taken as they are."""
    random = np.random.default_rng(seed=0)
    archive = {
        "x_train": random.integers(0, 256, size=(70, 28, 28), dtype="uint8"),
        "y_train": np.arange(70, dtype="uint8") % 10,
        "x_test": random.integers(0, 256, size=(20, 28, 28), dtype="uint8"),
        "y_test": np.arange(20, dtype="uint8") % 10,
    }
    archive["x_train"][0, 0, :2] = 0, 255
    np.savez(tmp_path / "mnist.npz", **archive)
    monkeypatch.setenv("POOLING_MNIST", str(tmp_path / "mnist.npz"))
    cells = jupytext.read(chapter, fmt="md:myst").cells
    [source] = [cell.source for cell in cells if "def read_digits" in cell.source]
    names = {"os": os, "np": np}  # without `mnist_data`: the 5,000 digits are not asked for
    exec(source, names)
    for part in ("train", "test"):
        pictures, labels = names[f"{part}_pictures"], names[f"{part}_labels"]
        assert pictures.dtype == np.float32
        assert np.allclose(255 * pictures[..., 0], archive[f"x_{part}"], atol=1e-4)
        assert np.array_equal(labels, archive[f"y_{part}"])
