"""Remove what the project's commands produced, and nothing else."""

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

#: Whole folders and files that commands write.
PRODUCED = [
    "_build",
    ".make",
    "autograded",
    "feedback",
    "grading",
    "gradebook.db",
    "grades.csv",
    "reports",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
]

#: Files written beside sources.
PATTERNS = ["solutions/*/*.ipynb", "solutions/*/pooling_checks"]


def sample_students() -> list[str]:
    """The students of the sample class, without importing what may not be installed."""
    listing = ROOT / "submitted" / ".sample-class"
    return listing.read_text("utf-8").split() if listing.exists() else []


def remove(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def main() -> None:
    """Remove it all, but no other submissions than the sample class's, nor their grades."""
    submitted = ROOT / "submitted"
    sample = sample_students()
    for student in sample:
        remove(submitted / student)
    remove(submitted / ".sample-class")
    others = sorted(p.name for p in submitted.iterdir()) if submitted.is_dir() else []
    if not others:
        remove(submitted)
    results = {"autograded", "feedback", "grading", "gradebook.db", "grades.csv", "reports"}
    keep = results if others else set()
    for name in PRODUCED:
        if name not in keep:
            remove(ROOT / name)
    for pattern in PATTERNS:
        for path in ROOT.glob(pattern):
            remove(path)
    for cache in ROOT.glob("[a-z]*/**/__pycache__"):
        remove(cache)
    if others:
        print(
            f"Kept submitted/ ({len(others)} students that are not of the sample class) and what "
            "was graded of it: autograded/, feedback/, grading/, gradebook.db, grades.csv, "
            "reports/. The gradebook still lists the sample class, if it was graded: `nbgrader db "
            "student remove ID --force` takes a student out."
        )


if __name__ == "__main__":
    main()
