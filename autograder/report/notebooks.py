"""Reading what failed tests said out of the autograded notebooks, one file at a time.

The files hold what students wrote and displayed, so nothing in them is taken for granted.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from autograder.feedback import told
from autograder.intake import LARGEST_FILE


class Unreadable(Exception):
    """A notebook that is missing, or is none; the message says which."""


class Outdated(Exception):
    """A notebook that is not the one whose scores are in the gradebook."""


def failed_tests(
    path: Path, tests: Collection[str], failed: Collection[str]
) -> dict[str, str | None]:
    """What the failed tests of an autograded notebook said.

    Parameters
    ----------
    path : pathlib.Path
        The notebook.
    tests : collection of str
        All tests of the notebook.
    failed : collection of str
        Those that did not get all points, by the gradebook.

    Returns
    -------
    dict of str to (str or None)
        What feedback shows, by test; None for a test that gave part of its points.

    Raises
    ------
    Unreadable
        If the file is missing, too large, or no notebook.
    Outdated
        If it says something else of these tests than the gradebook.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise Unreadable("too large")
        content = json.loads(path.read_bytes())
        cells = content["cells"]
        outputs = {
            cell["metadata"]["nbgrader"]["grade_id"]: cell.get("outputs", [])
            for cell in cells
            if cell["metadata"].get("nbgrader", {}).get("grade_id") in tests
        }
        errors = {name: _error(found) for name, found in outputs.items()}
        given = {name for name, found in outputs.items() if _kinds(found) & {"execute_result"}}
    except FileNotFoundError:
        raise Unreadable("missing") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Unreadable("no notebook") from None
    if {name for name in errors if errors[name] is not None} - set(failed):
        raise Outdated
    if any(errors.get(name) is None and name not in given for name in failed):
        raise Outdated
    return {name: errors[name] for name in failed}


def _kinds(outputs: list[Mapping[str, Any]]) -> set[str]:
    return {output["output_type"] for output in outputs}


def _error(outputs: list[Mapping[str, Any]]) -> str | None:
    for output in outputs:
        if output["output_type"] == "error":
            return told(NotebookNode(ename=str(output["ename"]), evalue=str(output["evalue"])))
    return None
