"""Writing files so that a reader never sees half of one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


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
