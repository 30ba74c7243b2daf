"""Mutants of a solution: its text with one small mistake in it.

Well-known tools (mutmut, cosmic-ray) mutate whole packages, run a test command for each mutant and
keep their state on disk; they know nothing of axes, slices and pairs. A pooling function is small:
here every mutant is an edit of its text, made where Python's own parser says the nodes lie, and
its key is a line to be read: the function, the line, and what stands in place of what.
"""

from __future__ import annotations

import ast
import dataclasses
import itertools
from collections.abc import Iterable, Iterator

#: What stands in place of an operator.
OPERATORS: dict[type[ast.AST], tuple[str, ...]] = {
    ast.Add: ("-",),
    ast.Sub: ("+",),
    ast.Mult: ("+", "/"),
    ast.Div: ("*", "//"),
    ast.FloorDiv: ("/", "*"),
    ast.Mod: ("*",),
    ast.Pow: ("*",),
    ast.Lt: ("<=", ">="),
    ast.LtE: ("<", ">"),
    ast.Gt: (">=", "<="),
    ast.GtE: (">", "<"),
    ast.Eq: ("!=",),
    ast.NotEq: ("==",),
    ast.Is: ("is not",),
    ast.IsNot: ("is",),
    ast.In: ("not in",),
    ast.NotIn: ("in",),
    ast.BitAnd: ("|",),
    ast.BitOr: ("&",),
}

#: Names that are taken for one another.
NAMES = {
    "max": ("min", "sum"),
    "min": ("max",),
    "sum": ("max", "mean"),
    "mean": ("sum", "max"),
    "all": ("any",),
    "any": ("all",),
    "ceil": ("floor",),
    "floor": ("ceil",),
    "maximum": ("minimum",),
    "minimum": ("maximum",),
    "argmax": ("argmin",),
    "argmin": ("argmax",),
    "ones": ("zeros",),
    "zeros": ("ones",),
    "ones_like": ("zeros_like",),
    "zeros_like": ("ones_like",),
    "floor_divide": ("divide",),
    "pool_size": ("strides",),
    "strides": ("pool_size",),
    "window": ("stride",),
    "stride": ("window",),
    "w": ("s",),
    "s": ("w",),
    "height": ("width",),
    "width": ("height",),
    "rows": ("columns",),
    "columns": ("rows",),
}

#: Functions to whose arguments the order is nothing.
SYMMETRIC = {"isinstance", "max", "min", "maximum", "minimum"}


@dataclasses.dataclass(frozen=True)
class Mutant:
    """A solution with one mistake in it.

    Attributes
    ----------
    key : str
        Names the mutant for as long as its line stands as it is.
    text : str
        The whole solution with the mistake.
    """

    key: str
    text: str


class _Text:
    """Source text with places as Python's parser gives them: lines, and columns in bytes."""

    def __init__(self, text: str) -> None:
        self.data = text.encode()
        self.starts = [0]
        for line in self.data.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def span(self, node: ast.AST) -> tuple[int, int]:
        return (
            self.starts[node.lineno - 1] + node.col_offset,  # type: ignore[attr-defined]
            self.starts[node.end_lineno - 1] + node.end_col_offset,  # type: ignore[attr-defined]
        )

    def of(self, node: ast.AST) -> str:
        first, last = self.span(node)
        return self.data[first:last].decode()

    def line(self, place: int) -> str:
        first = self.data.rfind(b"\n", 0, place) + 1
        end = self.data.find(b"\n", place)
        return self.data[first : end if end >= 0 else None].decode().strip()


#: An edit: from, to, and the new text.
Edit = tuple[int, int, str]


def _between(text: _Text, left: ast.AST, right: ast.AST, operator: ast.AST) -> Iterator[Edit]:
    """Other operators between two operands; parentheses around them stay."""
    first, last = text.span(left)[1], text.span(right)[0]
    middle = text.data[first:last].decode()
    old = middle.replace("(", " ").replace(")", " ").strip()
    place = first + len(middle[: middle.index(old)].encode())
    for new in OPERATORS.get(type(operator), ()):
        yield place, place + len(old.encode()), new


def _constants(text: _Text, node: ast.Constant) -> Iterator[Edit]:
    first, last = text.span(node)
    if isinstance(node.value, bool):
        yield first, last, str(not node.value)
    elif isinstance(node.value, (int, float)):
        yield first, last, repr(node.value + 1)
        yield first, last, f"({node.value - 1!r})"
    elif isinstance(node.value, str):
        yield first, last, repr("other")


def _swaps(text: _Text, elements: list[ast.expr]) -> Iterator[Edit]:
    """Neighbours of a tuple or of a call's arguments change places."""
    for left, right in itertools.pairwise(elements):
        first, last = text.span(left)[0], text.span(right)[1]
        between = text.data[text.span(left)[1] : text.span(right)[0]].decode()
        yield first, last, text.of(right) + between + text.of(left)


def _slices(text: _Text, node: ast.Slice) -> Iterator[Edit]:
    parts = [text.of(part) if part else "" for part in (node.lower, node.upper, node.step)]
    first, last = text.span(node)
    for number, part in enumerate(parts):
        others = list(parts)
        if part:
            others[number] = ""  # a bound is forgotten
        elif number == 0:
            others[number] = "1"  # the first cell is left out
        elif number == 1:
            others[number] = "-1"  # the last cell is left out
        else:
            others[number] = "2"
        yield first, last, ":".join(others)


def _calls(text: _Text, node: ast.Call) -> Iterator[Edit]:
    arguments = [*node.args, *node.keywords]
    for number, argument in enumerate(arguments):
        if isinstance(argument, ast.keyword) and argument.arg != "strict":
            first = text.span(arguments[number - 1] if number else argument)
            start = first[1] if number else first[0]
            yield start, text.span(argument)[1], ""  # a keyword is forgotten
    if text.of(node.func).rpartition(".")[2] not in SYMMETRIC:
        yield from _swaps(text, node.args)
    if isinstance(node.func, ast.Attribute) and node.func.attr in {"copy", "astype"}:
        yield *text.span(node), text.of(node.func.value)
    if isinstance(node.func, ast.Name) and node.func.id in {"abs", "int", "float"} and node.args:
        yield *text.span(node), text.of(node.args[0])


def _statements(text: _Text, node: ast.stmt) -> Iterator[Edit]:
    first, last = text.span(node)
    if isinstance(node, (ast.If, ast.While)):
        yield *text.span(node.test), f"not ({text.of(node.test)})"
        if isinstance(node, ast.If):
            yield *text.span(node.test), "False"
    elif isinstance(node, ast.AugAssign):
        place = text.span(node.target)[1]
        middle = text.data[place : text.span(node.value)[0]].decode()
        yield place, place + len(middle.encode()), " = "
        yield first, last, "pass"
    elif isinstance(node, ast.Return):
        yield first, last, "return None"
    elif isinstance(node, (ast.Raise, ast.Assign, ast.Expr, ast.Continue, ast.Break)):
        yield first, last, "pass"


def _edits(text: _Text, node: ast.AST) -> Iterator[Edit]:
    if isinstance(node, ast.BinOp):
        yield from _between(text, node.left, node.right, node.op)
    elif isinstance(node, ast.Compare):
        operands = [node.left, *node.comparators]
        for left, operator, right in zip(operands, node.ops, operands[1:], strict=False):
            yield from _between(text, left, right, operator)
    elif isinstance(node, ast.BoolOp):
        for left, right in itertools.pairwise(node.values):
            first, last = text.span(left)[1], text.span(right)[0]
            yield first, last, " or " if isinstance(node.op, ast.And) else " and "
        if len(node.values) > 1:
            for value in node.values:  # one condition is forgotten
                rest = [text.of(other) for other in node.values if other is not value]
                word = " and " if isinstance(node.op, ast.And) else " or "
                yield *text.span(node), word.join(rest)
    elif isinstance(node, ast.UnaryOp):
        yield *text.span(node), text.of(node.operand)
    elif isinstance(node, ast.Constant):
        yield from _constants(text, node)
    elif isinstance(node, ast.JoinedStr):
        yield *text.span(node), '"wrong"'
    elif isinstance(node, ast.Tuple):
        yield from _swaps(text, node.elts)
    elif isinstance(node, ast.IfExp):
        yield *text.span(node), f"({text.of(node.body)})"
        yield *text.span(node), f"({text.of(node.orelse)})"
    elif isinstance(node, ast.Slice):
        yield from _slices(text, node)
    elif isinstance(node, ast.Call):
        yield from _calls(text, node)
    elif isinstance(node, (ast.Name, ast.Attribute)):
        name = node.id if isinstance(node, ast.Name) else node.attr
        last = text.span(node)[1]
        if not isinstance(node.ctx, ast.Store):
            for other in NAMES.get(name, ()):
                yield last - len(name.encode()), last, other
    elif isinstance(node, ast.stmt):
        yield from _statements(text, node)


def _nodes(node: ast.AST, function: str) -> Iterator[tuple[str, ast.AST]]:
    """All nodes with the outermost function they stand in, but nothing that is not to be mutated:
    docstrings, signatures, the classes of `isinstance`, what `in` looks through, `strict=True`, and
    the insides of f-strings, whose places older Pythons do not know."""
    if isinstance(node, ast.FunctionDef):
        function = function or node.name
        children: Iterable[ast.AST] = node.body[1:] if ast.get_docstring(node) else node.body
    elif isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.keyword) and node.arg == "strict"
    ):
        children = ()
    elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "isinstance":
        children = node.args[:1]
    else:
        children = ast.iter_child_nodes(node)
    yield function, node
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
        looked_through = node.comparators[0]
        children = [node.left, *ast.iter_child_nodes(looked_through)]
    for child in children:
        yield from _nodes(child, function)


def mutants(text: str, spans: Iterable[tuple[int, int]]) -> Iterator[Mutant]:
    """Yield the mutants of `text`, each with one edit inside one of `spans`.

    Parameters
    ----------
    text : str
        Python source.
    spans : iterable of (int, int)
        Where it may be edited, in characters.

    Yields
    ------
    Mutant
        Those that Python can compile, each text once.
    """
    source = _Text(text)
    inside = [(len(text[:first].encode()), len(text[:last].encode())) for first, last in spans]
    seen, keys = {text}, dict[str, int]()
    for function, node in _nodes(ast.parse(text), ""):
        for first, last, new in _edits(source, node):
            if not any(low <= first and last <= high for low, high in inside):
                continue
            mutated = (source.data[:first] + new.encode() + source.data[last:]).decode()
            if mutated in seen:
                continue
            seen.add(mutated)
            try:
                compile(mutated, "<mutant>", "exec")
            except SyntaxError:
                continue
            old = " ".join(source.data[first:last].decode().split())
            what = f"`{old}` → `{' '.join(new.split())}`"
            key = f"{function}: {what} in `{source.line(first)}`"
            keys[key] = keys.get(key, 0) + 1
            if keys[key] > 1:
                key = f"{key} ({keys[key]})"
            yield Mutant(key, mutated)
