"""Mutants differ from the solution by one mistake, inside the solution, and have stable names."""

from __future__ import annotations

import ast

import pytest

from tests.bank.mutants import mutants


def mutated(text: str) -> dict[str, str]:
    return {mutant.key: mutant.text for mutant in mutants(text, [(0, len(text))])}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("return a < b", ["return a <= b", "return a >= b", "return None"]),
        ("return (a + b) * c", ["return (a - b) * c", "return (a + b) / c"]),
        ("return -(-a // b)", ["return -(-a / b)", "return -a // b", "return -(a // b)"]),
        ("return a and b or c", ["return a or b or c", "return a and b", "return b or c"]),
        ("return a[1:3]", ["return a[:3:]", "return a[1::]", "return a[2:3]", "return a[1:(2)]"]),
        ("return a[::b]", ["return a[1::b]", "return a[:-1:b]", "return a[::]"]),
        ("return a.max(axis=(1, 2))", ["return a.min(axis=(1, 2))", "return a.max()"]),
        ("return a.max(axis=(1, 2))", ["return a.max(axis=(2, 1))"]),
        ("return a.max(axis=(1, 2))", ["return a.max(axis=((0), 2))"]),
        ("return a.sum(1, keepdims=True)", ["return a.sum(1)", "return a.sum(1, keepdims=False)"]),
        ("return np.ceil(strides)", ["return np.floor(strides)", "return np.ceil(pool_size)"]),
        ("return a if b else c", ["return (a)", "return (c)"]),
        ("a += 1; return a", ["a = 1; return a", "pass; return a"]),
        ("if a: raise ValueError(f'{a} é')", ["if not (a): raise ValueError(f'{a} é')"]),
        ("if a: raise ValueError(f'é {a}')", ["if a: pass", 'if a: raise ValueError("wrong")']),
        ("return a.astype(b).copy()", ["return a.astype(b)", "return a.copy()"]),
        ("return a == 'same'", ["return a != 'same'", "return a == 'other'"]),
        ("return not a", ["return a"]),
    ],
)
def test_mistakes(line: str, expected: list[str]) -> None:
    head = "def f(a, b, c):\n    "
    texts = mutated(f"{head}{line}\n").values()
    for text in expected:
        assert f"{head}{text}\n" in texts, "\n".join(texts)


def test_only_what_is_inside_the_spans_is_mutated() -> None:
    text = (
        "def f(a=1):\n    'One 1.'\n    b = a + 1\n    ### BEGIN\n    return b - 1\n    ### END\n"
    )
    first, last = text.index("### BEGIN"), text.index("### END")
    found = list(mutants(text, [(first, last)]))
    assert found
    for mutant in found:
        assert mutant.text[:first] == text[:first]
        assert mutant.text.endswith("### END\n")
    # The signature's default and the docstring are no part of the answer.
    assert not [key for key in mutated(text) if "def f" in key or "One" in key]


def test_keys_name_the_function_the_edit_and_the_line_and_are_unique() -> None:
    text = "def f(a):\n    a = a + 1\n    a = a + 1\n    return a\n"
    keys = list(mutated(text))
    assert "f: `+` → `-` in `a = a + 1`" in keys
    assert "f: `+` → `-` in `a = a + 1` (2)" in keys
    assert len(keys) == len(set(keys)) == len(list(mutants(text, [(0, len(text))])))


def test_every_mutant_compiles_and_differs() -> None:
    text = "def f(x, n):\n    return [x[i, ::n] for i in range(1, n) if i in (1, 2)] or None\n"
    texts = list(mutated(text).values())
    assert len(texts) == len(set(texts)) > 8
    for mutant in texts:
        assert ast.dump(ast.parse(mutant)) != ast.dump(ast.parse(text))
