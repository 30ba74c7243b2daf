"""Reads the bank: answers as text, and the assignments they answer."""

from __future__ import annotations

import ast
import dataclasses
import functools
import re
from pathlib import Path

from nbformat import NotebookNode

from autograder.in_process import is_answer
from autograder.judge import is_test
from autograder.sources import to_notebook
from tests.bank.mutants import Mutant, mutants
from tests.conftest import ROOT

ANSWERS = Path(__file__).with_name("answers")

#: The assignments that have a bank.
ASSIGNMENTS = sorted(path.name for path in ANSWERS.iterdir() if path.is_dir())

REGION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.S)


class BankError(Exception):
    """The bank is not well-formed; the message says where."""


@dataclasses.dataclass(frozen=True)
class Answer:
    """One answer to one function.

    Attributes
    ----------
    assignment, function, name : str
    thought : str
        What its author was thinking.
    source : str
        The function's text, under the name that the assignment asks for.
    helpers : str
        Text of what it uses.
    loses : frozenset of str
        ``grade_id`` of the tests it must fail; none for a right answer.
    tests : tuple of str
        ``grade_id`` of all tests of the function.
    """

    assignment: str
    function: str
    name: str
    thought: str
    source: str
    helpers: str
    loses: frozenset[str]
    tests: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        return not self.loses

    @property
    def text(self) -> str:
        """Everything that has to be run."""
        return f"{self.helpers}\n\n\n{self.source}"

    def __str__(self) -> str:
        return f"{self.assignment}/{self.function}/{self.name}"


@functools.cache
def assignment_notebook(assignment: str) -> NotebookNode:
    """The assignment with its answers and hidden tests."""
    source = ROOT / "solutions" / assignment / f"{assignment}.py"
    return to_notebook(source.read_text("utf-8"))


def _function_of(cell: NotebookNode) -> str:
    body = ast.parse(cell.source).body
    return next((node.name for node in body if isinstance(node, ast.FunctionDef)), "")


@functools.cache
def function_tests(assignment: str) -> dict[str, tuple[str, ...]]:
    """For each function the assignment asks for, its tests: those below it, up to the next one."""
    found: dict[str, list[str]] = {}
    for cell in assignment_notebook(assignment).cells:
        if is_answer(cell) and _function_of(cell):
            found[_function_of(cell)] = []
        elif is_test(cell) and found:
            found[list(found)[-1]].append(cell.metadata.nbgrader["grade_id"])
    return {function: tuple(tests) for function, tests in found.items()}


@functools.cache
def nearest_tests(assignment: str) -> dict[str, tuple[str, ...]]:
    """For each function and each helper of the solution, the tests below the cell it stands in."""
    tests = function_tests(assignment)
    return {
        node.name: tests.get(_function_of(cell), ())
        for cell in assignment_notebook(assignment).cells
        if is_answer(cell)
        for node in ast.parse(cell.source).body
        if isinstance(node, ast.FunctionDef)
    }


def _losses(place: str, doc: str, tests: tuple[str, ...]) -> tuple[str, frozenset[str]]:
    thought, marker, said = doc.rpartition("Loses:")
    if not marker or not thought.strip():
        raise BankError(f"{place}: the docstring needs a sentence and a line `Loses: …`")
    said = " ".join(said.split())
    if said == "nothing":
        return thought.strip(), frozenset()
    every, _, kept = said.partition("all but ") if said.startswith("all but") else (said, "", "")
    lost = set(tests) if every in {"", "all"} else set(every.split(", "))
    keeps = set(kept.split(", ")) if kept else set()
    unknown = (lost | keeps) - set(tests)
    if unknown:
        raise BankError(f"{place}: {', '.join(sorted(unknown))} is no test of this function")
    return thought.strip(), frozenset(lost - keeps)


@functools.cache
def answers(assignment: str) -> tuple[Answer, ...]:
    """All answers to an assignment, in the order of its functions and of the files."""
    folder = ANSWERS / assignment
    shared = (folder / "_shared.py").read_text("utf-8")
    functions = function_tests(assignment)
    unknown = {path.stem for path in folder.glob("[!_]*.py")} - set(functions)
    if unknown:
        raise BankError(f"{folder}: {assignment} asks for no function {', '.join(unknown)}")
    found = []
    for function, tests in functions.items():
        path = folder / f"{function}.py"
        text = path.read_text("utf-8")
        helpers, public = [shared], []
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                public.append(node)
            elif not isinstance(node, ast.Expr):  # the file's docstring
                helpers.append(ast.get_source_segment(text, node) or "")
        for node in public:
            thought, loses = _losses(f"{path}: {node.name}", ast.get_docstring(node) or "", tests)
            source = ast.get_source_segment(text, node) or ""
            source = source.replace(f"def {node.name}(", f"def {function}(", 1)
            together = "\n\n\n".join(helpers)
            found.append(
                Answer(assignment, function, node.name, thought, source, together, loses, tests)
            )
    return tuple(found)


@functools.cache
def solution(assignment: str) -> str:
    """Text of the assignment's own answers."""
    cells = [cell.source for cell in assignment_notebook(assignment).cells if is_answer(cell)]
    return "\n\n\n".join(cells)


@functools.cache
def solution_mutants(assignment: str) -> tuple[Mutant, ...]:
    """The mutants of the assignment's own answers, inside BEGIN SOLUTION and END SOLUTION."""
    text = solution(assignment)
    spans = [match.span(1) for match in REGION.finditer(text)]
    return tuple(mutants(text, spans))


@functools.cache
def equivalent(assignment: str) -> dict[str, str]:
    """Keys of the mutants that behave as the solution does, each with the reason."""
    path = ANSWERS / assignment / "equivalent.txt"
    found: dict[str, str] = {}
    for paragraph in re.split(r"\n\s*\n", path.read_text("utf-8")):
        lines = [line for line in paragraph.splitlines() if not line.startswith("#")]
        if not lines:
            continue
        key, reason = lines[0].strip(), " ".join(line.strip() for line in lines[1:])
        if not reason:
            raise BankError(f"{path}: no reason is given for {key}")
        if key in found:
            raise BankError(f"{path}: {key} stands there twice")
        found[key] = reason
    return found
