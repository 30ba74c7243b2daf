"""Writing files so that a reader never sees half of one, and telling whether they changed."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


def fingerprint(folder: Path, pattern: str = "*") -> str:
    """A fingerprint of the files in a folder and below, to tell whether any has changed.

    Parameters
    ----------
    folder : pathlib.Path
        May be missing, which is the same as empty. Links are passed over.
    pattern : str
        Glob pattern of the files' names.

    Returns
    -------
    str
        Hexadecimal SHA-256 of names and contents.
    """
    return fingerprint_of(
        {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob(pattern)
            if path.is_file() and not path.is_symlink()
        }
    )


def fingerprint_of(files: Mapping[str, bytes]) -> str:
    """The `fingerprint` of a folder that holds these files and no others.

    Parameters
    ----------
    files : mapping of str to bytes
        By path in the folder.
    """
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(name.encode("utf-8", "surrogateescape") + b"\0")
        total.update(hashlib.sha256(files[name]).digest())
    return total.hexdigest()


def write_if_changed(path: Path, content: bytes) -> bool:
    """Give `path` the content, whole or not at all; leave it alone where it has it already.

    Leaving it alone keeps its time stamp, and so keeps `make` from redoing what depends on it.

    Parameters
    ----------
    path : pathlib.Path
        File to write; its folder is made if need be.
    content : bytes
        What it shall hold.

    Returns
    -------
    bool
        Whether the file was written.
    """
    try:
        if path.read_bytes() == content:
            return False
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(name, 0o644)  # mkstemp makes it 0600  # noqa: PTH101
        os.replace(name, path)  # noqa: PTH105
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return True
