"""One workbench for all attacks, with limits so low that they are soon reached."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from autograder.sandbox.host import Limits, SandboxError
from autograder.workbench import Options, Workbench
from tests.attacks import course
from tests.sandbox.shells import WarmShell

OPTIONS = Options(
    limits=Limits(
        memory_bytes=300_000_000,
        processes=20,
        cpu_seconds=20,
        submission_seconds=15,
        scratch_bytes=20_000_000,
    ),
    cell_seconds=3,
    submission_seconds=10,
    output_bytes=100_000,
    judge_only=("picture-*",),
    preload=("tensorflow", "keras"),
)


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A workbench; it goes from attack to attack."""
    assignment = course.write_source(tmp_path_factory.mktemp("course") / "tiny")
    workbench = Workbench(assignment, OPTIONS)
    os.environ["GRADERS_SECRET"] = course.SECRET
    try:
        workbench.start()
    except SandboxError as error:
        workbench.close()
        if os.environ.get("POOLING_REQUIRE_SANDBOX") == "1":
            raise
        pytest.skip(f"this machine cannot isolate: {error}")
    yield workbench
    workbench.close()


@pytest.fixture(scope="session")
def shell() -> Iterator[WarmShell]:
    """Runs notebooks the stock way."""
    warm = WarmShell()
    yield warm
    warm.close()
