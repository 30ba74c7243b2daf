"""The outputs of one cell, as a notebook keeps them."""

from __future__ import annotations

from typing import Any

Output = dict[str, Any]

#: Bytes of errors that a cell keeps, whatever else it has written.
ERROR_BYTES = 200_000

#: Bytes of one line of a traceback, or of an error's message.
ERROR_PART_BYTES = 20_000

#: nbgrader's output for a cell whose time was up (`Execute.error_on_timeout`).
TIMEOUT_ERROR: Output = {
    "output_type": "error",
    "ename": "CellTimeoutError",
    "evalue": "",
    "traceback": ["\x1b[0;31mCellTimeoutError\x1b[0m: No reply from kernel before timeout"],
}


class DisplayIds:
    """Where a notebook's displays with an id stand: `display(…, display_id=True)`.

    A place is the number of the run and the position among its outputs.
    """

    def __init__(self) -> None:
        self._places: dict[str, list[tuple[int, int]]] = {}

    def add(self, display_id: str, run: int, position: int) -> None:
        """An output of this id was put there."""
        self._places.setdefault(display_id, []).append((run, position))

    def of(self, display_id: str) -> list[tuple[int, int]]:
        """Places of this id."""
        return list(self._places.get(display_id, ()))

    def forget(self, run: int) -> None:
        """The outputs of a run were cleared."""
        for name, places in self._places.items():
            self._places[name] = [place for place in places if place[0] != run]


class CellOutputs:
    """Collect what a cell writes, up to a limit.

    Adjacent text of one stream is one output. The rest follows nbclient: a display with an id that
    is known changes the earlier ones, and `clear_output` empties the cell.

    Parameters
    ----------
    limit : int
        Bytes that are kept; what comes after is dropped. Errors have a limit of their own.
    run : int
        The run's number.
    display_ids : DisplayIds
        Of all runs of the notebook.

    Attributes
    ----------
    updates : list of dict
        Outputs of earlier runs that this one changed: `run`, `output` (its position), `data` and
        `metadata`.
    """

    def __init__(self, limit: int, run: int = 0, display_ids: DisplayIds | None = None) -> None:
        self.updates: list[dict[str, Any]] = []
        self._limit = limit
        self._run = run
        self._display_ids = DisplayIds() if display_ids is None else display_ids
        self._clear_before_next = False
        self._start_empty()

    def _start_empty(self) -> None:
        self._outputs: list[Output] = []
        self._text: list[str] = []  # of the last output, if it is a stream
        self._used = 0
        self._error_bytes = 0
        self._dropped = False

    @property
    def room(self) -> int:
        """Bytes that may still come."""
        if self._clear_before_next:
            return self._limit
        return 0 if self._dropped else max(0, self._limit - self._used)

    def finish(self) -> list[Output]:
        """Return the outputs, in the order in which they were written."""
        self._close_stream()
        return self._outputs

    def stream(self, name: str, text: str) -> None:
        """Add text of stdout or stderr."""
        if not text:
            return
        if not text.isascii():  # one half of a surrogate pair cannot be stored
            text = text.encode("utf-8", "replace").decode()
        if self._dropped and not self._clear_before_next:
            return
        self._clear_if_due()
        size = size_of(text)
        if size > self.room:
            text = cut(text, self.room)
            self._put_text(name, text)
            self.drop()
        else:
            self._put_text(name, text)
            self._used += size

    def _put_text(self, name: str, text: str) -> None:
        last = self._outputs[-1] if self._outputs else None
        if last is None or last["output_type"] != "stream" or last["name"] != name:
            self._close_stream()
            self._outputs.append({"output_type": "stream", "name": name, "text": ""})
        self._text.append(text)

    def _close_stream(self) -> None:
        # The pieces are joined once: to add each to a long text would take quadratic time.
        if self._text:
            self._outputs[-1]["text"] += "".join(self._text)
            self._text = []

    def drop(self) -> None:
        """Say, once, that there was more."""
        if not self._dropped:
            self._dropped = True
            self._put_text("stdout", f"\n… output beyond {self._limit:,} bytes was dropped\n")

    def message(self, kind: str, content: dict[str, Any]) -> None:
        """Add what a kernel would have sent: content as Jupyter's messaging defines it."""
        if kind == "error":
            self.error(content["ename"], content["evalue"], content["traceback"])
        elif kind == "clear_output":
            self._clear_before_next = bool(content.get("wait"))
            if not self._clear_before_next:
                self._clear()
        elif kind in ("execute_result", "display_data", "update_display_data"):
            self._display(kind, content)

    def _clear_if_due(self) -> None:
        if self._clear_before_next:
            self._clear()

    def _clear(self) -> None:
        self._clear_before_next = False
        self._start_empty()
        self._display_ids.forget(self._run)

    def _display(self, kind: str, content: dict[str, Any]) -> None:
        data, metadata = content["data"], content["metadata"]
        display_id = (content.get("transient") or {}).get("display_id")
        if display_id:
            self._update(display_id, data, metadata)
        if kind == "update_display_data":
            return
        self._clear_if_due()
        if not self._afford(data, metadata):
            return
        self._close_stream()
        output = {"output_type": kind, "data": data, "metadata": metadata}
        if kind == "execute_result":
            output["execution_count"] = content["execution_count"]
        if display_id:
            self._display_ids.add(display_id, self._run, len(self._outputs))
        self._outputs.append(output)

    def _update(self, display_id: str, data: Any, metadata: Any) -> None:
        for run, position in self._display_ids.of(display_id):
            if not self._afford(data, metadata):
                return
            change = {"data": data, "metadata": metadata}
            if run != self._run:
                self.updates.append({"run": run, "output": position} | change)
            elif position < len(self._outputs):
                before = self._outputs[position]
                self._used -= size_of((before["data"], before["metadata"]))
                before.update(change)

    def _afford(self, *values: Any) -> bool:
        size = size_of(values)
        if size > self.room:
            self.drop()
            return False
        self._used += size
        return True

    def error(self, name: str, message: str, traceback: list[str]) -> None:
        """Add an error. It stands even where other output is dropped."""
        self._clear_if_due()
        traceback = [shorten(str(part)) for part in traceback]
        excess = size_of(traceback) - ERROR_BYTES // 2
        if excess > 0:  # the ends tell most
            middle = len(traceback) // 2
            end = traceback[middle:]
            while traceback[:middle] and excess > 0:
                middle -= 1
                excess -= size_of(traceback[middle]) + size_of(end.pop(0))
            traceback = [*traceback[:middle], "…", *end]
        output = {
            "output_type": "error",
            "ename": shorten(str(name)),
            "evalue": shorten(str(message)),
            "traceback": traceback,
        }
        self._error_bytes += size_of(output)
        if self._error_bytes <= ERROR_BYTES:
            self._close_stream()
            self._outputs.append(output)

    def add(self, output: Output) -> None:
        """Add an output as it is."""
        self._clear_if_due()
        self._close_stream()
        self._outputs.append(output)


def size_of(value: Any) -> int:
    """Bytes of the text in a JSON value, about."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode("utf-8", "replace"))
    if isinstance(value, dict):
        return sum(size_of(key) + size_of(item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return sum(map(size_of, value)) + 2
    return 8


def cut(text: str, size: int) -> str:
    """The beginning of a text, at most `size` bytes."""
    return text[:size].encode("utf-8", "replace")[:size].decode("utf-8", "ignore")


def shorten(text: str) -> str:
    """A part of an error, without the middle if it is long."""
    if len(text) <= ERROR_PART_BYTES // 4:  # four bytes a character at most
        return text
    if size_of(text) <= ERROR_PART_BYTES:
        return text.encode("utf-8", "replace").decode()
    half = ERROR_PART_BYTES // 2
    end = text[-half:].encode("utf-8", "replace")[-half:].decode("utf-8", "ignore")
    return f"{cut(text, half)} … {end}"
