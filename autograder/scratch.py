"""Folders for what lives no longer than the process that made it, however that ends."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import os
import shutil
import tempfile
import time
from pathlib import Path

_LOCK = "lock"
_AN_HOUR = 3600


def scratch_folder(prefix: str) -> Path:
    """A new empty folder, which is removed at this process's end at the latest.

    After a kill, it is removed when another process of the same user first asks for one.

    Parameters
    ----------
    prefix : str
        What its name begins with.
    """
    return Path(tempfile.mkdtemp(prefix=prefix, dir=_own(os.getpid())))


@functools.cache
def _own(process: int) -> Path:
    """This process's folder, which holds a file that is locked for as long as it lives."""
    shared = Path(tempfile.gettempdir()) / f"autograder-{os.getuid()}"
    with contextlib.suppress(FileExistsError):
        shared.mkdir(mode=0o755)
    if shared.is_symlink() or shared.stat().st_uid != os.getuid():
        # Somebody else has taken the name: without a common folder, nobody tidies up after a kill.
        shared = Path(tempfile.mkdtemp(prefix="autograder-"))
        atexit.register(shutil.rmtree, shared, ignore_errors=True)
    _sweep(shared)
    made = Path(tempfile.mkdtemp(prefix=f".{process}-", dir=shared))
    lock = os.open(made / _LOCK, os.O_CREAT | os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    own = made.rename(made.with_name(made.name[1:]))  # from now on it may be swept
    own.chmod(0o755)
    atexit.register(_remove, own, process)
    return own


def _sweep(shared: Path) -> None:
    """Remove the folders of processes that have ended."""
    for folder in shared.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            lock = os.open(folder / _LOCK, os.O_RDWR)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)
    for folder in shared.glob(".*-*"):  # of processes that were killed before they had a lock
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > _AN_HOUR:
                shutil.rmtree(folder, ignore_errors=True)


def _remove(folder: Path, process: int) -> None:
    if os.getpid() == process:  # not in a copy of it
        shutil.rmtree(folder, ignore_errors=True)
