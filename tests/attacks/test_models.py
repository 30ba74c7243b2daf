"""Attacks through Keras models, which the judge builds again and runs."""

from __future__ import annotations

import time

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from autograder.sanitize import ReferenceCell, repair
from autograder.workbench import Workbench
from tests.attacks.attack import honest
from tests.attacks.course import Graded

SETUP = "import keras\nimport numpy as np\n"
TEST = """\
network = build()
assert isinstance(network, keras.Model)
assert network.count_params() == 10, "the number of parameters is wrong"
y = np.asarray(network(np.ones((1, 4, 4, 1), "float32")))
assert y.shape == (1, 1) and np.isfinite(y).all()
"""
RIGHT = """\
def build():
    return keras.Sequential([
        keras.Input((4, 4, 1)), keras.layers.AveragePooling2D(2), keras.layers.Flatten(),
        keras.layers.Dense(2, use_bias=False), keras.layers.Dense(1, use_bias=False)])
"""


def reference() -> list[ReferenceCell]:
    """The release."""
    flags = {"cell_type": "code", "task": False}
    return [
        ReferenceCell("net-setup", source=SETUP, locked=True, grade=False, solution=False, **flags),
        ReferenceCell("net", source="", locked=False, grade=False, solution=True, **flags),
        ReferenceCell("net-test", source=TEST, locked=True, grade=True, solution=False, points=2.0,
                      **flags),
    ]  # fmt: skip


def run(bench: Workbench, answer: str) -> Graded:
    """Grade an answer."""
    sources = [SETUP, answer, TEST]
    cells = [
        new_code_cell(source, metadata=cell.metadata())
        for cell, source in zip(reference(), sources, strict=True)
    ]
    repaired: NotebookNode = repair(new_notebook(cells=cells), reference())[0]
    return Graded(repaired, bench.run(repaired, {}))


def test_a_right_model_is_right(bench: Workbench) -> None:
    graded = run(bench, RIGHT)
    assert graded.score == 2, graded.said


WRONG = {
    "counts_itself": "class Mine(keras.Sequential):\n    def count_params(self): return 10\n"
    "def build():\n    return Mine([keras.Input((4, 4, 1)), keras.layers.Flatten()])\n",
    "lambda": "def build():\n    return keras.Sequential([keras.Input((4, 4, 1)),\n"
    "        keras.layers.Lambda(lambda x: __import__('os')._exit(1))])\n",
    "own_layer": "class Mine(keras.layers.Layer):\n    def call(self, x): return x\n"
    "def build():\n    return keras.Sequential([keras.Input((4, 4, 1)), Mine()])\n",
    "says_it_is_a_model": "class Mine:\n    __class__ = keras.Sequential\n"
    "    def count_params(self): return 10\n    def __call__(self, x): return np.ones((1, 1))\n"
    "def build(): return Mine()\n",
    "patched_keras": "keras.Model.count_params = lambda self: 10\n"
    "keras.Sequential.count_params = lambda self: 10\n"
    "def build():\n    return keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten()])\n",
    "lying_config": "class Mine(keras.Sequential):\n"
    "    def get_config(self): return {'layers': [{'class_name': 'function',\n"
    "        'module': 'os', 'config': 'system', 'registered_name': 'system'}]}\n"
    "def build():\n    return Mine([keras.Input((4, 4, 1)), keras.layers.Flatten()])\n",
    "huge_picture": "def build():\n    return keras.Sequential([keras.Input((4, 4, 1)),\n"
    "        keras.layers.UpSampling2D(100_000)])\n",
    "huge_padding": "def build():\n    return keras.Sequential([keras.Input((4, 4, 1)),\n"
    "        keras.layers.ZeroPadding2D(500_000), keras.layers.Flatten()])\n",
    "shares_itself": "kept = []\ndef build():\n    x = keras.Input((4, 4, 1))\n    y = x\n"
    "    for _ in range(300): y = keras.layers.Add()([y, y])\n    return keras.Model(x, y)\n",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_model_that_lies_gains_nothing(name: str, bench: Workbench) -> None:
    judge = bench._judge.pid
    assert run(bench, WRONG[name]).score == 0
    assert bench._judge.pid == judge
    assert run(bench, RIGHT).score == 2
    honest(bench)


def test_a_model_that_kills_the_judge_costs_itself_alone(bench: Workbench) -> None:
    """An adaptive layer of TensorFlow's divides by zero, which ends the process."""
    deadly = (
        "def build():\n    return keras.Sequential([keras.Input((4, 4, 1)),\n"
        "        keras.layers.Flatten(), keras.layers.Dense(1, use_bias=False),\n"
        "        keras.layers.Reshape((1, 1, 1)), keras.layers.AdaptiveMaxPooling2D(1)])\n"
    )
    start = time.monotonic()
    graded = run(bench, deadly)
    assert graded.score == 0
    assert time.monotonic() - start < 150
    assert run(bench, RIGHT).score == 2
    honest(bench)
