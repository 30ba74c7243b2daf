"""Show the assignments in the book, from what students get: the folders under ``exercises/``.

Two directives, each a fence of its own in a page without code::

    ```{exercise} forward          the files to download, the points, and the notebook to read
    ```
    ```{exercise-list}             a table of all assignments
    ```

They are rewritten as Markdown while a page is read. An assignment is any folder
``exercises/<name>/`` that holds ``<name>.ipynb``; it needs nothing here. ``solutions/`` is never
opened, and a notebook in which an answer or a hidden test can be recognised stops the build.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import re
import zipfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import compute_checksum
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

FENCE = re.compile(
    r"^```\{(?P<name>exercise|exercise-list)\}[ ]*(?P<argument>[^\n]*)\n```[ ]*$", re.MULTILINE
)
NAME = re.compile(r"[A-Za-z0-9][\w-]*")
DEFINITION = re.compile(r"^def (?P<signature>\w+\(.*?\))(?: *->[^:]*)?:$", re.MULTILINE | re.DOTALL)

#: nbgrader's own marks: what stands between them is not for students.
SECRETS = re.compile(
    r"BEGIN SOLUTION|END SOLUTION|BEGIN HIDDEN TESTS|END HIDDEN TESTS|BEGIN MARK SCHEME"
)

#: The order in which the course takes its assignments. One that is not here comes last.
ORDER = ("forward", "backward", "variants", "shift", "segmentation", "keras")

#: What nbgrader leaves in place of an answer.
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"
WRITTEN_STUB = "YOUR ANSWER HERE"

#: A ZIP file records times; with a fixed one the same files give the same archive.
MOMENT = (1980, 1, 1, 0, 0, 0)


@dataclasses.dataclass(frozen=True)
class Task:
    """One answer of an assignment and what tests it.

    Attributes
    ----------
    asked : tuple of str
        Signatures of the functions to write; empty for a written answer.
    tests : tuple of (str, float)
        Name and points of each test cell.
    written : float
        Points that a person gives for the answer itself.
    """

    asked: tuple[str, ...]
    tests: tuple[tuple[str, float], ...]
    written: float = 0.0

    @property
    def points(self) -> float:
        """All points of the answer."""
        return self.written + sum(points for _, points in self.tests)


def released_folder(source: Path, name: str) -> Path:
    """Return ``exercises/<name>`` below the book's source folder.

    Raises
    ------
    ExtensionError
        If the name is not a plain name, or there is no such released assignment.
    """
    folder = source / "exercises" / name
    if not NAME.fullmatch(name):
        raise ExtensionError(f"exercise: {name!r} is not the name of an assignment.")
    notebook = folder / f"{name}.ipynb"
    if folder.is_symlink() or notebook.is_symlink() or not notebook.is_file():
        raise ExtensionError(f"exercise: there is no exercises/{name}/{name}.ipynb.")
    return folder


def assignments(source: Path) -> list[str]:
    """Return the names of the released assignments, in the order of the course."""
    found = sorted(
        path.parent.name
        for path in (source / "exercises").glob("*/*.ipynb")
        if path.stem == path.parent.name and NAME.fullmatch(path.stem)
    )
    return sorted(found, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))


def files_beside(folder: Path) -> list[Path]:
    """Return the plain files of an assignment's folder, also in folders, without notebooks."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or path.name.startswith(".") or path.suffix in {".ipynb", ".pyc"}:
            continue
        found += files_beside(path) if path.is_dir() else [path]
    return found


def _stub(cell: NotebookNode) -> str:
    """Return an answer cell's source without the answer."""
    if cell.cell_type == "markdown":
        return WRITTEN_STUB
    head = re.match(r'.*?""".*?"""\n', cell.source, re.DOTALL)
    if head is None or not DEFINITION.search(head[0]):
        return STUB
    return head[0] + "".join(f"    {line}\n" for line in STUB.splitlines()).rstrip()


def as_released(notebook: NotebookNode, where: str) -> NotebookNode:
    """Return a notebook without outputs and without answers that somebody wrote into it.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        A notebook below ``exercises/``.
    where : str
        What to call it in a message.

    Returns
    -------
    nbformat.NotebookNode
        A copy. An answer cell that is not as nbgrader released it has its answer taken out, since
        people work in this folder too.

    Raises
    ------
    ExtensionError
        If nbgrader's marks show that a solution or a hidden test is in it.
    """
    notebook = copy.deepcopy(notebook)
    for number, cell in enumerate(notebook.cells, start=1):
        secret = SECRETS.search(cell.source)
        if secret:
            raise ExtensionError(
                f"exercise: cell {number} of {where} holds “{secret[0]}”: this is a source, not "
                "what students get. Run `make exercises`."
            )
        nbgrader = cell.metadata.get("nbgrader", {})
        if nbgrader.get("solution") and compute_checksum(cell) != nbgrader.get("checksum"):
            cell.source = _stub(cell)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def read_released(folder: Path) -> NotebookNode:
    """Read an assignment's notebook, as students get it."""
    path = folder / f"{folder.name}.ipynb"
    return as_released(nbformat.read(path, as_version=4), f"exercises/{folder.name}/{path.name}")


def tasks(notebook: NotebookNode) -> list[Task]:
    """Return an assignment's answers with the tests that follow each."""
    found: list[Task] = []
    for cell in notebook.cells:
        nbgrader = cell.metadata.get("nbgrader", {})
        if nbgrader.get("solution") or nbgrader.get("task"):
            written = float(nbgrader.get("points", 0)) if nbgrader.get("grade") else 0.0
            asked = DEFINITION.findall(cell.source) if cell.cell_type == "code" else []
            signatures = tuple(" ".join(signature.split()) for signature in asked)
            found.append(Task(signatures, (), written))
        elif nbgrader.get("grade"):
            test = (nbgrader["grade_id"], float(nbgrader["points"]))
            if not found:
                found.append(Task((), ()))
            found[-1] = dataclasses.replace(found[-1], tests=(*found[-1].tests, test))
    return found


def title(notebook: NotebookNode) -> str:
    """Return a notebook's first heading."""
    for cell in notebook.cells:
        match = re.match(r"# (.+)", cell.source) if cell.cell_type == "markdown" else None
        if match:
            return match[1].strip()
    return "Exercise"


def points_table(notebook: NotebookNode, label: str) -> str:
    """Return the points of an assignment as a numbered table."""
    lines = ["```{list-table} What is graded, and the points of each test.", f":name: {label}"]
    lines += [":header-rows: 1", ":widths: 32 48 20", "", "* - Answer", "  - Tests", "  - Points"]
    everything = tasks(notebook)
    for task in everything:
        asked = ", ".join(f"`{signature.split('(')[0]}`" for signature in task.asked)
        tests = ", ".join(f"`{name}`\u00a0({points:g})" for name, points in task.tests)
        lines.append(f"* - {asked or 'written answer'}")
        lines += [f"  - {tests or 'read by a person'}", f"  - {task.points:g}"]
    total, written = sum(t.points for t in everything), sum(t.written for t in everything)
    by_hand = f"{total - written:g} by tests, {written:g} by a person" if written else "by tests"
    return "\n".join([*lines, "* - **together**", f"  - {by_hand}", f"  - **{total:g}**", "```"])


def demoted(markdown: str) -> str:
    """Move headings one level down; the first-level heading goes."""
    lines, fenced = [], False
    for line in markdown.splitlines():
        fenced ^= line.lstrip().startswith("```")
        if fenced or not line.startswith("#"):
            lines.append(line)
        elif not line.startswith("# "):
            lines.append(f"#{line}")
    return "\n".join(lines).strip()


def readable(notebook: NotebookNode) -> str:
    """Return a notebook as Markdown of this book: text and answers open, tests folded away."""
    parts = []
    for cell in notebook.cells:
        nbgrader = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "markdown":
            text = demoted(cell.source)
            parts.append(f"> {text}" if nbgrader.get("solution") else text)
            continue
        code = f"````python\n{cell.source.rstrip()}\n````"
        if nbgrader.get("locked"):
            points = nbgrader.get("points", 0)
            worth = f", {points:g} point{'' if points == 1 else 's'}" if points else ""
            kind = "Test" if nbgrader.get("grade") else "Given"
            fold = f"{kind} `{nbgrader['grade_id']}`{worth}"
            code = f"::::{{dropdown}} {fold}\n{code}\n::::"
        parts.append(code)
    return "\n\n".join(part for part in parts if part)


def write_archive(folder: Path, target: Path) -> tuple[Path, Path]:
    """Write what a student needs for an assignment.

    Parameters
    ----------
    folder : pathlib.Path
        The assignment's folder below ``exercises/``.
    target : pathlib.Path
        Where to; made if missing.

    Returns
    -------
    archive, notebook : pathlib.Path
        ``<name>.zip``, with one folder ``<name>/`` in it, and the notebook by itself.
    """
    target.mkdir(parents=True, exist_ok=True)
    name = folder.name
    text = json.dumps(read_released(folder), indent=1, ensure_ascii=False) + "\n"
    notebook, archive = target / f"{name}.ipynb", target / f"{name}.zip"
    notebook.write_text(text, encoding="utf-8")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        within = [(notebook, notebook.name)]
        within += [(path, path.relative_to(folder).as_posix()) for path in files_beside(folder)]
        for path, place in within:
            entry = zipfile.ZipInfo(f"{name}/{place}", date_time=MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            file.writestr(entry, path.read_bytes())
    return archive, notebook


def assignment_page(source: Path, name: str, target: Path) -> str:
    """Return the Markdown that stands for ``{exercise} <name>``; write its downloads.

    Parameters
    ----------
    source : pathlib.Path
        The book's source folder, which holds ``exercises/``.
    name : str
        The assignment.
    target : pathlib.Path
        Folder for the archive and the notebook to download.

    Returns
    -------
    str
        Markdown of this book.
    """
    folder = released_folder(source, name)
    notebook = read_released(folder)
    files = write_archive(folder, target)

    def download(path: Path) -> str:
        return f"{{download}}`{path.name} </{os.path.relpath(path, source)}>`"

    return "\n\n".join([
        "## The files",
        f"{download(files[0])} holds the notebook and, in the folder `pooling_checks`, the code of "
        "its tests. They belong together, so keep them in one folder. In a copy of this repository "
        f"they are in `exercises/{name}/`. The notebook alone: {download(files[1])}.",
        "## The points",
        points_table(notebook, f"tab-points-{name}"),
        "## The notebook, to read",
        "This is the text of the notebook, with the tests folded away. To work on it, open the "
        "file.",
        readable(notebook),
    ])  # fmt: skip


def list_of_assignments(source: Path, pages: Path) -> str:
    """Return the Markdown that stands for ``{exercise-list}``: a row for each assignment."""
    rows = ["```{list-table}", ":header-rows: 1", ":widths: 28 52 20", ""]
    rows += ["* - Assignment", "  - Functions", "  - Points"]
    for name in assignments(source):
        everything = tasks(read_released(released_folder(source, name)))
        functions = [f"`{asked.split('(')[0]}`" for task in everything for asked in task.asked]
        page = f"exercise-{name}"
        shown = f"{{doc}}`{page}`" if (pages / f"{page}.md").exists() else f"`{name}`"
        points = sum(task.points for task in everything)
        rows += [f"* - {shown}", f"  - {', '.join(functions)}", f"  - {points:g}"]
    return "\n".join([*rows, "```"])


def rewrite(app: Sphinx, docname: str, content: list[str]) -> None:
    """Replace the directives of one page.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    docname : str
        The page.
    content : list of str
        The page's source as its only item; changed in place.
    """
    source = Path(app.srcdir)
    page = Path(app.env.doc2path(docname))

    def replaced(match: re.Match[str]) -> str:
        # A page is read again when a notebook changes or a file or assignment comes or goes.
        names = [match["argument"].strip()]
        names = assignments(source) if match["name"] == "exercise-list" else names
        for name in names:
            for path in released_folder(source, name).iterdir():
                if path.is_file():
                    app.env.note_dependency(str(path))
        if match["name"] == "exercise-list":
            app.env.note_reread()
            return list_of_assignments(source, page.parent)
        # Beside the site, not in it: Sphinx copies what a page offers for download.
        return assignment_page(source, names[0], Path(app.doctreedir).parent / "exercises")

    content[0] = FENCE.sub(replaced, content[0])


def setup(app: Sphinx) -> None:
    """Register the two directives.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    """
    app.connect("source-read", rewrite)
