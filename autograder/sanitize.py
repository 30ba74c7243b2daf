"""Take from a submission only what is the student's to decide.

A student decides the source of the answer cells and of cells of their own. The rest of a notebook
(tests, points, tags, ids, the order of nbgrader's cells) is the instructor's, and a submission
that has lost or changed it is brought back to the release:

* a missing test is put back, after the answers it tests;
* of a cell that stands more than once, one counts and the others become plain cells;
* tags and other metadata are dropped: ``skip-execution`` would make a test pass unseen.

`repair` is a pure function from notebook to notebook; `RepairSubmission` plugs it into nbgrader.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.notes import add_note, set_restored


@dataclasses.dataclass(frozen=True)
class ReferenceCell:
    """A cell of the release, as the gradebook knows it.

    Attributes
    ----------
    grade_id : str
        nbgrader's name of the cell, unique in the notebook.
    cell_type : str
        ``"code"`` or ``"markdown"``.
    source : str
        What was released, with hidden tests in place.
    locked, grade, solution, task : bool
        nbgrader's flags.
    points : float
        Points of a graded cell, else 0.
    checksum : str
        nbgrader's fingerprint of the cell as released, by which it knows a blank answer.
    """

    grade_id: str
    cell_type: str
    source: str
    locked: bool
    grade: bool
    solution: bool
    task: bool
    points: float = 0.0
    checksum: str = ""

    def metadata(self) -> dict[str, Any]:
        """nbgrader's metadata of the cell."""
        data: dict[str, Any] = {
            "cell_type": self.cell_type,
            "grade": self.grade,
            "grade_id": self.grade_id,
            "locked": self.locked,
            "schema_version": 3,
            "solution": self.solution,
            "task": self.task,
        }
        if self.grade or self.task:
            data["points"] = self.points
        if self.checksum:
            data["checksum"] = self.checksum
        return {"nbgrader": data}


_NEW_CELL = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}


def _text(source: Any) -> str:
    """A cell's source; the file format allows a list of lines too.

    JSON can hold halves of surrogate pairs, but no text file can; they become question marks.
    """
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    return source.encode("utf-8", "replace").decode() if isinstance(source, str) else ""


def _submitted_cells(notebook: Any) -> list[tuple[str, str, str | None]]:
    """(cell type, source, claimed grade_id) of each cell that is a cell at all."""
    cells = notebook.get("cells")
    found = []
    for cell in cells if isinstance(cells, list) else []:
        if not isinstance(cell, dict) or cell.get("cell_type") not in _NEW_CELL:
            continue
        metadata = cell.get("metadata")
        nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
        claimed = grade_id if isinstance(grade_id, str) else None
        found.append((cell["cell_type"], _text(cell.get("source")), claimed))
    return found


def _chosen(
    cells: list[tuple[str, str, str | None]], reference: dict[str, ReferenceCell]
) -> dict[str, int]:
    """For each reference cell that was handed in, the place of the copy that counts.

    The last copy counts, as in stock nbgrader, but an answer that was written counts before one
    that was left as released.
    """
    places: dict[str, list[int]] = {}
    for place, (_, _, grade_id) in enumerate(cells):
        if grade_id and grade_id in reference:
            places.setdefault(grade_id, []).append(place)
    chosen = {}
    for grade_id, copies in places.items():
        released = reference[grade_id].source.strip()
        written = [place for place in copies if cells[place][1].strip() != released]
        answered = written and not reference[grade_id].locked
        chosen[grade_id] = written[-1] if answered else copies[-1]
    return chosen


def repair(notebook: Any, reference: Iterable[ReferenceCell]) -> tuple[NotebookNode, list[str]]:
    """Bring a submission back to the release, keeping the student's own work.

    Parameters
    ----------
    notebook : mapping
        The submission as read from its file; nothing about it is taken for granted.
    reference : iterable of ReferenceCell
        The release, in document order.

    Returns
    -------
    repaired : nbformat.NotebookNode
        A valid notebook without outputs. Every locked or graded cell of the release is in it once.
    notes : list of str
        A sentence for each thing that was mended, fit for the student to read.
    """
    wanted = {cell.grade_id: cell for cell in reference}
    submitted = _submitted_cells(notebook)
    chosen = _chosen(submitted, wanted)
    notes = []

    cells: list[NotebookNode] = []
    copies: set[str] = set()
    for place, (cell_type, source, grade_id) in enumerate(submitted):
        if grade_id and chosen.get(grade_id) == place:
            cells.append(_restored(wanted[grade_id], source))
        else:
            if grade_id and grade_id in chosen:
                copies.add(grade_id)
            cells.append(_NEW_CELL[cell_type](source))
    notes += [
        f"The cell “{grade_id}” stood in the notebook more than once; one copy counts."
        for grade_id in wanted
        if grade_id in copies
    ]

    missing_tests = 0
    for grade_id, cell in wanted.items():
        if grade_id in chosen:
            continue
        missing_tests += cell.grade and not cell.solution
        if not (cell.locked or cell.grade or cell.task):
            # Not put back: its stub might undo an answer that was moved to another cell.
            notes.append(
                f"The answer cell “{grade_id}” was missing; what stands in other cells counts."
            )
            continue
        cells.insert(_place_for(cell, wanted, cells), _restored(cell, cell.source))
        notes.append(f"The cell “{grade_id}” was missing and has been put back.")

    for number, repaired_cell in enumerate(cells):
        repaired_cell["id"] = f"cell-{number}"
    repaired = new_notebook(cells=cells)
    repaired.nbformat_minor = 5
    for note in notes:
        add_note(repaired, note)
    if missing_tests:
        set_restored(repaired, missing_tests)
    return repaired, notes


def _restored(cell: ReferenceCell, submitted_source: str) -> NotebookNode:
    source = cell.source if cell.locked else submitted_source
    return _NEW_CELL[cell.cell_type](source, metadata=cell.metadata())


def _place_for(
    cell: ReferenceCell, wanted: dict[str, ReferenceCell], cells: list[NotebookNode]
) -> int:
    """Where to put a cell of the release back.

    A graded cell goes as late as its order allows, just before the next cell of the release, so
    that it comes after answers that stand in cells of the student's own. Any other, such as a
    set-up, goes as early as its order allows.
    """
    order = list(wanted)
    at = order.index(cell.grade_id)
    places = {
        found.metadata["nbgrader"]["grade_id"]: place
        for place, found in enumerate(cells)
        if "nbgrader" in found.metadata
    }
    if cell.grade or cell.task:
        return min((places[name] for name in order[at:] if name in places), default=len(cells))
    return max((places[name] + 1 for name in order[:at] if name in places), default=0)


def reference_cells(
    gradebook: Gradebook, assignment: str, notebook: str, source: Path | None = None
) -> list[ReferenceCell]:
    """The release as the gradebook holds it, in document order.

    Parameters
    ----------
    gradebook : nbgrader.api.Gradebook
        Open gradebook.
    assignment, notebook : str
        nbgrader's names.
    source : pathlib.Path, optional
        The assignment's source notebook, for the order of the cells: the gradebook keeps none.

    Returns
    -------
    list of ReferenceCell

    Raises
    ------
    nbgrader.api.MissingEntry
        If the gradebook does not know the notebook.
    """
    entry = gradebook.find_notebook(notebook, assignment)
    points = {cell.name: float(cell.max_score) for cell in entry.grade_cells}
    tasks = {cell.name: float(cell.max_score) for cell in entry.task_cells}
    solutions = {cell.name for cell in entry.solution_cells}
    cells = [
        ReferenceCell(
            grade_id=cell.name,
            cell_type=cell.cell_type,
            source=cell.source,
            locked=bool(cell.locked),
            grade=cell.name in points,
            solution=cell.name in solutions,
            task=cell.name in tasks,
            points=points.get(cell.name, tasks.get(cell.name, 0.0)),
            checksum=cell.checksum or "",
        )
        for cell in entry.source_cells
    ]
    order: dict[str, int] = {}
    if source is not None and source.exists():
        written = nbformat.read(source, as_version=4)
        for place, cell in enumerate(written.cells):
            order[cell.metadata.get("nbgrader", {}).get("grade_id", "")] = place
    return sorted(cells, key=lambda cell: order.get(cell.grade_id, len(order)))


class RepairSubmission(NbGraderPreprocessor):
    """First step of autograding: `repair` with the gradebook's release as reference."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Repair the notebook; nbgrader calls this with the submission."""
        info = resources["nbgrader"]
        coursedir = self.parent.parent.coursedir  # exporter, converter
        folder = coursedir.format_path(coursedir.source_directory, ".", info["assignment"])
        source = Path(folder) / f"{info['notebook']}.ipynb"
        with Gradebook(info["db_url"]) as gradebook:
            reference = reference_cells(gradebook, info["assignment"], info["notebook"], source)
        repaired, notes = repair(nb, reference)
        for note in notes:
            self.log.warning("%s: %s", info["student"], note)
        return repaired, resources
