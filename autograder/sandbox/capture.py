"""Catch what a process writes: through `sys.stdout`, or past Python to file descriptor 1.

A Jupyter kernel reads a pipe in a thread. Here the descriptors lead to files in memory, which
are looked into whenever Python writes and when the cell ends: no thread, nothing that blocks, and
what a program wrote between two `print` stands between them. The files cannot grow beyond
`RAW_BYTES`; a program that writes more past Python gets an error from the system.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator

from autograder.sandbox.outputs import CellOutputs

#: Bytes that can be written past Python between two looks.
RAW_BYTES = 16 * 2**20


class OutStream(io.TextIOBase):
    """`sys.stdout` or `sys.stderr` of a kernel; ipykernel's class has this name."""

    encoding = "UTF-8"

    def __init__(self, name: str, capture: Capture) -> None:
        self.name = name
        self._capture = capture

    def write(self, string: str) -> int:
        """Write text; it appears in the cell."""
        if not isinstance(string, str):
            # As in ipykernel, type and all.
            raise TypeError(f"write() argument must be str, not {type(string)}")
        self._capture.write(self.name, string)
        return len(string)

    def writelines(self, lines: Iterable[str], /) -> None:  # type: ignore[override]
        """Write several texts."""
        for line in lines:
            self.write(line)

    def writable(self) -> bool:
        """It is."""
        return True

    def isatty(self) -> bool:
        """It is not."""
        return False

    def fileno(self) -> int:
        """A descriptor that leads nowhere: a kernel's leads to where the kernel was started."""
        return self._capture.nowhere()


class _RawOutput:
    """What is written to a file descriptor, in a file of limited size."""

    def __init__(self, name: str, descriptor: int) -> None:
        self.name = name
        self._file = _limited_file(f"cell-{name}")
        os.dup2(self._file, descriptor)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._read = 0

    def begin(self) -> None:
        """Forget what was written until now."""
        with contextlib.suppress(OSError):
            os.lseek(self._file, 0, os.SEEK_SET)
        self._decoder.reset()
        self._read = 0

    def new(self, room: int) -> tuple[str, bool]:
        """What was written since the last look, at most `room` bytes; and whether it was more."""
        # The position is shared with all who write; it is cheaper to ask for than the size.
        try:
            end = os.lseek(self._file, 0, os.SEEK_CUR)
            if end == self._read:
                return "", False
            length = end - self._read
            raw = os.pread(self._file, min(length, room), self._read) if length > 0 else b""
            self._read = end
            if end > RAW_BYTES // 2:
                os.lseek(self._file, 0, os.SEEK_SET)
                self._read = 0
        except OSError:  # the student closed it
            return "", False
        return self._decoder.decode(raw), length > room


def _limited_file(name: str) -> int:
    """Open a file in memory that cannot grow beyond `RAW_BYTES`; without Linux, one on disk."""
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):
            file = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
            os.ftruncate(file, RAW_BYTES)  # takes no memory yet
            fcntl.fcntl(file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW)
            return file
    with tempfile.TemporaryFile() as temporary:
        return os.dup(temporary.fileno())


class Capture:
    """Both streams of this process.

    `install` comes before imports that keep `sys.stderr` for later, such as TensorFlow's; `attach`
    comes in the process that runs cells, after the fork. Until then, what is written goes where it
    went before; from then on it goes to the cell that runs, or nowhere.
    """

    def __init__(self) -> None:
        self._stdout, self._stderr = sys.stdout, sys.stderr
        self._outputs: CellOutputs | None = None
        self._process: int | None = None  # the one that has attached
        self._raw: list[_RawOutput] = []
        self._nowhere: int | None = None
        self._lock = threading.RLock()  # students start threads that print

    def install(self) -> None:
        """Put the streams in place of Python's."""
        sys.stdout = OutStream("stdout", self)
        sys.stderr = OutStream("stderr", self)

    def attach(self) -> None:
        """Take the file descriptors 1 and 2 of this process."""
        if self._process == os.getpid():
            return
        self._flush_originals()
        self._lock = threading.RLock()
        self._raw = [_RawOutput("stdout", 1), _RawOutput("stderr", 2)]
        self._process = os.getpid()

    def nowhere(self) -> int:
        """A file descriptor of ``/dev/null``."""
        if self._nowhere is None:
            self._nowhere = os.open(os.devnull, os.O_WRONLY)
        return self._nowhere

    @contextlib.contextmanager
    def into(self, outputs: CellOutputs) -> Iterator[None]:
        """Collect what is written."""
        for raw in self._raw:
            raw.begin()
        before, self._outputs = self._outputs, outputs
        try:
            yield
        finally:
            self._flush_originals()
            self.look()
            self._outputs = before

    def _flush_originals(self) -> None:
        # They lead to the descriptors, and someone may have kept them.
        for stream in (self._stdout, self._stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()

    def write(self, name: str, text: str) -> None:
        """Write text of Python's to a stream."""
        if self._process is not None and os.getpid() != self._process:
            # A process that the student has forked: what it keeps in memory is lost.
            os.write(1 if name == "stdout" else 2, text.encode("utf-8", "replace"))
        elif self._outputs is not None:
            with self._lock:
                self.look()
                self._outputs.stream(name, text)
        elif self._process is None:
            getattr(self, f"_{name}").write(text)

    def look(self) -> None:
        """Take over what was written past Python until now."""
        outputs = self._outputs
        if outputs is None:
            return
        with self._lock:
            for raw in self._raw:
                text, more = raw.new(outputs.room)
                if text:
                    outputs.stream(raw.name, text)
                if more:
                    outputs.drop()

    def message(self, kind: str, content: dict[str, object]) -> None:
        """Take what a kernel would have sent."""
        if self._outputs is not None:
            with self._lock:
                self.look()
                self._outputs.message(kind, content)
