"""Run a submission's cells, and come back whatever they do.

nbgrader's own step waits for its time-out again at every cell of a kernel that hangs, and raises
when a kernel dies, which leaves the submission without a score. Here a submission that hangs or
dies keeps the points of the tests that ran, and the others fail with the reason.
"""

from __future__ import annotations

import subprocess
import time
from typing import Any

from jupyter_client.manager import KernelManager
from jupyter_core.utils import run_sync
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import Execute
from traitlets import Integer

from autograder.notes import add_note


def error_output(name: str, message: str) -> NotebookNode:
    """An error as a cell's output, with the message as its whole traceback."""
    return new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])


class RunSubmission(Execute):
    """Run the cells in a Jupyter kernel, within limits."""

    cell_seconds = Integer(30, help="Seconds one cell may run.").tag(config=True)
    submission_seconds = Integer(
        120, help="Seconds all cells of a submission may run, taken together."
    ).tag(config=True)
    output_bytes = Integer(
        1_000_000, help="Bytes of output one cell may produce; what comes after is dropped."
    ).tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: Any = None, km: KernelManager | None = None
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Run every code cell of `nb`; outputs are written into it."""
        self._stopped: str | None = None
        self._deadline = time.monotonic() + self.submission_seconds
        self._output_bytes: dict[int, int] = {}
        self.timeout_func = self._seconds_left
        nb, resources = super().preprocess(nb, resources, km)
        if self._stopped is not None:
            add_note(nb, f"The cells did not all run: {self._stopped}.")
        return nb, resources

    async def async_start_new_kernel(self, **options: Any) -> None:
        """Start the kernel without letting it write on the instructor's screen.

        What cells write comes back as messages; ipykernel repeats on its own stderr what is
        written past Python, and warns there of itself.
        """
        options |= {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        await super().async_start_new_kernel(**options)

    # nbclient calls this name, which it binds to its own coroutine.
    start_new_kernel = run_sync(async_start_new_kernel)

    def _seconds_left(self, cell: NotebookNode) -> int:
        left = self._deadline - time.monotonic()
        return max(1, min(self.cell_seconds, round(left)))

    def preprocess_cell(
        self, cell: NotebookNode, resources: Any, index: int
    ) -> tuple[NotebookNode, Any]:
        """Run one cell, or say why it did not run."""
        if cell.cell_type != "code":
            return cell, resources
        if self._stopped is None and time.monotonic() > self._deadline:
            self._stopped = (
                f"the notebook's cells had used up their {self.submission_seconds} seconds"
            )
        if self._stopped is not None:
            cell.outputs = [error_output("NotRun", f"this cell did not run: {self._stopped}.")]
            return cell, resources
        place = f"cell {index + 1}"
        try:
            return super().preprocess_cell(cell, resources, index)
        except DeadKernelError:
            message = "the Python process ended while this cell ran, so no later cell could run."
            self._stopped = f"the Python process ended in {place}"
            cell.outputs.append(error_output("ProcessEnded", message))
        except CellTimeoutError:
            # The kernel was interrupted and went on all the same.
            message = (
                f"this cell ran for more than {self.cell_seconds} seconds and ignored the "
                "interrupt, so no later cell could run."
            )
            self._stopped = f"{place} did not end and ignored the interrupt"
            cell.outputs.append(error_output("CellTimeoutError", message))
        return cell, resources

    def output(
        self, outs: list[NotebookNode], msg: dict[str, Any], display_id: str, cell_index: int
    ) -> NotebookNode | None:
        """Take one output from the kernel, unless the cell has said enough."""
        used = self._output_bytes.get(cell_index, 0)
        self._output_bytes[cell_index] = used + len(repr(msg["content"]))
        if self._output_bytes[cell_index] <= self.output_bytes or msg["msg_type"] == "error":
            return super().output(outs, msg, display_id, cell_index)
        if used <= self.output_bytes:
            text = f"\n… output beyond {self.output_bytes:,} bytes was dropped\n"
            outs.append(new_output("stream", name="stdout", text=text))
        return None
