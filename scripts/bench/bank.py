"""The bank of answers: what the tests of the assignments accept and catch."""

from __future__ import annotations

from rich.console import Console


def run(console: Console) -> list[str]:
    """Print a table for each assignment.

    Parameters
    ----------
    console : rich.console.Console
        Where to print.

    Returns
    -------
    list of str
        A sentence for each answer or mutant that is not judged as it must be.
    """
    # Here, because it imports what is needed to run the tests of notebooks.
    from tests.bank.bank import ASSIGNMENTS
    from tests.bank.report import faults, run_bank, table

    found: list[str] = []
    for assignment in ASSIGNMENTS:
        outcome = run_bank(assignment)
        console.print(table(outcome), markup=False, highlight=False, soft_wrap=True)
        found += faults(outcome)
    return found
