"""nbgrader's exchange, where it trusts what students can write to.

Students can change their folder in the exchange as long as it is there. nbgrader follows links in
it as the instructor, and stops for all when one folder is odd. `nbgrader_config.py` puts these two
classes in the place of nbgrader's own.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.exchange import ExchangeError
from nbgrader.exchange.default import ExchangeCollect, ExchangeReleaseFeedback

#: What nbgrader's exchange puts beside a submission: when it was handed in, and the secret that its
#: feedback page is named by.
RECEIPT = ("timestamp.txt", "submission_secret.txt")


class TooLarge(Exception):
    """More than nbgrader's setting allows."""


def copy_regular_files(source: Path, target: Path, most: float = float("inf")) -> list[str]:
    """Copy a folder that somebody else may be changing, and follow no link in it.

    Parameters
    ----------
    source, target : pathlib.Path
        The second one is made. Nothing is copied if the first is a link itself.
    most : float
        Bytes that all files may have.

    Returns
    -------
    list of str
        What was left out: links, pipes, and what cannot be read.

    Raises
    ------
    TooLarge
        If there are more bytes.
    """
    left_out: list[str] = []
    target.mkdir(parents=True)

    def unreadable(error: OSError) -> None:
        left_out.append(os.path.relpath(str(error.filename), source))

    # `fwalk` and `dir_fd` keep to the folders that were looked at, also where one becomes a link.
    for root, folders, files, folder in os.fwalk(source, onerror=unreadable):
        place = Path(os.path.relpath(root, source))
        (target / place).mkdir(exist_ok=True)
        for name in [*folders, *files]:
            try:
                if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
                    continue
                flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
                with os.fdopen(os.open(name, flags, dir_fd=folder), "rb") as file:
                    about = os.fstat(file.fileno())
                    if not stat.S_ISREG(about.st_mode):
                        left_out.append(str(place / name))
                        continue
                    most -= about.st_size
                    if most < 0:
                        raise TooLarge
                    with (target / place / name).open("wb") as copy:
                        shutil.copyfileobj(file, copy)
            except OSError:
                left_out.append(str(place / name))
    return left_out


class Collect(ExchangeCollect):
    """``nbgrader collect``: no link is followed, and no odd folder stops the others."""

    src_records: list[dict[str, Any]]
    _copies: dict[str, str]

    def _path_to_record(self, path: str) -> dict[str, Any]:
        try:
            record: dict[str, Any] = super()._path_to_record(path)
        except (ExchangeError, ValueError, OverflowError):
            record = {"username": "", "timestamp": datetime.min}
        if record["username"].startswith(".") or not record["username"]:
            # The id becomes a folder's name: `..` would be the course itself.
            self.log.warning("Left out, because nbgrader's submit names no folder so: %r", path)
            return {"username": "", "filename": "", "timestamp": datetime.min}
        return record

    def init_src(self) -> None:
        super().init_src()
        self.src_records = [record for record in self.src_records if record["username"]]

    def copy_files(self) -> None:
        failed = []
        self._copies = {}
        records = self.src_records
        with tempfile.TemporaryDirectory(prefix="collect-") as folder:
            # Copied first: nbgrader removes the older submission before it begins to copy.
            for number, record in enumerate(records):
                name = record["filename"]
                source, copy = Path(self.inbound_path) / name, Path(folder) / str(number)
                most = 1000 * self.coursedir.max_dir_size
                try:
                    left_out = copy_regular_files(source, copy, most)
                except TooLarge:
                    failed.append(f"{name}: more than {most / 1e6:.0f} MB")
                    continue
                if not any(copy.iterdir()):
                    failed.append(f"{name}: no file in it can be read")
                    continue
                if left_out:
                    self.log.warning(
                        "%s: left out, because they are links, no regular files, or cannot be "
                        "read: %s",
                        name,
                        ", ".join(left_out),
                    )
                self._copies[str(source)] = str(copy)
            self.src_records = [
                record
                for record in records
                if str(Path(self.inbound_path) / record["filename"]) in self._copies
            ]
            super().copy_files()
        if failed:
            self.fail(
                "All others were collected, but these were not; ask for them again:\n"
                + "\n".join(failed)
            )

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        super().do_copy(self._copies[str(Path(src))], dest, log)


class ReleaseFeedback(ExchangeReleaseFeedback):
    """``nbgrader release_feedback``: one that did not come through the exchange stops no other."""

    def copy_files(self) -> None:
        excluded = self.coursedir.student_id_exclude
        without = [
            page.parent.parent.name
            for page in self._pages()
            if not all((page.parent / name).is_file() for name in RECEIPT)
        ]
        if without:
            self.log.warning(
                "These did not hand in through the exchange; give them their pages from %s "
                "yourself: %s",
                self.coursedir.feedback_directory,
                ", ".join(without),
            )
        try:
            self.coursedir.student_id_exclude = ",".join(filter(None, [excluded, *without]))
            super().copy_files()
        finally:
            self.coursedir.student_id_exclude = excluded

    def _pages(self) -> list[Path]:
        pattern = Path(self.src_path)
        return sorted(
            page
            for folder in Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor)))
            for page in folder.glob("*.html")
        )
