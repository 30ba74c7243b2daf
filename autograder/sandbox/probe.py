"""An agent that tries the walls from inside, for `doctor`. Each try does no harm where it succeeds.

Answers on the channel with one line of JSON: what was tried, to what came of it.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


def _processes() -> str:
    others = sum(name.isdigit() for name in os.listdir("/proc"))  # noqa: PTH208
    return "" if others <= 2 else f"it sees {others} processes"


def _network() -> str:
    lines = Path("/proc/self/net/dev").read_text().splitlines()[2:]
    names = {line.split(":")[0].strip() for line in lines} - {"lo"}
    if names:
        return f"it has the interfaces {', '.join(sorted(names))}"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ""
    return "it has a route to the network"


def _writing() -> str:
    allowed = ("/proc", "/scratch", "/tmp", "/dev/shm", "/dev/pts", "/dev/null", "/dev/zero")
    for folder, folders, _ in os.walk("/"):
        folders[:] = [
            name
            for name in folders
            if f"{folder}/{name}".replace("//", "/") not in allowed and folder.count("/") < 4
        ]
        try:
            Path(folder, "probe").touch()
        except OSError:
            continue
        return f"it can write to {folder}"
    return ""


def _privileges() -> str:
    lines = dict(
        line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines()
    )
    held = [name for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb") if int(lines[name], 16)]
    if held:
        return "it has capabilities"
    return "" if lines["NoNewPrivs"].strip() == "1" else "it can gain privileges"


def _calls() -> str:
    libc = ctypes.CDLL(None, use_errno=True)
    new_user_namespace = 0x10000000
    return "" if libc.unshare(new_user_namespace) else "it can make a user namespace"


def _scratch() -> str:
    state = os.statvfs(".")
    return "" if state.f_blocks * state.f_frsize < 2**40 else "its size has no limit"


TRIES: dict[str, Callable[[], str]] = {
    "processes": _processes,
    "network": _network,
    "writing": _writing,
    "privileges": _privileges,
    "calls": _calls,
    "scratch": _scratch,
}


def _fill_memory() -> None:
    """Take a little more than is allowed, slowly, and keep it."""
    held = []
    for _ in range(60):
        held.append(bytearray(os.urandom(4096) * 1024))
        time.sleep(0.01)
    time.sleep(2)


def _start_processes() -> None:
    """Start some processes more than are allowed, and wait."""
    for _ in range(14):
        try:
            if os.fork() == 0:
                time.sleep(3)
                os._exit(0)
        except BlockingIOError:
            break
    time.sleep(2)


_EXCESSES = {"memory": _fill_memory, "processes": _start_processes}


class Agent:
    """Tries, and says what came of it."""

    def serve(self, channel: socket.socket) -> None:
        """Try everything once, or go beyond the limit that the first line names."""
        with channel.makefile("rb") as orders:
            order = orders.readline().strip()
        if order:
            _EXCESSES[order.decode()]()
        results: dict[str, Any] = {}
        for name, attempt in TRIES.items():
            try:
                results[name] = attempt()
            except Exception as error:  # noqa: BLE001
                results[name] = f"it could not be tried: {error}"
        channel.sendall(json.dumps(results).encode() + b"\n")


def prepare(preload: Sequence[str]) -> Agent:
    """Nothing to prepare."""
    return Agent()
