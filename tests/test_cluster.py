"""A class graded on a cluster gets what it gets on one machine, whatever happens to the cluster."""

from __future__ import annotations

import contextlib
import datetime
import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

from autograder import workbench
from autograder.__main__ import main
from autograder.grade import Course, grade
from autograder.graded import Graded, not_graded
from autograder.record import ATTENTION, Outcome
from autograder.sandbox.host import SandboxError
from tests import test_any_course as squares
from tests.conftest import ROOT

if os.environ.get("POOLING_REQUIRE_CLUSTER") != "1":
    pytest.importorskip("distributed", reason="Dask is not installed (requirements-dev.txt)")
    pytest.importorskip("cryptography", reason="cryptography is not installed")

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from distributed import Client

from autograder.cluster import Certificates, Cluster, ClusterError, check_address
from autograder.cluster_worker import Benches, Refusal, difference, versions

#: The course imports NumPy alone, and TensorFlow takes long to start.
FEW = ("numpy",)
PRELOAD = f"""
from autograder import workbench
workbench.ALWAYS = {FEW!r}
"""
#: A worker that dies of one submission.
FRAIL = """
import os
from autograder import cluster_worker
from autograder.graded import grade_files

def frail(files, *rest):
    if b"too much for a worker" in files["squares.ipynb"]:
        os._exit(9)
    return grade_files(files, *rest)

cluster_worker.grade_files = frail
"""
#: A worker with another state of the autograder, and without bubblewrap.
ODD = """
from autograder import cluster_worker
from autograder.sandbox import bubblewrap
cluster_worker.versions = lambda: {"autograder": "another"}
bubblewrap.find = lambda: None
"""

#: Stands in the environment of all that a cluster of these tests has started.
MARKER = "POOLING_TEST_CLUSTER"


class Authority:
    """Signs certificates; all are files in `folder`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"CA of {folder.name}")])
        own = self._signed(self._name, self._key.public_key(), authority=True)
        self.file = folder / "ca.pem"
        self.file.write_bytes(own.public_bytes(serialization.Encoding.PEM))

    def _signed(self, subject: x509.Name, key: Any, *, authority: bool) -> x509.Certificate:
        now = datetime.datetime.now(datetime.timezone.utc)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    def certificates(self) -> Certificates:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "grader")])
        signed = self._signed(name, key.public_key(), authority=False)
        certificate, secret = self._folder / "cert.pem", self._folder / "key.pem"
        certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return Certificates(self.file, certificate, secret)


class Machines:
    """A scheduler and its workers, each a process that was started as the book says."""

    def __init__(self, folder: Path, certificates: Certificates) -> None:
        folder.mkdir()
        self.folder = folder
        self.certificates = certificates
        self.marker = uuid.uuid4().hex
        (folder / "tmp").mkdir()
        self._processes: list[subprocess.Popen[bytes]] = []
        file = folder / "scheduler.json"
        self.scheduler = self._start(
            "scheduler",
            *("--host", "127.0.0.1", "--port", "0", "--no-dashboard"),
            *("--scheduler-file", str(file)),
        )
        until(file.exists)
        until(lambda: file.read_text().endswith("}"))
        self.address = json.loads(file.read_text())["address"]

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{command[0]}-{len(self._processes)}.log").open("wb")
        environment = {
            **os.environ,
            MARKER: self.marker,
            "TMPDIR": str(self.folder / "tmp"),
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",
        }
        with log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *command, *self.certificates.options().split()],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(process)
        return process

    def worker(self, *options: str, preload: str = "") -> subprocess.Popen[bytes]:
        """Start a worker of one thread, which runs some code first."""
        first = self.folder / f"first{len(self._processes)}.py"
        first.write_text(PRELOAD + preload)
        return self._start(
            "worker",
            self.address,
            *("--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1"),
            *("--preload", str(first)),
            *options,
        )

    def client(self) -> Client:
        """A look at the cluster from outside."""
        import distributed

        files = self.certificates
        security = distributed.Security(
            tls_ca_file=str(files.ca),
            tls_client_cert=str(files.certificate),
            tls_client_key=str(files.key),
        )
        return Client(self.address, security=security, set_as_default=False, timeout=30)

    def wait_for(self, workers: int) -> None:
        """Wait until so many workers are there."""
        with self.client() as client:
            until(lambda: len(client.nthreads()) == workers)

    def runs(self, **options: Any) -> Callable[..., Cluster]:
        """What `grade` takes."""
        given = {"certificates": self.certificates, "wait": 30.0, "say": lambda text: None}
        return functools.partial(Cluster, address=self.address, **{**given, **options})

    def left(self) -> list[str]:
        """The processes that were started by any part of it, and are still there."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes()
                text = command + (folder / "environ").read_bytes()
            except OSError:
                continue
            # The walls' own environment is empty, but their command names folders in TMPDIR.
            if self.marker.encode() in text or str(self.folder).encode() in text:
                found.append(command.replace(b"\0", b" ").decode(errors="replace")[:200])
        return found

    def grading(self) -> list[str]:
        """Those of them that grade submissions: judges, and walls."""
        return [line for line in self.left() if "bwrap" in line or "judging" in line]

    def close(self) -> None:
        """End it as an administrator does, the workers first."""
        workers = [process for process in self._processes if process is not self.scheduler]
        for some in (workers, [self.scheduler]):
            for process in some:
                process.terminate()
            for process in some:
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for something."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.1)


@pytest.fixture(scope="module", autouse=True)
def few() -> Iterator[None]:
    before, workbench.ALWAYS = workbench.ALWAYS, FEW
    yield
    workbench.ALWAYS = before


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Authority(tmp_path_factory.mktemp("tls") / "school").certificates()


@contextlib.contextmanager
def started(folder: Path, certificates: Certificates) -> Iterator[Machines]:
    made = Machines(folder, certificates)
    try:
        yield made
    finally:
        made.close()
    until(lambda: not made.left(), 20)


@pytest.fixture
def machines(tmp_path: Path, certificates: Certificates) -> Iterator[Machines]:
    """A scheduler of the test's own."""
    with started(tmp_path / "machines", certificates) as made:
        yield made


@pytest.fixture(scope="module")
def cluster(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[Machines]:
    """A cluster of two workers, for tests that leave it as it is."""
    with started(tmp_path_factory.mktemp("shared") / "machines", certificates) as made:
        made.worker()
        made.worker("--no-nanny")
        made.wait_for(2)
        yield made


def copy(course: Path, folder: Path) -> Path:
    """A course of the same state."""
    shutil.copytree(course, folder)
    return folder


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course that nobody has graded, with a folder without a notebook."""
    course = squares.make(tmp_path_factory.mktemp("cluster") / "course")
    (course / "submitted" / "nothing" / "squares").mkdir(parents=True)
    return course


@pytest.fixture(scope="module")
def local(released: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the class gets on one machine."""
    course = copy(released, tmp_path_factory.mktemp("local") / "course")
    try:
        return results(course, graded(course))
    except SandboxError as error:
        if os.environ.get("POOLING_REQUIRE_SANDBOX") == "1":
            raise
        pytest.skip(f"this machine cannot isolate: {error}")


@pytest.fixture
def course(released: Path, tmp_path: Path) -> Path:
    return copy(released, tmp_path / "course")


def graded(course: Path, **options: Any) -> list[Outcome]:
    return list(grade(Course(course), "squares", **options))


def results(course: Path, outcomes: list[Outcome]) -> dict[str, Any]:
    """What is recorded: outcomes, rows of the gradebook, and the graded notebooks."""
    found: dict[str, Any] = {}
    for outcome in outcomes:
        student = outcome.student
        notebook = course / "autograded" / student / "squares" / "squares.ipynb"
        found[student] = (
            outcome.status,
            outcome.reason,
            outcome.notes,
            outcome.score,
            squares.grades(course, student),
            nbformat.read(notebook, as_version=4).cells,
        )
    return found


def slow_down(course: Path, seconds: float) -> None:
    """Let every submission take some time, in a cell of its own."""
    for path in (course / "submitted").rglob("squares.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        cell = nbformat.v4.new_code_cell(f"import time\ntime.sleep({seconds})", id="slow")
        notebook.cells.insert(1, cell)
        nbformat.write(notebook, path)


def without_cells(found: dict[str, Any]) -> dict[str, Any]:
    return {student: row[:-1] for student, row in found.items()}


def test_a_cluster_gives_what_one_machine_gives(
    cluster: Machines, course: Path, local: dict[str, Any]
) -> None:
    port = int(cluster.address.rpartition(":")[2])
    attempt = (
        "import socket\n"
        f"try:\n    socket.create_connection(('127.0.0.1', {port}), 5)\n    print('reached')\n"
        "except OSError as error:\n    print('refused', error)\n"
        "import os\nprint(sorted(os.environ), os.listdir('.'))\n"
    )
    socket.create_connection(("127.0.0.1", port), 5).close()  # it is there to be reached
    path = course / "submitted" / "cheat" / "squares" / "squares.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(attempt, id="attempt"))
    nbformat.write(notebook, path)

    found = results(course, graded(course, runs=cluster.runs()))

    said = found["cheat"][-1].pop().outputs[0].text
    assert said.startswith("refused") and MARKER not in said and "cert" not in said
    assert found == local
    assert found["nothing"][0] == ATTENTION
    # Workers keep nothing of a course when it is graded.
    until(lambda: not cluster.grading())
    until(lambda: not list((cluster.folder / "tmp").rglob("numbers.txt")), 10)
    # Again: nothing has changed, so no cluster is asked.
    outcomes = graded(course, runs=lambda setup: pytest.fail("it was asked"))
    assert len(outcomes) == len(local)


def test_an_interrupt_ends_what_runs_on_the_workers(cluster: Machines, course: Path) -> None:
    slow_down(course, 20.0)
    command = [sys.executable, "-m", "autograder", "grade", "squares", "--course", str(course)]
    command += ["--cluster", cluster.address, *cluster.certificates.options().split()]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with cluster.client() as client:
        until(lambda: any(client.processing().values()) and bool(cluster.grading()))
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=15)
        assert said == "autograder: stopped; run it again to go on from here.\n"
        assert process.returncode == 130
        until(lambda: not any(client.processing().values()), 15)
    until(lambda: not cluster.grading(), 15)


def test_a_certificate_of_another_authority_is_refused(
    cluster: Machines, course: Path, tmp_path: Path
) -> None:
    other = Authority(tmp_path / "strangers").certificates()
    with pytest.raises(ClusterError, match=r"CERTIFICATE_VERIFY_FAILED"):
        graded(course, runs=cluster.runs(certificates=other, wait=3.0))
    mixed = Certificates(cluster.certificates.ca, other.certificate, other.key)
    with pytest.raises(ClusterError, match="does not accept these certificates"):
        graded(course, runs=cluster.runs(certificates=mixed, wait=3.0))
    missing = Certificates(tmp_path / "none.pem", other.certificate, other.key)
    with pytest.raises(ClusterError, match=r"no file .*none\.pem"):
        graded(course, runs=cluster.runs(certificates=missing))


def test_a_worker_that_is_killed_costs_only_time(
    machines: Machines, course: Path, local: dict[str, Any]
) -> None:
    slow_down(course, 1.0)
    lost = machines.worker("--no-nanny")
    machines.wait_for(1)
    outcomes: list[Outcome] = []
    with machines.client() as client:
        for outcome in grade(Course(course), "squares", runs=machines.runs()):
            outcomes.append(outcome)
            if outcome.student == "nothing":
                continue  # it was read here, and found empty
            if lost.poll() is None:
                assert any(client.processing().values()), "it holds nothing"
                lost.kill()  # -9, with submissions in its hands
                lost.wait()
                machines.worker("--no-nanny")  # joins while the class is graded
    assert without_cells(results(course, outcomes)) == without_cells(local)


def test_a_submission_that_kills_workers_is_given_up_and_no_other(
    machines: Machines,
    course: Path,
    local: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # It comes first, and each time the worker dies Dask suspects all others, too.
    monkeypatch.setattr("autograder.cluster.AHEAD", len(local))
    path = course / "submitted" / "array" / "squares" / "squares.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source = "too much for a worker"
    nbformat.write(notebook, path)
    machines.worker(preload=FRAIL)
    outcomes = graded(course, runs=machines.runs())
    found = without_cells(results(course, outcomes))
    status, reason, _, score, _ = found.pop("array")
    assert status == ATTENTION and score == 0
    assert "workers that graded it died" in reason and "--student" in reason
    assert found == {name: row for name, row in without_cells(local).items() if name != "array"}


def test_a_worker_that_cannot_grade_is_named(
    machines: Machines, course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines.worker(preload=ODD)
    with pytest.raises(ClusterError, match=r"worker tls://\S+ would not .*autograder/ is not the"):
        graded(course, runs=machines.runs())
    with monkeypatch.context() as patch:
        patch.setattr(Cluster, "_compare_versions", lambda self: None)  # as if it came later
        with pytest.raises(ClusterError, match=r"worker tls://\S+ on \S+: its copy of autograder/"):
            graded(course, runs=machines.runs())
    monkeypatch.setattr("autograder.cluster.versions", lambda: {"autograder": "another"})
    with pytest.raises(ClusterError, match=r"worker tls://\S+ on \S+: bubblewrap is missing"):
        graded(course, runs=machines.runs())
    assert not (course / "grading" / "squares.jsonl").exists()


def test_a_lost_scheduler_is_told_and_the_next_run_goes_on(
    machines: Machines, cluster: Machines, course: Path, local: dict[str, Any]
) -> None:
    slow_down(course, 1.0)
    machines.worker()
    done = []
    with pytest.raises(ClusterError, match=r"scheduler at tls://\S+ was lost.*run it again"):
        for outcome in grade(Course(course), "squares", runs=machines.runs()):
            done.append(outcome.student)
            if len(done) == 2:
                assert machines.grading()
                machines.scheduler.kill()
    assert len(done) < len(local)
    until(lambda: not machines.grading())  # the worker still runs, and keeps nothing
    log = course / "grading" / "squares.jsonl"
    before = log.read_text().splitlines()
    found = results(course, graded(course, runs=cluster.runs()))
    assert without_cells(found) == without_cells(local)
    after = log.read_text().splitlines()
    assert after[: len(done)] == before and len(after) == len(local)  # nobody twice


def test_a_cluster_without_workers_says_how_to_start_one(machines: Machines, course: Path) -> None:
    said: list[str] = []
    with pytest.raises(ClusterError, match="has no worker") as told:
        graded(course, runs=machines.runs(wait=1.0, say=said.append))
    options = machines.certificates.options()
    command = f"python -m dask worker {machines.address} --no-dashboard {options}"
    assert command in str(told.value)
    assert len(said) == 1 and command in said[0]


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        ({"autograder": "a", "Python": "3.11"}, ""),
        ({"autograder": "b", "Python": "3.11"}, "not the same"),
        ({"autograder": "a", "Python": "3.12"}, "it has Python 3.12, not 3.11"),
        ({"autograder": "a", "Python": "3.11", "keras": "3"}, "it has keras 3, not (missing)"),
        ({"autograder": "a"}, "it has Python (missing), not 3.11"),
    ],
)
def test_differences_are_named(theirs: dict[str, str], said: str) -> None:
    found = difference({"autograder": "a", "Python": "3.11"}, theirs)
    assert said in found and bool(said) == bool(found)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("tls://node1:8786", True),
        ("tcp://127.0.0.1:8786", True),
        ("localhost:8786", True),
        ("tcp://[::1]:8786", True),
        ("tcp://node1:8786", False),
        ("10.0.0.3:8786", False),
        ("tcp://127.0.0.1.example.org:8786", False),
        ("node1", False),
        ("tls://:x", False),
        ("inproc://localhost:1", False),
    ],
)
def test_a_network_in_the_clear_is_refused(address: str, allowed: bool) -> None:
    if allowed:
        check_address(address, trust_network=False)
        return
    with pytest.raises(ClusterError, match=r"has no TLS|is no address"):
        check_address(address, trust_network=False)
    if address.endswith("8786"):
        check_address(address, trust_network=True)


def test_without_dask_it_says_what_to_install(course: Path) -> None:
    program = (
        "import sys; sys.modules['distributed'] = None; from autograder.__main__ import main; "
        f"sys.exit(main(['grade', 'squares', '--course', {str(course)!r}, "
        "'--cluster', 'tls://node1:8786']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == (
        "autograder: --cluster needs Dask, which is not installed here: "
        "pip install distributed -c requirements.lock\n"
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--cluster", "tcp://node1:8786"], "has no TLS"),
        (["--cluster", "tls://node1:8786", "--tls-key", "key.pem"], "name all three"),
        (["--cluster", "tls://localhost:9"], "asks for certificates: name them with --tls-ca-file"),
        (
            ["--cluster", "localhost:9", "--cluster-wait", "1"],
            "). Start one:\n    python -m dask scheduler --no-dashboard --host 127.0.0.1\n",
        ),
    ],
)
def test_the_command_refuses_what_is_unsafe_or_incomplete(
    course: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    assert main(["grade", "squares", "--course", str(course), *options]) == 1
    assert said in capsys.readouterr().err


class FakeBench:
    """Counts what is asked of a workbench."""

    def __init__(self) -> None:
        self.started = self.closed = 0

    def start(self) -> None:
        self.started += 1

    def close(self) -> None:
        self.closed += 1


def failure(graded: Graded | Refusal) -> str | None:
    assert isinstance(graded, Graded)
    return graded.failure


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> tuple[Benches, list[FakeBench], threading.Event]:
    """A worker's benches, all that it made, and what lets a submission end."""
    benches: list[FakeBench] = []
    end = threading.Event()

    class Setup:
        release = None

        def workbench(self) -> FakeBench:
            benches.append(FakeBench())
            return benches[-1]

    def grade_files(files: dict[str, bytes], release: Any, bench: Any) -> Graded:
        end.wait(20)
        return not_graded(f"bench {benches.index(bench)}")

    monkeypatch.setattr("autograder.cluster_worker.grade_files", grade_files)
    worker = Benches(Setup(), versions())  # type: ignore[arg-type]
    worker.setup(SimpleNamespace(address="tls://here"))
    return worker, benches, end


def test_each_thread_of_a_worker_has_a_workbench_and_keeps_it(
    made: tuple[Benches, list[FakeBench], threading.Event],
) -> None:
    worker, benches, end = made
    with ThreadPoolExecutor(2) as threads:
        first = [threads.submit(worker.grade, {}) for _ in range(2)]
        until(lambda: len(benches) == 2 and all(bench.started for bench in benches))
        end.set()
        assert {failure(future.result()) for future in first} == {"bench 0", "bench 1"}
        list(threads.map(worker.grade, [{}] * 20))
    assert [(bench.started, bench.closed) for bench in benches] == [(1, 0), (1, 0)]
    worker.close()
    assert [bench.closed for bench in benches] == [1, 1]


def test_a_workbench_that_is_closed_at_work_is_closed_again_after_it(
    made: tuple[Benches, list[FakeBench], threading.Event],
) -> None:
    """What runs in it may start its processes anew."""
    worker, benches, end = made
    with ThreadPoolExecutor(1) as threads:
        future = threads.submit(worker.grade, {})
        until(lambda: bool(benches))
        worker.close()
        assert benches[0].closed == 1
        end.set()
        future.result()
    assert benches[0].closed == 2
    refusal = worker.grade({})
    assert isinstance(refusal, Refusal) and "it is ending" in refusal.reason


def test_a_worker_that_has_nothing_to_do_keeps_no_workbench(
    made: tuple[Benches, list[FakeBench], threading.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.cluster_worker.IDLE_SECONDS", 0.2)
    worker, benches, end = made
    end.set()
    worker.grade({})
    assert benches[0].closed == 0
    until(lambda: benches[0].closed == 1)
    assert failure(worker.grade({})) == "bench 1"
    worker.close()
