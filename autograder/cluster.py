"""Grade submissions on the workers of a Dask cluster.

This process, the coordinator, reads submissions and records what comes of them; workers run them
(`autograder.cluster_worker`). A worker that is lost costs time: what it held goes to another one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import ipaddress
import logging
import queue
import shlex
import time
import uuid
from asyncio import CancelledError as AsyncCancelledError
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from autograder.faults import Fault
from autograder.graded import Graded, Setup, not_graded
from autograder.intake import Submission, UnreadableSubmission, read_submission

try:
    import dask.config
    import distributed
    from distributed.scheduler import KilledWorker

    from autograder.cluster_worker import Benches, Refusal, difference, grade_here, versions
except ModuleNotFoundError as missing:
    if missing.name not in ("distributed", "dask"):
        raise
    raise Fault(
        "--cluster needs Dask, which is not installed here: pip install distributed -c "
        "requirements.lock"
    ) from None

#: For each thread of a worker, how many submissions are with the cluster: one runs, one waits.
AHEAD = 2

#: How often a submission is handed to the cluster. Each time, Dask tries it with several workers
#: (`distributed.scheduler.allowed-failures`).
TRIES = 3

#: Seconds between two looks at which workers there are.
_LOOK = 1.0

#: What Dask raises when something took too long. Before Python 3.11 that is no `TimeoutError`.
_TOO_LONG = (TimeoutError, distributed.TimeoutError)

#: What it raises when there is no scheduler any more.
_NO_SCHEDULER = (OSError, *_TOO_LONG, CancelledError, AsyncCancelledError)

_DIED = (
    "the workers that graded it died, time and again. Grade it on one machine: leave out --cluster "
    "and name the student with --student."
)


class ClusterError(Fault):
    """Grading on a cluster cannot begin or go on; the message says why and what to do."""


@dataclasses.dataclass(frozen=True)
class Certificates:
    """The files that a cluster with TLS wants to see, in PEM format."""

    ca: Path
    certificate: Path
    key: Path

    def options(self) -> str:
        """As options of Dask's commands and of ours."""
        names = ("--tls-ca-file", "--tls-cert", "--tls-key")
        files = (self.ca, self.certificate, self.key)
        return " ".join(f"{n} {shlex.quote(str(f))}" for n, f in zip(names, files, strict=True))


def check_address(address: str, *, trust_network: bool) -> None:
    """Refuse to send hidden tests and submissions over a network in the clear.

    Parameters
    ----------
    address : str
        Of the scheduler, such as ``"tls://node1:8786"``.
    trust_network : bool
        Allow it all the same.

    Raises
    ------
    ClusterError
        If the address is none, or is neither this machine's nor one with TLS.
    """
    try:
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port or parts.scheme not in ("tls", "tcp"):
        raise ClusterError(
            f"{address!r} is no address of a Dask scheduler: it looks like tls://node1:8786."
        )
    if parts.scheme == "tls" or trust_network or _is_here(host):
        return
    raise ClusterError(
        f"{address} has no TLS: submissions and hidden tests would cross the network in the clear, "
        "and anybody on it could run programs on the workers and here. Start the cluster with "
        "certificates and use tls://, or, on a network of your own, add --trust-network."
    )


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclasses.dataclass
class _Sent:
    """A submission that is with the cluster."""

    submission: Submission
    left_out: list[str]
    tries: int


class Cluster:
    """The workers of a cluster; a context manager that connects and disconnects.

    Parameters
    ----------
    setup : Setup
        Sent to each worker once.
    address : str
        Of the scheduler.
    certificates : Certificates, optional
        By default those that Dask's own configuration names.
    wait : float
        Seconds to wait for the scheduler and for a worker, at the beginning and when all are lost.
    say : callable
        Called with a sentence when there is something to tell meanwhile.

    Raises
    ------
    ClusterError
        On entering, and in `each`.
    """

    def __init__(
        self,
        setup: Setup,
        address: str,
        *,
        certificates: Certificates | None = None,
        wait: float = 60.0,
        say: Callable[[str], None] = print,
    ) -> None:
        self._setup = setup
        self._address = address
        self._certificates = certificates
        self._wait = wait
        self._say = say
        self._name = f"autograder-{uuid.uuid4().hex[:12]}"
        self._client: Any = None
        self._registered = False
        self._looked = 0.0
        self._threads = 0

    def __enter__(self) -> Cluster:
        _log_like_all_others()
        self._client = self._connect()
        try:
            self._wait_for_workers()
            self._compare_versions()
            with self._lost_is_told():
                self._client.register_plugin(Benches(self._setup, versions()), name=self._name)
            self._registered = True
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        client, self._client = self._client, None
        # A scheduler that is gone has nothing to take back; its workers end by themselves.
        with contextlib.suppress(*_NO_SCHEDULER, RuntimeError):
            if self._registered and client.status == "running":
                client.unregister_worker_plugin(self._name)
        client.close(timeout=5)

    def each(self, submissions: Iterable[Submission]) -> Iterator[tuple[Submission, Graded]]:
        """Grade submissions; each comes as soon as it is done.

        A submission is read when a worker will soon want it, and forgotten when it is done, so a
        large class takes no more memory than a small one.
        """
        left = iter(submissions)
        again: list[tuple[Submission, int]] = []
        ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
        sent: dict[Any, _Sent] = {}
        try:
            while True:
                while len(sent) < AHEAD * self._workers_threads():
                    submission, tries = next(left, None), 1
                    if submission is None:
                        # When workers die, Dask suspects all that they held. Each gets its next
                        # try alone, so that those who only were near the culprit come through.
                        if sent or not again:
                            break
                        submission, tries = again.pop(0)
                    try:
                        files, left_out = read_submission(submission, self._setup.release.notebooks)
                    except UnreadableSubmission as error:
                        yield submission, not_graded(str(error))
                        continue
                    with self._lost_is_told():
                        future = self._client.submit(
                            grade_here, self._name, files, pure=False, key=f"grade-{uuid.uuid4()}"
                        )
                    sent[future] = _Sent(submission, left_out, tries)
                    future.add_done_callback(ended.put)
                    del files
                if not sent:
                    return
                try:
                    future = ended.get(timeout=_LOOK)
                except queue.Empty:
                    continue
                one = sent[future]
                try:
                    graded = self._result(future)
                except _TOO_LONG:  # its worker was lost; another one grades it again
                    future.add_done_callback(ended.put)
                    continue
                del sent[future]
                future.release()
                if graded is None and one.tries < TRIES:
                    again.append((one.submission, one.tries + 1))
                    continue
                graded = graded or not_graded(_DIED, again=True)
                notes = [*one.left_out, *graded.notes]
                yield one.submission, dataclasses.replace(graded, notes=notes)
        finally:
            if sent and self._client is not None and self._client.status == "running":
                with contextlib.suppress(*_NO_SCHEDULER, RuntimeError):
                    self._client.cancel(list(sent), force=True)

    def _result(self, future: Any) -> Graded | None:
        """What came of a submission; None if the workers that had it died."""
        with self._lost_is_told():
            try:
                graded: Graded | Refusal = future.result(timeout=10)
            except KilledWorker:
                return None
            except _NO_SCHEDULER:
                raise
            except Exception as error:
                raise ClusterError(
                    f"A worker could not even begin: {type(error).__name__}: {str(error)[:200]}. "
                    "Mend or stop it, and run it again to go on."
                ) from error
        if isinstance(graded, Refusal):
            raise ClusterError(
                f"The worker {graded.reason}. Mend or stop this worker, and run it again to go on."
            )
        return graded

    def _connect(self) -> Any:
        security = distributed.Security()  # of Dask's own configuration
        if self._certificates is not None:
            for path in dataclasses.astuple(self._certificates):
                if not path.is_file():
                    raise ClusterError(f"There is no file {path}.")
            security = distributed.Security(
                tls_ca_file=str(self._certificates.ca),
                tls_client_cert=str(self._certificates.certificate),
                tls_client_key=str(self._certificates.key),
                require_encryption=True,
            )
        elif self._address.startswith("tls:") and not dask.config.get(
            "distributed.comm.tls.ca-file"
        ):
            raise ClusterError(
                f"{self._address} asks for certificates: name them with {self._options()}."
            )
        try:
            return distributed.Client(
                self._address,
                security=security,
                timeout=self._wait,
                name="autograder",
                set_as_default=False,
            )
        except (OSError, TypeError, ValueError, RuntimeError, *_TOO_LONG) as error:
            raise ClusterError(f"{self._no_connection(error)}") from error

    def _no_connection(self, error: BaseException) -> str:
        reasons = []
        cause: BaseException | None = error
        while cause is not None:
            reasons.append(str(cause).strip().rstrip("."))
            cause = cause.__cause__
        reason = next((text for text in reversed(reasons) if text), type(error).__name__)
        if self._address.startswith("tls:"):
            what = (
                "Either no scheduler listens there, or it does not accept these certificates: "
                "what scheduler, workers and --tls-cert show must be signed by --tls-ca-file."
            )
        else:
            what = f"Start one:\n    python -m dask scheduler --no-dashboard {self._options()}"
        return f"There is no connection to {self._address} ({reason}). {what}"

    def _options(self) -> str:
        if self._certificates is not None:
            return self._certificates.options()
        if self._address.startswith("tls:"):
            return "--tls-ca-file FILE --tls-cert FILE --tls-key FILE"
        return "--host 127.0.0.1"

    def _how_to_start(self) -> str:
        options = "" if self._options().startswith("--host") else f" {self._options()}"
        command = f"python -m dask worker {self._address} --no-dashboard{options}"
        return (
            "On each machine that shall grade, in a copy of this project's folder and with its "
            f"environment active:\n    {command}"
        )

    def _wait_for_workers(self) -> None:
        end = time.monotonic() + self._wait
        told = False
        while not self._count():
            if time.monotonic() > end:
                raise ClusterError(
                    f"The cluster at {self._address} has no worker. {self._how_to_start()}"
                )
            if not told:
                self._say(f"Waiting for workers. {self._how_to_start()}")
                told = True
            time.sleep(_LOOK)

    def _count(self) -> int:
        """The workers' threads, all together."""
        if self._client.status != "running":
            raise self._lost()
        with self._lost_is_told():
            self._threads = sum(self._client.nthreads().values())
        self._looked = time.monotonic()
        return self._threads

    def _workers_threads(self) -> int:
        """As `_count`, asked from time to time; waits while there are none."""
        if time.monotonic() > self._looked + _LOOK and not self._count():
            self._say("All workers are gone.")
            self._wait_for_workers()
        return self._threads

    def _compare_versions(self) -> None:
        """Refuse workers that would grade with something else."""
        with self._lost_is_told():
            found = self._client.run(versions, on_error="return")
        for worker, theirs in sorted(found.items()):
            if isinstance(theirs, BaseException):
                raise ClusterError(
                    f"The worker {worker} cannot use this project's autograder/ "
                    f"({type(theirs).__name__}: {theirs}). Stop it. {self._how_to_start()}"
                )
            other = difference(versions(), theirs)
            if other:
                raise ClusterError(
                    f"The worker {worker} would not grade as this machine does: {other}. Stop it, "
                    "bring its folder and environment to the state of these, and start it again."
                )

    def _lost(self) -> ClusterError:
        return ClusterError(
            f"The connection to the scheduler at {self._address} was lost. What was graded is "
            "recorded; when the cluster is back, run it again to go on from here."
        )

    @contextlib.contextmanager
    def _lost_is_told(self) -> Iterator[None]:
        try:
            yield
        except _TOO_LONG:  # an OSError, too
            raise
        except _NO_SCHEDULER as error:
            raise self._lost() from error


def _log_like_all_others() -> None:
    """Let Dask's messages go where all go; it sends them to the screen by itself."""
    for name in ("distributed", "distributed.client", "distributed.gc", "tornado"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
