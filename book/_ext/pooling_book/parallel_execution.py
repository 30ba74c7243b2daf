"""Run the code of several chapters side by side, before Sphinx reads them one after another.

myst-nb runs a chapter's code when Sphinx reads the chapter, and takes the outputs from its cache
when the code has not changed. This module fills that cache first: it asks myst-nb what it would
run, runs all of it at the same time in as many Jupyter kernels as there are cores, and stores the
outputs under myst-nb's own key, so that myst-nb then finds every chapter in its cache.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import joblib
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from jupyter_client.kernelspec import NoSuchKernel
from myst_nb.core.execute import create_client
from myst_nb.core.execute.cache import NotebookClientCache
from myst_nb.core.nb_to_tokens import nb_node_to_dict
from myst_nb.core.read import MystMetadataParsingError, create_nb_reader
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbclient.util import ensure_async
from nbconvert.filters.ansi import strip_ansi
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import SphinxError
from sphinx.util import logging

from pooling_book.chapter_checks import Cell, code_cells

LOGGER = logging.getLogger(__name__)

#: How many threads TensorFlow and NumPy's libraries start, each by default one for each core.
THREADS = (
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
)

#: What calls of a chapter that trains a network look like.
TRAINING = (".fit(", ".apply_gradients(")

#: What a chapter's code can do; anything else is a fault of this module and is not caught.
FAILURES = (CellExecutionError, CellTimeoutError, DeadKernelError, NoSuchKernel, RuntimeError)


class ChapterError(SphinxError):
    """Chapters whose code failed; the text names each with its line."""

    category = "The code of a chapter failed"


@dataclass
class Run:
    """One chapter to run, and what became of it.

    Attributes
    ----------
    docname : str
        The chapter as Sphinx calls it, such as ``"book/what-is-pooling"``.
    client : NotebookClientCache
        myst-nb's client, which knows the notebook, its path and its settings.
    index : int
        The cell that was started last; -1 before the first.
    seconds : float
        Time from the start of the kernel to its end.
    error : Exception or None
        What stopped the chapter, if anything did.
    """

    docname: str
    client: NotebookClientCache
    index: int = -1
    seconds: float = 0.0
    error: Exception | None = None

    @property
    def notebook(self) -> NotebookNode:
        """The notebook, which receives the outputs while it runs."""
        return self.client.notebook

    @property
    def line(self) -> int:
        """The line of the source in which the cell begins that was started last."""
        return self.client.cell_line(max(self.index, 0))

    @property
    def cell(self) -> Cell | None:
        """The code cell that was started last, as the chapter's source has it."""
        text = Path(self.client.path).read_text(encoding="utf-8")
        # myst-nb counts from the fence or from the line before it.
        return next((cell for cell in code_cells(text) if abs(cell.line - self.line) <= 1), None)

    def report(self) -> tuple[str, str, str]:
        """Return the place at which the chapter stopped, why, and what the cell had printed."""
        cell = self.cell
        reason, details = f"{type(self.error).__name__}: {self.error}", ""
        if isinstance(self.error, CellTimeoutError):
            reason = "CellTimeoutError: the cell did not finish in time"
        elif isinstance(self.error, DeadKernelError):
            reason = "DeadKernelError: the cell ended its process (a crash, or not enough memory)"
        elif isinstance(self.error, CellExecutionError):
            reason = f"{self.error.ename}: {self.error.evalue}"
            details = strip_ansi(str(self.error)).strip()
        place = f"{self.client.path}:{cell.line if cell else self.line}"
        return place, f"{cell or 'a code cell'}, failed: {reason}", details


def cache_client(app: Sphinx, docname: str) -> NotebookClientCache | None:
    """Return myst-nb's client for a chapter, if it would use its cache for it.

    This follows ``myst_nb.sphinx_.Parser.parse`` up to the point where the code would run.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application, past ``builder-inited``.
    docname : str
        The page.

    Returns
    -------
    NotebookClientCache or None
        None for pages without code, in other modes than ``cache``, and for pages that cannot be
        read, which myst-nb reports itself.
    """
    env = app.env
    path = str(env.doc2path(docname))
    text = Path(path).read_text(encoding=app.config.source_encoding)
    config = env.mystnb_config  # type: ignore[attr-defined]
    reader = create_nb_reader(path, env.myst_config, config, text)  # type: ignore[attr-defined]
    if reader is None:
        return None
    try:
        notebook = reader.read(text)
    except MystMetadataParsingError:
        return None
    if config.kernel_rgx_aliases:
        return None  # rare, and would change the notebook's key
    overrides = nb_node_to_dict(notebook.metadata.get(config.metadata_key, {}))
    overrides.pop("output_folder", None)
    # myst-nb warns of settings that it does not know, and keeps its own.
    with contextlib.suppress(TypeError, ValueError):
        config = config.copy(**overrides)
    client = create_client(notebook, path, config, LOGGER, reader.read_fmt)
    has_code = any(cell.cell_type == "code" for cell in notebook.cells)
    return client if has_code and isinstance(client, NotebookClientCache) else None


def open_cache(client: NotebookClientCache) -> JupyterCacheAbstract:
    """Return the cache that myst-nb will look into."""
    return get_cache(client.nb_config.execution_cache_path or ".jupyter_cache")


def is_cached(client: NotebookClientCache) -> bool:
    """Whether myst-nb will find the chapter's outputs in its cache."""
    try:
        open_cache(client).match_cache_notebook(client.notebook)
    except KeyError:
        return False
    return True


def longest_first(runs: list[Run]) -> list[Run]:
    """Sort chapters so that no long one is left to the end, when the other cores are idle.

    Parameters
    ----------
    runs : list of Run
        At least one chapter.

    Returns
    -------
    list of Run
        First those that never ran, and of them those that train networks, by the length of their
        code; then the others, by the seconds that they took last.
    """
    seconds = {
        record.uri: record.data.get("execution_seconds", 0.0)
        for record in open_cache(runs[0].client).list_cache_records()
    }

    def cost(run: Run) -> tuple[float, bool, int]:
        code = "".join(cell.source for cell in run.notebook.cells if cell.cell_type == "code")
        trains = any(call in code for call in TRAINING)
        last = seconds.get(str(Path(run.client.path).absolute()), float("inf"))
        return last, trains, len(code)

    return sorted(runs, key=cost, reverse=True)


def kernel_environment(at_once: int, cores: int) -> dict[str, str]:
    """Return the environment of a kernel that shares the cores with others.

    Kernels that each start a thread for each core get in each other's way: with two on two cores,
    training a small network takes about half as much processor time again. What the user has set
    stays.

    Parameters
    ----------
    at_once : int
        How many kernels run at the same time; at least 1.
    cores : int
        How many cores this process may use; at least 1.

    Returns
    -------
    dict of str to str
        This process's own environment; with fewer threads if there are several kernels.
    """
    environment = dict(os.environ)
    if at_once > 1:
        for name in THREADS:
            environment.setdefault(name, str(max(1, cores // at_once)))
    return environment


async def execute(run: Run, clients: set[NotebookClient], environment: dict[str, str]) -> None:
    """Run a chapter's cells in a kernel of its own; outputs, time and error go into `run`.

    Parameters
    ----------
    run : Run
        The chapter.
    clients : set of NotebookClient
        Holds the client while its kernel runs.
    environment : dict of str to str
        The kernel's environment.
    """
    config = run.client.nb_config
    # As `jupyter_cache.executors.utils.single_nb_execution`, which myst-nb uses.
    own = run.notebook.metadata.get("execution", {})

    def started(cell: NotebookNode, cell_index: int) -> None:
        run.index = cell_index

    with contextlib.ExitStack() as stack:
        folder = str(Path(run.client.path).parent)
        if config.execution_in_temp:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
        client = NotebookClient(
            run.notebook,
            resources={"metadata": {"path": folder}},
            timeout=own.get("timeout", config.execution_timeout),
            allow_errors=own.get("allow_errors", config.execution_allow_errors),
            record_timing=False,
            on_cell_start=started,
        )
        clients.add(client)
        try:
            await client.async_execute(env=environment)
        finally:
            clients.discard(client)
            # Only if it was interrupted while the kernel started: nbclient does the rest.
            if client.km is not None and client.km.has_kernel:
                await ensure_async(client.km.shutdown_kernel(now=True))


async def execute_with_one_retry(
    run: Run, clients: set[NotebookClient], environment: dict[str, str]
) -> None:
    """Run a chapter, once more if its kernel did not come up, and note an error.

    Kernels of one process never choose the same port, but another program can take a port between
    the choice and its use; the kernel then dies before its first cell.
    """
    start = time.perf_counter()
    for last in (False, True):
        try:
            await execute(run, clients, environment)
        except FAILURES as error:
            if run.index < 0 and not last and not isinstance(error, NoSuchKernel):
                continue
            run.error = error
        break
    run.seconds = time.perf_counter() - start
    ended = "failed after" if run.error else "took"
    LOGGER.info("%s %s %.1f seconds", run.docname, ended, run.seconds)
    if run.error and run.client.nb_config.execution_raise_on_error:
        # At once: the others may take minutes, or be interrupted.
        place, reason, details = run.report()
        LOGGER.error(reason, location=place)
        LOGGER.info("%s", details)


def store(run: Run) -> None:
    """Put a chapter's outputs into the cache, as ``NotebookClientCache`` does."""
    open_cache(run.client).cache_notebook_bundle(
        CacheBundleIn(
            run.notebook,
            str(Path(run.client.path).absolute()),
            data={"execution_seconds": run.seconds},
        ),
        check_validity=False,
        overwrite=True,
    )


async def execute_all(runs: list[Run], at_once: int, stop: asyncio.Event) -> None:
    """Run chapters, at most `at_once` at a time, until all have ended or `stop` is set.

    Parameters
    ----------
    runs : list of Run
        Chapters, in the order in which they start.
    at_once : int
        How many kernels may run at the same time.
    stop : asyncio.Event
        When set, all kernels are killed.
    """
    waiting = list(reversed(runs))
    at_once = min(at_once, len(runs))
    environment = kernel_environment(at_once, joblib.cpu_count())
    clients: set[NotebookClient] = set()

    async def work() -> None:
        while waiting:
            run = waiting.pop()
            await execute_with_one_retry(run, clients, environment)
            if run.error is None:
                store(run)  # at once, so that an interrupt does not lose it

    workers: list[asyncio.Future[Any]] = [asyncio.ensure_future(work()) for _ in range(at_once)]
    stopped: asyncio.Future[Any] = asyncio.ensure_future(stop.wait())
    try:
        pending = set(workers)
        while pending and not stopped.done():
            done, _ = await asyncio.wait({stopped, *pending}, return_when=asyncio.FIRST_COMPLETED)
            pending -= done
            for task in done:
                task.result()  # raises what a worker raised
    finally:
        for client in clients:
            client.shutdown_kernel = "immediate"
        for task in [*workers, stopped]:
            task.cancel()
        await asyncio.gather(*workers, stopped, return_exceptions=True)


@contextlib.contextmanager
def terminate_as_exit() -> Iterator[None]:
    """Let SIGTERM end the program by an exception, so that what is open gets closed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def run_side_by_side(runs: list[Run], at_once: int) -> None:
    """Run chapters and wait for them; an interrupt kills their kernels first.

    The kernels are driven from a second thread, because in the main one each of nbclient's clients
    would replace the other's handlers of interrupts. All are started from one process, in which
    jupyter_client keeps their ports apart.

    Parameters
    ----------
    runs : list of Run
        Chapters, in the order in which they start.
    at_once : int
        How many kernels may run at the same time.
    """
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    ended = threading.Event()
    faults: list[BaseException] = []

    def drive() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(execute_all(runs, at_once, stop))
        except BaseException as fault:  # noqa: BLE001 - handed to the main thread
            faults.append(fault)
        finally:
            loop.close()
            ended.set()

    thread = threading.Thread(target=drive, name="chapters", daemon=True)
    with terminate_as_exit():
        thread.start()
        try:
            # With a time-out, because on Windows a plain wait cannot be interrupted.
            while not ended.wait(1):
                pass
        except BaseException:
            with contextlib.suppress(RuntimeError):  # it has just ended
                loop.call_soon_threadsafe(stop.set)
            thread.join(20)
            raise
    if faults:
        raise faults[0]


def fill_cache(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Run the changed code of the chapters that Sphinx is about to read.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    env : BuildEnvironment
        Its environment (unused).
    docnames : list of str
        The pages to be read.

    Raises
    ------
    ChapterError
        If the code of chapters fails, and the configuration says ``raise_on_error``. All others
        have run and are in the cache by then. Without it, myst-nb runs the failing chapter again
        and puts its error into the page.
    """
    clients = {docname: cache_client(app, docname) for docname in docnames}
    runs = [
        Run(name, client) for name, client in clients.items() if client and not is_cached(client)
    ]
    if not runs:
        return
    at_once = app.config.pooling_book_kernels or joblib.cpu_count()
    LOGGER.info("Running the code of %d chapters, at most %d at the same time", len(runs), at_once)
    run_side_by_side(longest_first(runs), at_once)
    failed = [run for run in runs if run.error and run.client.nb_config.execution_raise_on_error]
    if failed:
        names = ", ".join(f"{run.docname} (line {run.line})" for run in failed)
        raise ChapterError(f"{names}; the lines above say why.")


def setup(app: Sphinx) -> None:
    """Register the parallel execution.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    """
    # How many chapters run at the same time; 0 is one for each core that this process may use.
    app.add_config_value("pooling_book_kernels", 0, "", int)
    app.connect("env-before-read-docs", fill_cache)
