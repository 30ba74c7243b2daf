"""Check the format of every notebook that is kept in git, text sources included."""

import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from autograder.sources import text_sources, to_notebook  # noqa: E402


def faults(path: Path) -> list[str]:
    """What is wrong with a released notebook."""
    notebook = nbformat.read(path, as_version=4)
    found = []
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        found.append(str(error).splitlines()[0])
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "code" and (cell.outputs or cell.execution_count is not None):
            found.append(f"cell {number} has outputs: a release has none")
    return found


def main() -> int:
    """Print the faults; 1 if there are any."""
    lines = []
    for source in text_sources(ROOT / "solutions"):
        try:
            to_notebook(source.read_text("utf-8"))
        except Exception as error:  # noqa: BLE001 - whatever jupytext or nbformat finds
            lines.append(f"{source.relative_to(ROOT)}: {error}")
    for path in sorted((ROOT / "exercises").glob("*/*.ipynb")):
        lines += [f"{path.relative_to(ROOT)}: {fault}" for fault in faults(path)]
    print("\n".join(lines) or "notebooks: all in order")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
