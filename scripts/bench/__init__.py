"""What the course promises about speed and size, measured: `make bench`.

Figures, not tests: a machine that is busy with other work is slow without anybody's fault. Each
bench is a module with a function ``run`` that prints what it measured and returns one sentence for
each stated bound that was not kept. ``__main__.py`` names them.
"""

from __future__ import annotations

import os


class BenchError(Exception):
    """Why something could not be measured, in one sentence."""


def load() -> str:
    """Return how busy the machine is, as a remark for a table's caption."""
    if not hasattr(os, "getloadavg"):
        return ""
    busy, cores = os.getloadavg()[0], os.cpu_count() or 1
    remark = f"load {busy:.1f} on {cores} cores at the start"
    return f"{remark}: busy, so expect longer times" if busy > cores / 2 else remark


def over(what: str, measured: float, bound: float, unit: str) -> list[str]:
    """Return the sentence to print if a measured figure is over its bound, else nothing.

    Parameters
    ----------
    what : str
        What was measured, as the beginning of a sentence.
    measured, bound : float
        Figures in the same unit.
    unit : str
        That unit.

    Returns
    -------
    list of str
        No sentence or one.
    """
    if measured <= bound:
        return []
    return [f"{what} {measured:,.1f} {unit}; the bound is {bound:,.0f} {unit}."]
