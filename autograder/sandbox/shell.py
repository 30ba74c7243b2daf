"""Run the cells of a notebook as a Jupyter kernel does, without a kernel.

A `Shell` is made once, in a process that then forks; each child runs one notebook. It is
ipykernel's own shell with a session that keeps the messages instead of sending them, so that
what a cell shows is what a kernel would have shown. There are no sockets, threads or files.

The code that it runs is the student's, and can wreck everything here. Nothing may depend on what
comes back, but that some day something comes back or the process ends.
"""

from __future__ import annotations

import asyncio
import atexit
import builtins
import contextlib
import dataclasses
import getpass
import importlib
import inspect
import os
import shutil
import signal
import sys
import tempfile
import types
import weakref
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, cast

from ipykernel import kernelbase, zmqshell
from ipykernel.compiler import XCachingCompiler
from IPython.core.application import ProfileDir
from IPython.core.error import UsageError
from jupyter_client.session import Session
from traitlets import Any as AnyTrait
from traitlets.config import Config

from autograder.sandbox.capture import Capture
from autograder.sandbox.outputs import TIMEOUT_ERROR, CellOutputs, DisplayIds, Output
from autograder.sandbox.rehearsal import rehearse

#: Seconds after which a cell that goes on after its time is interrupted again.
AGAIN = 0.5

#: Seconds to show an error, or figures, even when the time is up.
SHOWING = 5.0

#: Names that IPython binds itself.
IPYTHON_NAMES = frozenset({"In", "Out", "exit", "quit", "get_ipython", "open"})


@dataclasses.dataclass
class CellRun:
    """What came of a cell.

    Attributes
    ----------
    outputs : list of dict
        As in a notebook (nbformat 4), nothing but what JSON has.
    execution_count : int
        The number in the cell's prompt.
    bound, removed : list of str
        Names that the cell has bound to another object, or removed; not those with a leading
        underscore, nor IPython's own.
    timed_out : bool
        Whether its time was up.
    updates : list of dict
        What it changed of earlier runs: see `CellOutputs.updates`.
    """

    outputs: list[Output]
    execution_count: int
    bound: list[str]
    removed: list[str]
    timed_out: bool = False
    updates: list[dict[str, Any]] = dataclasses.field(default_factory=list)


class _KeptMessages(Session):
    """A session that hands over its messages instead of sending them."""

    receive = AnyTrait()

    def send(self, stream: Any, msg_or_type: Any, content: Any = None, *_: Any, **__: Any) -> None:
        """Hand over a message's type and content."""
        kind = msg_or_type
        if isinstance(msg_or_type, dict):
            kind, content = msg_or_type["msg_type"], msg_or_type["content"]
        # There and back, so that it is what a frontend would have got, or an error.
        self.receive(kind, self.unpack(self.pack(content)))


class _Compiler(XCachingCompiler):
    """Names cells as a kernel does; warnings and errors show the names."""

    def cache(self, *arguments: Any, **options: Any) -> str:
        """Name a cell and keep its source for tracebacks."""
        name: str = super().cache(*arguments, **options)
        # A traceback asks several times which module the file belongs to; without an answer here,
        # `inspect` looks through all modules each time, and TensorFlow has thousands.
        inspect.modulesbyfile[name] = "__main__"
        return name


class ZMQInteractiveShell(zmqshell.ZMQInteractiveShell):
    """A kernel's shell without a kernel.

    It has its parent's name, for by that name libraries know that they are in a notebook: rich,
    which Keras draws its summaries with, or tqdm.
    """

    def enable_gui(self, gui: Any = None) -> None:
        """Refuse windows; figures need none."""
        if gui not in (None, "inline"):
            raise UsageError(f"Invalid GUI request {gui!r}: there is no display.")

    @contextlib.contextmanager
    def _tee(self, channel: str) -> Iterator[None]:
        # IPython keeps a copy of all output in its history, without limit.
        yield

    def _format_exception_for_storage(self, *_: Any, **__: Any) -> dict[str, Any]:
        # Nor does the history need each traceback, formatted once more.
        return {}

    def showtraceback(self, *arguments: Any, **options: Any) -> None:
        """Show the exception, also when the time is up."""
        with _unhurried():
            super().showtraceback(*arguments, **options)


def _profile() -> ProfileDir:
    """An IPython profile in a folder of its own, which this process removes."""
    folder = tempfile.mkdtemp(prefix="ipython_")
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return ProfileDir(location=folder)


def _new_ipython(capture: Capture) -> Any:
    # As ipykernel does: figures appear in the cell.
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    config.IPCompleter.use_jedi = False
    profile = _profile()
    ipython = ZMQInteractiveShell.instance(
        config=config,
        profile_dir=profile,
        ipython_dir=profile.location,
        user_ns={},
        compiler_class=_Compiler,
        # `exit()` asks it to stop its event loop; `input()` asks it whether there is someone.
        kernel=types.SimpleNamespace(eventloop=None, _allow_stdin=False),
    )
    session = _KeptMessages(receive=capture.message)
    for publisher in (ipython.displayhook, ipython.display_pub):
        publisher.set_trait("session", session)
    return ipython


@contextlib.contextmanager
def _time_limit(seconds: float | None) -> Iterator[None]:
    """Raise `KeyboardInterrupt` in the body after `seconds`, again and again.

    A single one could fall into the student's own `except:`.
    """
    if seconds is None:
        yield
        return
    # Python's own handler is no Python function, so the traceback does not show it.
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        _stop_timer()
        if signal.getsignal(signal.SIGALRM) is signal.default_int_handler:
            signal.signal(signal.SIGALRM, before or signal.SIG_DFL)


def _stop_timer() -> None:
    while True:
        try:
            signal.setitimer(signal.ITIMER_REAL, 0)
            return
        except KeyboardInterrupt:  # it rang just then
            continue


@contextlib.contextmanager
def _unhurried() -> Iterator[None]:
    """Let the body take some time even when the cell's is up."""
    left, again = signal.getitimer(signal.ITIMER_REAL)
    if not again:  # no limit, or the student's own timer
        yield
        return
    start = monotonic()
    signal.setitimer(signal.ITIMER_REAL, max(left, SHOWING), again)
    try:
        yield
    finally:
        left = max(left - (monotonic() - start), again)
        signal.setitimer(signal.ITIMER_REAL, left, again)


def _no_input() -> dict[tuple[Any, str], Any]:
    """What takes the place of functions that ask someone: ipykernel's, for their message."""
    kernel = types.SimpleNamespace(_allow_stdin=False)
    return {
        (builtins, "input"): partial(kernelbase.Kernel.raw_input, cast(Any, kernel)),
        (getpass, "getpass"): partial(kernelbase.Kernel.getpass, cast(Any, kernel)),
    }


def _reference_to(value: Any) -> Callable[[], Any]:
    return lambda: value


def _references(namespace: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """For each name, a weak reference to its value, or the value if it has none.

    Values must be told apart by identity. An `id` could be given out again after `del`, and to
    hold on to a large array would change what the student measures.
    """
    references: dict[str, Callable[[], Any]] = {}
    for name, value in list(namespace.items()):
        if type(name) is str and not name.startswith("_") and name not in IPYTHON_NAMES:
            try:
                references[name] = weakref.ref(value)
            except TypeError:
                references[name] = _reference_to(value)
    return references


def _changes(
    before: dict[str, Callable[[], Any]], namespace: dict[str, Any]
) -> tuple[list[str], list[str]]:
    """Names that are bound to another object than before, and names that are gone."""
    bound = [
        name
        for name, value in list(namespace.items())
        if type(name) is str
        and not name.startswith("_")
        and name not in IPYTHON_NAMES
        and (name not in before or before[name]() is not value)
    ]
    return bound, [name for name in before if name not in namespace]


class Shell:
    """IPython in a process that forks, and in its children.

    From then on `sys.stdout` and `sys.stderr` are the cell's. Until the first cell runs, they lead
    where they led before.

    Parameters
    ----------
    preload : sequence of str
        Modules to import, for all children. Better here than before: some libraries keep
        `sys.stderr` when they are imported, and what is imported makes a first traceback slow.
    """

    def __init__(self, preload: Sequence[str] = ()) -> None:
        self._capture = Capture()
        self._capture.install()
        self._ipython = _new_ipython(self._capture)
        for name in preload:
            importlib.import_module(name)
        self._display_ids = DisplayIds()
        self._runs = 0
        self._process: int | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        with self._capture.into(CellOutputs(1_000_000)):
            rehearse(self._ipython)

    @property
    def user_ns(self) -> dict[str, Any]:
        """The names that the notebook has defined, and IPython's."""
        return cast("dict[str, Any]", self._ipython.user_ns)

    @property
    def exit_asked(self) -> bool:
        """Whether a cell has called `exit()`. A kernel ends then, after the cell."""
        return bool(self._ipython.exit_now)

    @contextlib.contextmanager
    def capturing(self, output_bytes: int) -> Iterator[CellOutputs]:
        """Collect what the body writes, as if it were a cell.

        Parameters
        ----------
        output_bytes : int
            Bytes that are kept.

        Yields
        ------
        CellOutputs
            After the body, its `finish` returns the outputs.
        """
        self._become_a_runner()
        self._runs += 1
        outputs = CellOutputs(output_bytes, self._runs, self._display_ids)
        with self._capture.into(outputs):
            yield outputs

    def run(
        self, source: str, *, seconds: float | None, output_bytes: int, store_history: bool = True
    ) -> CellRun:
        """Run a cell, in the main thread (for the time limit).

        Parameters
        ----------
        source : str
            The cell's text. A blank one does nothing (nbclient does not send it at all).
        seconds : float, optional
            After this time it is interrupted; a cell that ignores that goes on.
        output_bytes : int
            Bytes of output that are kept.
        store_history : bool
            Whether it counts: the next cell gets the next number.

        Returns
        -------
        CellRun
            Whatever the cell raised is among its outputs.
        """
        count = self._ipython.execution_count
        if not source or source.isspace():
            return CellRun([], count - 1, [], [])
        before = _references(self.user_ns)
        start = monotonic()
        with self.capturing(output_bytes) as outputs:
            try:
                with _time_limit(seconds):
                    self._run_in_loop(source, store_history)
            except BaseException as error:  # noqa: BLE001 - it wrecked the shell
                _stop_timer()
                self._say_that_it_broke(outputs, error)
        timed_out = seconds is not None and monotonic() - start >= seconds
        if timed_out:
            outputs.add(dict(TIMEOUT_ERROR))
        bound, removed = _changes(before, self.user_ns)
        return CellRun(outputs.finish(), count, bound, removed, timed_out, outputs.updates)

    def _become_a_runner(self) -> None:
        """Make what a forked process must not share with its parent."""
        if self._process == os.getpid():
            return
        self._process = os.getpid()
        self._capture.attach()
        self._loop = None
        self._ipython.history_manager.dir_hist[:] = [Path.cwd()]
        if random := sys.modules.get("numpy.random"):
            # All children would draw the same numbers. Python's own generator sees to itself.
            random.seed()

    def _run_in_loop(self, source: str, store_history: bool) -> None:
        # As in a kernel, there is a running event loop: `await`, `asyncio.create_task(…)`.
        if self._loop is None or self._loop.is_closed():
            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        task = self._loop.create_task(self._execute(source, store_history))
        try:
            while not task.done():
                try:
                    self._loop.run_until_complete(task)
                except KeyboardInterrupt:
                    # The cell was waiting for something. This ends that, and shows where it was.
                    task.cancel()
            if not task.cancelled():
                task.result()
        except BaseException:
            task.cancel()
            self._loop = None  # the student has stopped it, or worse
            raise

    async def _execute(self, source: str, store_history: bool) -> None:
        """Do what `IPythonKernel.do_execute` does."""
        ipython = self._ipython
        failure = None
        try:
            cell = ipython.transform_cell(source)
        except Exception:  # noqa: BLE001 - the student's input transformers
            cell, failure = source, sys.exc_info()
        result = None
        with self._nobody_to_ask():
            try:
                result = await ipython.run_cell_async(
                    source,
                    store_history=store_history,
                    transformed_cell=cell,
                    preprocessing_exc_tuple=failure,
                )
            except BaseException:  # noqa: BLE001 - between the student's statements
                ipython.showtraceback(running_compiled_code=True)
            finally:
                with _unhurried():
                    ipython.events.trigger("post_execute")  # shows figures
                    ipython.events.trigger("post_run_cell", result)
                    ipython.payload_manager.clear_payload()

    @staticmethod
    @contextlib.contextmanager
    def _nobody_to_ask() -> Iterator[None]:
        replaced = {}
        for (module, name), function in _no_input().items():
            replaced[module, name] = getattr(module, name, None)
            setattr(module, name, function)
        try:
            yield
        finally:
            for (module, name), function in replaced.items():
                setattr(module, name, function)

    @staticmethod
    def _say_that_it_broke(outputs: CellOutputs, error: BaseException) -> None:
        name = type(error).__name__
        try:
            message = str(error)
        except BaseException:  # noqa: BLE001 - of a class of the student's
            message = ""
        outputs.error(name, message, [f"{name}: {message}"])
