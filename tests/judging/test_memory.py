"""What the judge keeps from one submission to the next cannot be changed, or taken for another."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
from keras import layers

from autograder import pooling_checks
from autograder.pooling_checks import networks, pictures
from autograder.pooling_checks.cases import Case, example
from autograder.pooling_checks.oracle import LastKept, Oracle
from autograder.pooling_checks.pooling_layers import PoolingLayer, random_cases


@pytest.fixture(autouse=True)
def _judging() -> Iterator[None]:
    before = Oracle.memory, networks.memory, pictures.memory
    pooling_checks.begin_judging()
    yield
    Oracle.memory, networks.memory, pictures.memory = before


def test_expected_values_are_kept_and_cannot_be_written_to() -> None:
    case = Case({"x": example(1, 4, 4, 1)}, {"pool_size": 2})
    first, again = (PoolingLayer(layers.MaxPooling2D).right(case) for _ in range(2))
    assert first is again
    with pytest.raises(ValueError, match="read-only"):
        first[0][:] = 0
    other = case.with_arguments(pool_size=1)
    assert PoolingLayer(layers.MaxPooling2D).right(other)[0].shape == (1, 4, 4, 1)
    assert not np.array_equal(PoolingLayer(layers.AveragePooling2D).right(case)[0], first[0])


def test_cases_that_are_drawn_once_reach_functions_as_copies() -> None:
    first = random_cases(1, 3, "valid", True, False, False, "mixed", True)[0]
    first.copies()[0][:] = 9
    again = random_cases(1, 3, "valid", True, False, False, "mixed", True)[0]
    assert np.array_equal(first.x, again.x) and not (again.x == 9).all()
    with pytest.raises(ValueError, match="read-only"):
        again.x[:] = 9


def test_memory_has_an_end() -> None:
    kept = LastKept(3)
    for number in range(10):
        kept[number] = number
    assert list(kept) == [7, 8, 9]


def network(**more: Any) -> Any:
    keras.utils.set_random_seed(1)
    rate = more.pop("rate", 0.1)
    return keras.Sequential(
        [keras.Input((4,)), layers.Dense(3, **more), layers.Dropout(rate), layers.Dense(2)]
    )


@pytest.mark.parametrize(
    "change",
    [
        {"kernel_regularizer": "l2"},
        {"kernel_constraint": "non_neg"},
        {"activation": "relu"},
        {"rate": 0.9},
        {"trainable": False},
        {"dtype": "float16"},
        {"bias_initializer": "ones"},
    ],
    ids=str,
)
def test_networks_that_train_differently_are_told_apart(change: dict[str, Any]) -> None:
    same: Callable[[], Any] = lambda: networks._fingerprint(network())  # noqa: E731
    assert same() == same() is not None  # though the names of the layers count up
    assert networks._fingerprint(network(**change)) != same()


def test_nothing_is_kept_of_a_network_with_code_of_its_own() -> None:
    class Own(layers.Dense):
        pass

    assert networks._fingerprint(keras.Sequential([keras.Input((4,)), Own(3)])) is None
