"""An answer that leaves its work to others where the watch for libraries does not look."""

from __future__ import annotations

import ctypes
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.pooling_checks.libraries import UsesLibrary, numpy_only


def use_of(function: Callable[[], Any]) -> str:
    """What `numpy_only` says of a call; empty if nothing."""
    try:
        with numpy_only() as found:
            try:
                function()
            except UsesLibrary:
                pass
            except Exception:  # noqa: BLE001 - an answer swallows what it likes
                pass
    except UsesLibrary as use:
        return str(use.args[0])
    return found[0] if found else ""


def switches_off() -> None:
    sys.setprofile(None)


def switches_off_and_on() -> None:
    watch = sys.getprofile()
    sys.setprofile(None)
    sys.setprofile(watch)


def starts_a_thread() -> None:
    threading.Thread(target=print).start()


def starts_a_process() -> None:
    subprocess.run(["true"], check=True)


_set_profile = ctypes.pythonapi.PyEval_SetProfile
_set_profile.argtypes = [ctypes.c_void_p, ctypes.c_void_p]


def switches_off_in_c() -> None:
    _set_profile(None, None)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (switches_off, "sys.setprofile"),
        (switches_off_and_on, "sys.getprofile"),
        (starts_a_thread, "threads"),
        (starts_a_process, "other processes"),
        (switches_off_in_c, "a way round the watch for libraries"),
    ],
)
def test_ways_round_the_watch_are_seen(function: Callable[[], Any], name: str) -> None:
    assert use_of(function) == name
    assert sys.getprofile() is None


def test_work_for_a_thread_that_was_started_before_is_seen() -> None:
    work: queue.Queue[Any] = queue.Queue()
    done: list[int] = []

    def worker() -> None:
        while work.get() is not None:
            done.append(1)

    def answer() -> None:
        work.put(1)
        for _ in range(1000):
            if done:
                return
            time.sleep(0.001)

    thread = threading.Thread(target=worker)
    thread.start()
    try:
        assert use_of(answer) == "a thread"
    finally:
        work.put(None)
        thread.join()
    assert use_of(lambda: None) == ""


def test_numpy_and_pythons_own_library_may_do_what_they_do() -> None:
    def answer() -> None:
        x = np.random.default_rng(0).normal(size=(2, 4, 4, 3))
        windows = np.lib.stride_tricks.sliding_window_view(x, (2, 2), axis=(1, 2))
        windows.max(axis=(4, 5))
        np.einsum("nhwc->nc", x)
        np.fft.fft2(x)
        np.array2string(x, threshold=3)
        assert x.ctypes.data

    assert use_of(answer) == ""
