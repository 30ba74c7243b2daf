"""Run one cell of the instructor's in this process, and give its outputs as a kernel would."""

from __future__ import annotations

import ast
import base64
import contextlib
import functools
import io
import linecache
import marshal
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type

from autograder.judging.namespace import JudgeNamespace
from autograder.judging.proxies import CannotCross, CellTimeout, RunnerGone, Session
from autograder.sandbox.outputs import shorten

_HERE = str(Path(__file__).parent)

#: Parts of a traceback that are kept, the last ones.
LONGEST_TRACEBACK = 100

Output = dict[str, Any]


class Outputs:
    """Outputs of one cell, within a limit.

    Parameters
    ----------
    limit : int
        Bytes; what comes after is dropped, except for errors.
    """

    def __init__(self, limit: int) -> None:
        self.found: list[Output] = []
        self._limit = limit
        self._used = 0

    def _fits(self, size: int) -> bool:
        used, self._used = self._used, self._used + size
        if self._used <= self._limit:
            return True
        if used <= self._limit:
            text = f"\n… output beyond {self._limit:,} bytes was dropped\n"
            self.found.append(stream("stdout", text))
        return False

    def write(self, name: str, text: str) -> None:
        """Add text to a stream."""
        text = storable(text)
        if not text or not self._fits(len(text)):
            return
        last = self.found[-1] if self.found else {}
        if last.get("output_type") == "stream" and last.get("name") == name:
            last["text"] += text
        else:
            self.found.append(stream(name, text))

    def add(self, output: Output) -> None:
        """Add another output."""
        if "data" in output:
            output["data"] = {mime: _as_json(value) for mime, value in output["data"].items()}
        if self._fits(len(repr(output.get("data", "")))):
            self.found.append(output)

    def clear(self) -> None:
        """Drop what there is so far, as `IPython.display.clear_output` asks."""
        self.found.clear()


def storable(text: str) -> str:
    """A text without halves of surrogate pairs, which no notebook can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _as_json(value: Any) -> Any:
    if isinstance(value, bytes):  # a picture
        return base64.b64encode(value).decode("ascii")
    return storable(value) if isinstance(value, str) else value


def stream(name: str, text: str) -> Output:
    """Text that was printed."""
    return {"output_type": "stream", "name": name, "text": text}


def error_output(name: str, message: str) -> Output:
    """An error with the message as its whole traceback."""
    return {
        "output_type": "error",
        "ename": name,
        "evalue": message,
        "traceback": [f"{name}: {message}"],
    }


class _Stream(io.TextIOBase):
    """``sys.stdout`` or ``sys.stderr`` while a cell runs."""

    encoding = "utf-8"

    def __init__(self, name: str, outputs: Outputs) -> None:
        self._name, self._outputs = name, outputs

    def write(self, text: str) -> int:
        self._outputs.write(self._name, text)
        return len(text)

    def writable(self) -> bool:
        return True


class _Publisher(DisplayPublisher):
    """Takes what `display` shows."""

    outputs: Outputs | None = None

    def publish(
        self, data: Any, metadata: Any = None, *args: Any, update: bool = False, **rest: Any
    ) -> None:
        if self.outputs is not None and not update:
            self.outputs.add(
                {"output_type": "display_data", "data": dict(data), "metadata": metadata or {}}
            )

    def clear_output(self, wait: bool = False) -> None:
        if self.outputs is not None:
            self.outputs.clear()


class _JudgeShell(InteractiveShell):
    """Knows how IPython shows values and tracebacks; no cell is run by it."""

    display_pub_class = Type(_Publisher)
    displayhook_class = Type(DisplayHook)

    def init_history(self) -> None:
        self.history_manager = None

    def init_io(self) -> None:
        pass

    def init_virtualenv(self) -> None:
        pass

    def init_sys_modules(self) -> None:
        pass

    def atexit_operations(self) -> None:
        pass


class CellRunner:
    """Runs cells in this process, one at a time."""

    def __init__(self) -> None:
        self.shell: Any = _JudgeShell.instance()
        self.shell.colors = "linux"  # as in a Jupyter kernel
        if "matplotlib" in sys.modules:
            self._show_figures_as_png()

    def _show_figures_as_png(self) -> None:
        from IPython.core.pylabtools import select_figure_formats

        select_figure_formats(self.shell, {"png"}, bbox_inches="tight")

    def run(
        self,
        source: str,
        namespace: JudgeNamespace,
        session: Session,
        *,
        count: int,
        seconds: float,
        output_bytes: int,
    ) -> list[Output]:
        """Run a cell.

        Parameters
        ----------
        source : str
            The instructor's; a student's source never comes here.
        namespace : JudgeNamespace
        session : Session
        count : int
            The cell's number, as in ``In [3]``.
        seconds : float
            How long it may run.
        output_bytes : int
            How much it may show.

        Returns
        -------
        list of dict
            Outputs in nbformat's form; the last is an error if the cell did not get to its end.

        Raises
        ------
        RunnerGone
            If the student's process is lost; outputs so far are in its attribute `outputs`.
        """
        outputs = Outputs(output_bytes)
        self.shell.display_pub.outputs = outputs
        self.shell.execution_count = count
        session.deadline, session.expired = time.monotonic() + seconds, False
        try:
            with _streams(outputs), _cell_time(seconds, session):
                try:
                    self._execute(source, namespace, count, outputs)
                finally:
                    self._flush_figures()
        except RunnerGone:
            pass  # the session knows
        except CellTimeout:
            session.expired = True
        except BaseException as error:  # noqa: BLE001 - a test raises what it likes
            outputs.found.append(self._error(error))
        finally:
            self.shell.display_pub.outputs = None
            session.deadline = float("inf")
        # Looked at here and not where it was raised: a test with a bare `except` must not go on
        # as if nothing had been.
        if session.gone is not None:
            gone = RunnerGone(session.gone)
            gone.outputs = outputs.found  # type: ignore[attr-defined]
            raise gone
        if session.expired:
            message = f"this cell ran for more than {seconds:g} seconds."
            outputs.found.append(error_output("CellTimeoutError", message))
        return outputs.found

    def _execute(
        self, source: str, namespace: JudgeNamespace, count: int, outputs: Outputs
    ) -> None:
        name = f"<judged-{count}>"
        # A copy for each: after some runs Python rewrites a code, and tracebacks look different.
        body, last = marshal.loads(_compiled(source, name))
        lines = source.splitlines(keepends=True)
        linecache.cache[name] = (len(source), None, lines, name)
        self.shell.compile._filename_map[name] = count  # "Cell In[3]" in tracebacks
        namespace.begin_cell()
        if body is not None:
            exec(body, namespace)
        if last is None:
            return
        value = eval(last, namespace)
        if value is not None:
            data, metadata = self.shell.display_formatter.format(value)
            if data:
                outputs.add(
                    {
                        "output_type": "execute_result",
                        "execution_count": count,
                        "data": data,
                        "metadata": metadata,
                    }
                )

    def _flush_figures(self) -> None:
        """Show figures that are still open, as the inline backend does at a cell's end."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is None or not pyplot.get_fignums():
            return
        from IPython.display import display

        self._show_figures_as_png()
        try:
            for number in pyplot.get_fignums():
                display(pyplot.figure(number))
        finally:
            pyplot.close("all")

    def _error(self, error: BaseException) -> Output:
        """An error as Jupyter shows it, without the frames of this package."""
        name = type(error).__name__
        text = _safe_text(error)
        error.__traceback__ = _without_own_frames(error.__traceback__)
        render = getattr(error, "_render_traceback_", None)
        try:
            if render is not None:
                shown = list(render())
            else:
                shown = self.shell.InteractiveTB.structured_traceback(
                    type(error), error, error.__traceback__, tb_offset=0
                )
        except Exception:  # noqa: BLE001 - the message is better than nothing
            shown = [f"{name}: {text}"]
        lines = getattr(error, "student_lines", None)
        if lines:
            shown = [*shown, "", "raised in the answer, at", *lines[-3:]]
        return {
            "output_type": "error",
            "ename": name,
            "evalue": storable(text),
            # A message may quote what was returned, in full.
            "traceback": [shorten(storable(line)) for line in shown[-LONGEST_TRACEBACK:]],
        }


def _safe_text(error: BaseException) -> str:
    try:
        return str(error)[:10_000]
    except Exception:  # noqa: BLE001 - an instructor's exception may be odd too
        return ""


def _without_own_frames(trace: TracebackType | None) -> TracebackType | None:
    kept = []
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith(_HERE):
            kept.append(trace)
        trace = trace.tb_next
    following = None
    for part in reversed(kept):
        following = TracebackType(following, part.tb_frame, part.tb_lasti, part.tb_lineno)
    return following


@functools.lru_cache(maxsize=1024)
def _compiled(source: str, name: str) -> bytes:
    """A cell as code, for `marshal`: all but its last expression, and that; either may be None.

    The same for every submission.
    """
    try:
        module = ast.parse(source, name)
    except SyntaxError:
        module = ast.parse(_without_magics(source), name)
    last = None
    shows = not source.rstrip().endswith(";")
    if module.body and isinstance(module.body[-1], ast.Expr) and shows:
        last = ast.Expression(module.body.pop().value)  # type: ignore[attr-defined]
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    codes = (
        compile(module, name, "exec", flags, dont_inherit=True) if module.body else None,
        compile(last, name, "eval", flags, dont_inherit=True) if last is not None else None,
    )
    import inspect

    if any(code is not None and code.co_flags & inspect.CO_COROUTINE for code in codes):
        raise CannotCross(
            "This test waits with `await` outside of a function, which the judge does not do. The "
            "course's configuration can let this test run in the sandbox instead."
        )
    return marshal.dumps(codes)


#: Magics that change nothing here: figures are shown in any case.
_HARMLESS = ("matplotlib", "config", "load_ext", "autoreload", "reload_ext")


def _without_magics(source: str) -> str:
    """A cell as plain Python, if its magics are harmless."""
    transformed = TransformerManager().transform_cell(source)
    lines = []
    for line in transformed.splitlines():
        if "get_ipython()" in line:
            start = line.lstrip()
            if not any(start.startswith(f"get_ipython().run_line_magic('{magic}'")
                       for magic in _HARMLESS):  # fmt: skip
                raise CannotCross(
                    "This test uses a magic or a shell command, which the judge does not run. The "
                    "course's configuration can let this test run in the sandbox instead."
                )
            line = line[: len(line) - len(start)] + "pass"
        lines.append(line)
    return "\n".join(lines)


@contextlib.contextmanager
def _streams(outputs: Outputs) -> Iterator[None]:
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Stream("stdout", outputs), _Stream("stderr", outputs)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


@contextlib.contextmanager
def _cell_time(seconds: float, session: Session) -> Iterator[None]:
    """Raise `CellTimeout` in the body after `seconds`, but not while an answer is waited for."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def strike(signum: int, frame: FrameType | None) -> None:
        if not session.waiting and session.gone is None:
            session.expired = True
            raise CellTimeout

    before = signal.signal(signal.SIGALRM, strike)
    # It rings again and again: while the runner is asked, it has to wait.
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001), 0.25)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
