"""What a name in a test cell means.

In this order: what instructor's cells have bound in the judge; what the release's own cells import;
Python's built-in names, unless the release leaves it to the student to define one of them; what the
student's notebook has bound. So a student's global that is called ``check_output``, ``np`` or
``len`` is not what a test gets to see.
"""

from __future__ import annotations

import ast
import builtins
import importlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from autograder.judging.proxies import CannotCross, ModuleIs, Session

#: Types of which a student's later cell may bind a new value in place of an instructor's.
_PLAIN = (bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset, np.ndarray)

_MISSING = object()


class Release:
    """What the released cells say about names.

    Parameters
    ----------
    sources : iterable of str
        The code cells as they were released.
    locked : iterable of str
        Those among them that are the instructor's.
    """

    def __init__(self, sources: Iterable[str], locked: Iterable[str] = ()) -> None:
        #: What each imported name stands for: a module, and a name in it or nothing.
        self.imports: dict[str, tuple[str, str]] = {}
        #: Names that the release's cells define or assign, such as the functions asked for.
        self.defined: set[str] = set()
        #: Those that its answer cells bind as globals.
        self.asked: set[str] = set()
        instructors = {source.strip() for source in locked}
        for source in sources:
            self._scan(source)
            if source.strip() not in instructors:
                self.asked |= _globals(source)

    def _scan(self, source: str) -> None:
        for node in _statements(source):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.asname:
                        self.imports[alias.asname] = (alias.name, "")
                    else:
                        top = alias.name.partition(".")[0]
                        self.imports.setdefault(top, (top, ""))
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    if alias.name != "*":
                        self.imports[alias.asname or alias.name] = (node.module, alias.name)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                self.defined.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.defined.add(node.id)

    def imported(self, name: str) -> Any:
        """Import what the release imports under a name.

        Raises
        ------
        KeyError
            If it imports nothing under that name.
        """
        module, attribute = self.imports[name]
        found = importlib.import_module(module)
        if not attribute:
            return found
        try:
            return getattr(found, attribute)
        except AttributeError:
            return importlib.import_module(f"{module}.{attribute}")


_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _globals(source: str) -> set[str]:
    """The names that a cell defines or assigns outside of functions and classes."""
    names: set[str] = set()
    inside: set[ast.AST] = set()
    for node in _statements(source):  # a part comes after what it is a part of
        if node in inside or isinstance(node, (*_SCOPES, ast.Lambda)):
            inside.update(ast.iter_child_nodes(node))
        if node not in inside and isinstance(node, _SCOPES):
            names.add(node.name)
        elif node not in inside and isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def _statements(source: str) -> Iterable[ast.AST]:
    """All parts of a cell, without its magics; of a cell that is no Python, nothing."""
    plain = "\n".join(
        line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))
    )
    try:
        return list(ast.walk(ast.parse(plain)))
    except (SyntaxError, ValueError, RecursionError):
        return []


class JudgeNamespace(dict[str, Any]):
    """Globals of the instructor's cells in the judge; a name that is missing is looked for.

    Parameters
    ----------
    session : Session
        The student's process.
    release : Release
    """

    def __init__(self, session: Session, release: Release) -> None:
        super().__init__({"__name__": "__main__", "__builtins__": builtins, "__doc__": None})
        self._session = session
        self._release = release
        #: Names bound to plain data by a set-up cell.
        self._soft: set[str] = set()
        #: The student's functions and classes that were looked up since the last cell began.
        self._looked_up: dict[str, Any] = {}

    def __missing__(self, name: str) -> Any:
        if name.startswith("__"):  # Python looks for such names in any module
            raise KeyError(name)
        if name in self._release.imports:
            self[name] = value = self._release.imported(name)
            return value
        if hasattr(builtins, name) and name not in self._release.defined:
            raise KeyError(name)
        value = self._looked_up.get(name, _MISSING)
        if value is _MISSING:
            value = self._look_up(name)
        return value

    def _look_up(self, name: str) -> Any:
        try:
            value = self._session.look_up(name)
        except ModuleIs as module:
            raise CannotCross(
                f"The test uses {name}, which is the module {module} in the student's notebook. "
                "Import it in the test, or in a cell that the release locks."
            ) from None
        if callable(value):
            self._looked_up[name] = value
        return value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name, _MISSING) is not _MISSING

    def get(self, name: str, default: Any = None) -> Any:
        """As `dict.get`, for the student's names too."""
        try:
            return self[name]
        except KeyError:
            return default

    def begin_cell(self) -> None:
        """Forget what names of the student's meant in the cell before."""
        self._looked_up.clear()

    def soften(self, before: Mapping[str, Any]) -> None:
        """After a set-up cell: note which plain data it has bound.

        Parameters
        ----------
        before : mapping
            The names as they were before the cell.
        """
        for name, value in self.items():
            if before.get(name, _MISSING) is not value:
                if value is None or isinstance(value, _PLAIN):
                    self._soft.add(name)
                else:
                    self._soft.discard(name)

    def harden(self, before: Mapping[str, Any]) -> None:
        """After a test cell: what it has bound is no student's to change."""
        for name in list(self._soft):
            if dict.get(self, name, _MISSING) is not before.get(name, _MISSING):
                self._soft.discard(name)

    def rebound(self, names: Iterable[str]) -> None:
        """After a student's cell: what a set-up cell left blank, and it has filled in, is its own.

        That is plain data under a name that the release's answer cells assign too. All other names
        of the instructor's stay what they are: a tolerance is not the student's to choose.
        """
        for name in names:
            if name in self._soft and name in self._release.asked:
                self._soft.discard(name)
                self.pop(name, None)
