"""Run benches by name, or all: ``python -m scripts.bench [NAME ...]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from rich.console import Console

from . import BenchError, bank, book, grading, pages

#: A bench prints what it measured and returns a sentence for each bound that was not kept.
BENCHES: dict[str, Callable[[Console], list[str]]] = {
    "book": book.run,
    "pages": pages.run,
    "bank": bank.run,
    "grading": grading.run,
}


def main() -> int:
    """Command line; the exit status is 1 if a bound was not kept, 2 if one was not measured."""
    parser = argparse.ArgumentParser(prog="python -m scripts.bench", description=__doc__)
    known = ", ".join(BENCHES)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {known}; default: all")
    names = parser.parse_args().names or list(BENCHES)
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        parser.error(f"there is no bench named {', '.join(unknown)}; there are {known}")
    console = Console()
    broken: list[str] = []
    status = 0
    for name in names:
        try:
            broken += BENCHES[name](console)
        except BenchError as error:
            console.print(f"{name}: {error}", markup=False, soft_wrap=True)
            status = 2
    for sentence in broken:
        console.print(f"Not kept: {sentence}", style="bold", markup=False, soft_wrap=True)
    if broken:
        return 1
    if not status:
        console.print("All bounds are kept.")
    return status


if __name__ == "__main__":
    sys.exit(main())
