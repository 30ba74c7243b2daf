"""For answers in tests that are made of the oracle itself, past the checks' ban on libraries."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from autograder.pooling_checks import libraries


@contextlib.contextmanager
def unwatched() -> Iterator[None]:
    """Let the body use any library."""
    watched = dict(libraries._WATCHED)
    libraries._WATCHED.clear()  # first, for to switch the watch off is a thing it watches for
    libraries._packages.clear()
    watch = sys.getprofile()
    sys.setprofile(None)
    try:
        yield
    finally:
        sys.setprofile(watch)
        libraries._WATCHED.update(watched)
        libraries._packages.clear()
