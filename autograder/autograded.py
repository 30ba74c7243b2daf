"""The folder with a graded submission, which appears whole or not at all."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Mapping
from pathlib import Path

from nbgrader.utils import find_all_files

from autograder.intake import Submission, files_of


@dataclasses.dataclass(frozen=True)
class Layout:
    """What nbgrader's settings say of the folders with graded submissions.

    Attributes
    ----------
    released : dict of pathlib.Path to pathlib.Path
        The files that were handed out beside the notebooks, by their names in the folder. They
        replace a student's files of the same name.
    ignore : tuple of str
        Patterns of files that are not copied.
    permissions : int
        Of the files.
    shared : bool
        Whether the course's group may write to the folders.
    """

    released: dict[Path, Path]
    ignore: tuple[str, ...]
    permissions: int
    shared: bool = False


def place(
    destination: Path, notebooks: Mapping[str, bytes], submission: Submission, layout: Layout
) -> None:
    """Put a graded submission where nbgrader looks for it, in place of what is there.

    Whoever looks finds the old folder, or for a moment none, or the new one with all its files;
    so does whoever comes after this was stopped on the way.

    Parameters
    ----------
    destination : pathlib.Path
        ``autograded/<student>/<assignment>``.
    notebooks : mapping of str to bytes
        The graded notebooks' files, by notebook.
    submission : Submission
        Whose other files are copied.
    layout : Layout
    """
    # nbgrader looks into no folder whose name begins with a dot.
    incoming = destination.with_name(f".{destination.name}.incoming")
    outgoing = destination.with_name(f".{destination.name}.outgoing")
    for left_over in (incoming, outgoing):
        _remove(left_over)
    try:
        incoming.mkdir(parents=True)
        _fill(incoming, notebooks, submission, layout)
        if destination.exists():
            destination.rename(outgoing)
        incoming.rename(destination)
    except BaseException:
        _remove(incoming)
        raise
    _remove(outgoing)


def _fill(
    folder: Path, notebooks: Mapping[str, bytes], submission: Submission, layout: Layout
) -> None:
    handed_in = {}
    if not submission.folder.is_symlink():
        wanted = find_all_files(str(submission.folder), [*layout.ignore, "*.ipynb"])
        taken, _ = files_of(submission)
        handed_in = {name: path for name, path in taken.items() if str(path) in set(wanted)}
    for name, path in {**handed_in, **layout.released}.items():
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        copy.chmod(layout.permissions)
    for notebook, content in notebooks.items():
        copy = folder / f"{notebook}.ipynb"
        copy.write_bytes(content)
        copy.chmod(layout.permissions)
    if layout.shared:
        for part in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
            part.chmod(part.stat().st_mode | 0o2770)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
