"""Write a ZIP file of what students may have: the book, the assignments, the command ``check``.

What goes in is named here, file by file or folder by folder, and nothing else does: not the
repository, which holds answers and, in its history, everything that was ever an answer.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from pooling_book.exercises import (  # noqa: E402 - the extension is no installed package
    MOMENT,
    assignments,
    files_beside,
    read_released,
)

#: The folder in the archive, and the archive's name.
NAME = "pooling-course"

#: What the command ``check`` consists of.
CHECK = ("__init__.py", "__main__.py", "check.py", "faults.py")

README = """\
Pooling in convolutional networks: the course for students

  book/index.html    the book; it needs no network
  exercises/         the assignments: {assignments}
  autograder/        the command that runs an assignment's visible tests

You need Python 3.10 to 3.13. In this folder:

  python -m venv .venv
  .venv/bin/pip install -r requirements.txt        (Windows: .venv\\Scripts\\pip)
  .venv/bin/jupyter lab exercises/forward/forward.ipynb
  .venv/bin/python -m autograder check exercises/forward/forward.ipynb
"""

#: What a student installs; the bounds are those of the course's own requirements.
PACKAGES = frozenset(
    [
        "tensorflow",
        "tensorflow-cpu",
        "keras",
        "numpy",
        "matplotlib",
        "mlxtend",
        "scikit-image",
        "jupyterlab",
        "nbformat",
        "rich",
    ]
)


class NoBookError(Exception):
    """There is no built book to hand out."""


def students_requirements(requirements: str) -> str:
    """The lines of the course's requirements that students need, without the reasons."""
    lines = (line.partition(" #")[0].strip() for line in requirements.splitlines())
    names = ((re.match(r"[\w-]+", line), line) for line in lines)
    return "".join(f"{line}\n" for name, line in names if name and name[0] in PACKAGES)


def student_files(root: Path) -> dict[str, bytes]:
    """What students may have.

    Parameters
    ----------
    root : pathlib.Path
        The course; the book must have been built.

    Returns
    -------
    dict of str to bytes
        By path within the archive. Notebooks come without outputs and without answers that
        somebody wrote into them.

    Raises
    ------
    NoBookError
        If the book was not built.
    """
    book = root / "_build" / "html"
    if not (book / "index.html").is_file():
        raise NoBookError("There is no built book in _build/html: run `make book` first.")
    files = {
        f"book/{path.relative_to(book).as_posix()}": path.read_bytes()
        for path in sorted(book.rglob("*"))
        if path.is_file() and not path.is_symlink() and path.name != ".buildinfo"
    }
    names = assignments(root)
    for name in names:
        folder = root / "exercises" / name
        text = json.dumps(read_released(folder), indent=1, ensure_ascii=False) + "\n"
        files[f"exercises/{name}/{name}.ipynb"] = text.encode()
        for path in files_beside(folder):
            files[f"exercises/{name}/{path.relative_to(folder).as_posix()}"] = path.read_bytes()
    for module in CHECK:
        files[f"autograder/{module}"] = (root / "autograder" / module).read_bytes()
    requirements = (root / "requirements.txt").read_text(encoding="utf-8")
    files["requirements.txt"] = students_requirements(requirements).encode()
    files["README.txt"] = README.format(assignments=", ".join(names)).encode()
    files["LICENSE"] = (root / "LICENSE").read_bytes()
    return files


def write_zip(files: dict[str, bytes], target: Path) -> None:
    """Write the archive; the same files give the same bytes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{NAME}/{name}", date_time=MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)


def main() -> int:
    """Write ``_build/pooling-course.zip``."""
    try:
        files = student_files(ROOT)
    except NoBookError as error:
        print(f"student_zip: {error}", file=sys.stderr)
        return 1
    target = ROOT / "_build" / f"{NAME}.zip"
    write_zip(files, target)
    print(f"{target.relative_to(ROOT)}: {len(files)} files, {target.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
