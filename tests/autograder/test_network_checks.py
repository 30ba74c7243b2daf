"""Checks of networks: what reads alike, and what the messages say."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from autograder.pooling_checks import (
    CheckFailed,
    check_activation_bytes,
    check_activations,
    check_fresh,
    check_interface,
    check_layers,
    check_learns,
    check_output_shapes,
    check_parameters,
    digits,
    networks,
)
from autograder.pooling_checks.calling import call
from autograder.pooling_checks.networks import Stage, stages


def row(*rest: Any, shape: tuple[int, ...] = (8, 8, 1)) -> keras.Model:
    return keras.Sequential([keras.Input(shape), *rest])


def build() -> keras.Model:
    return row(
        layers.Conv2D(4, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(3, activation="softmax"),
    )


KINDS = ["convolution, window 3, stride 1", "max pooling, window 2, stride 2", "flatten", "dense"]
SHAPES = [(8, 8, 4), (4, 4, 4), (64,), (3,)]


@contextlib.contextmanager
def failing(*parts: str) -> Iterator[None]:
    """What is checked in the body must fail, with a message that holds all parts."""
    with pytest.raises(CheckFailed) as failed:
        yield
    for part in parts:
        assert part in str(failed.value), str(failed.value)


def facts(network: keras.Model) -> list[tuple[str, tuple[int, ...], int, str]]:
    return [(s.kind, s.shape, s.parameters, s.activation) for s in stages(network)]


# --- reading -------------------------------------------------------------------------------------


def test_a_network_is_read_as_it_computes() -> None:
    """Shapes and parameters are those of Keras, and by hand."""
    assert facts(build()) == [
        (KINDS[0], (8, 8, 4), 4 * (9 + 1), "relu"),
        (KINDS[1], (4, 4, 4), 0, "linear"),
        ("flatten", (64,), 0, "linear"),
        ("dense", (3,), 3 * 65, "softmax"),
    ]


def activations_apart() -> keras.Model:
    x = picture = keras.Input((8, 8, 1))
    x = layers.ReLU()(layers.Conv2D(4, 3, padding="same")(x))
    x = layers.Reshape((64,))(layers.MaxPooling2D(2)(x))
    return keras.Model(picture, layers.Softmax()(layers.Dense(3)(x)))


def relu_after_pooling() -> keras.Model:
    convolution = layers.Conv2D(4, 3, padding="same")
    end = layers.Dense(3, activation="softmax")
    pool = layers.MaxPooling2D(2)
    return row(convolution, pool, layers.Flatten(), layers.Activation("relu"), end)


def nested() -> keras.Model:
    inner = row(layers.Conv2D(4, 3, padding="same", activation="relu"), layers.MaxPooling2D(2))
    return row(inner, layers.Flatten(), layers.Dense(3, activation="softmax"))


def operations() -> keras.Model:
    picture = keras.Input((8, 8, 1))
    x = keras.ops.relu(layers.Conv2D(4, 3, padding="same")(picture))
    x = keras.ops.reshape(layers.MaxPooling2D(2)(x), (-1, 64))
    return keras.Model(picture, keras.ops.softmax(layers.Dense(3)(x)))


@pytest.mark.parametrize(
    "other", [activations_apart, relu_after_pooling, nested, operations], ids=lambda f: f.__name__
)
def test_networks_that_do_the_same_read_alike(other: Callable[[], keras.Model]) -> None:
    first, second = build(), other()
    assert facts(first) == facts(second)
    second.set_weights(first.get_weights())
    pictures = np.random.default_rng(0).normal(size=(2, 8, 8, 1)).astype("float32")
    np.testing.assert_allclose(np.asarray(first(pictures)), np.asarray(second(pictures)), atol=1e-5)


@pytest.mark.parametrize(
    "pooled",
    [
        [layers.GlobalAveragePooling2D],
        [lambda: layers.GlobalAveragePooling2D(keepdims=True), layers.Flatten],
        [lambda: layers.AveragePooling2D(8), layers.Flatten],
    ],
)
def test_global_pooling_in_three_ways(pooled: list[Callable[[], Any]]) -> None:
    network = row(*[make() for make in pooled], layers.Dense(2))
    assert facts(network) == [
        ("global average pooling", (1,), 0, "linear"),
        ("dense", (2,), 4, "linear"),
    ]


def test_a_layer_that_is_called_twice_is_read_twice() -> None:
    pool = layers.MaxPooling2D(2)
    picture = keras.Input((8, 8, 1))
    assert [s.shape for s in stages(keras.Model(picture, pool(pool(picture))))] == [
        (4, 4, 1),
        (2, 2, 1),
    ]


@pytest.mark.parametrize(
    ("rest", "activation"),
    [
        ([layers.LeakyReLU], "LeakyReLU"),
        ([lambda: layers.Activation("tanh")], "tanh"),
        ([lambda: layers.Activation("linear")], "linear"),
        ([layers.ReLU, layers.ReLU], "relu"),
        ([layers.Softmax, layers.Softmax], "softmax, then softmax"),
        ([lambda: layers.ReLU(max_value=6)], "ReLU"),
    ],
)
def test_activations_are_known_by_what_they_do(
    rest: list[Callable[[], Any]], activation: str
) -> None:
    network = row(layers.Dense(3), *[make() for make in rest], shape=(5,))
    assert [stage.activation for stage in stages(network)] == [activation]


@pytest.mark.parametrize("extra", [lambda: layers.Dropout(0.1), layers.BatchNormalization])
def test_other_layers_are_layers(extra: Callable[[], Any]) -> None:
    assert len(stages(row(layers.Flatten(), extra(), layers.Dense(2)))) == 3


def test_relu_after_average_pooling_is_not_before_it() -> None:
    network = row(layers.Conv2D(2, 3), layers.AveragePooling2D(2), layers.ReLU())
    assert [stage.activation for stage in stages(network)] == ["linear", "relu"]


# --- messages ------------------------------------------------------------------------------------


def test_what_is_right_passes() -> None:
    check_interface(build, (8, 8, 1), (3,))
    check_layers(build, KINDS)
    check_layers(build, [KINDS[0], ...])
    check_output_shapes(build, SHAPES)
    check_output_shapes(build, [*SHAPES, ...])
    check_parameters(build, [40, 195], total=235)
    check_activations(build, ["relu", "softmax"])
    check_fresh(build)


def test_the_first_layer_that_differs_is_named_and_marked() -> None:
    wanted = [KINDS[0], "average pooling, window 2, stride 2", ...]
    with failing(
        "layer     2: kind", f"expected  {wanted[1]}", f"received  {KINDS[1]}", "*  2  max"
    ):
        check_layers(build, wanted)
    with failing("no further layer", "*  3  flatten"):
        check_layers(build, KINDS[:2])
    with failing("no such layer"):
        check_layers(build, [*KINDS, "dense"])
    with failing("expected  (4, 4, 8)", "number of filters"):
        check_output_shapes(build, [SHAPES[0], (4, 4, 8), ...])
    with failing("expected  1,234", "received  195"):
        check_parameters(build, [40, 1234], total=235)
    with failing("expected  softmax", "received  relu"):
        check_activations(build, ["softmax", "relu"])
    assert isinstance(stages(build())[0], Stage)


def test_hints_name_the_mistake() -> None:
    def valid() -> keras.Model:
        return row(layers.Conv2D(4, 3))

    with failing('padding="same"'):
        check_output_shapes(valid, [(8, 8, 4)])
    with failing("Flatten keeps every cell"):
        check_layers(lambda: row(layers.Flatten()), ["global average pooling"])
    with failing("in place of the pooling layer"):
        check_layers(lambda: row(layers.MaxPooling2D(2)), ["convolution, window 3, stride 2"])
    with failing("not with the window and stride"):
        check_layers(valid, ["convolution, window 5, stride 1"])
    with failing("nothing is applied"):
        check_activations(valid, ["relu"])


def test_weights_that_are_shared_by_two_places_are_found() -> None:
    def shared() -> keras.Model:
        dense = layers.Dense(5)
        numbers = keras.Input((5,))
        return keras.Model(numbers, dense(dense(numbers)))

    with failing("share a layer", "expected  60", "received  30"):
        check_parameters(shared, [30, 30], total=60)


def test_the_interface() -> None:
    with failing("expected  (None, 9, 9, 1)", "received  (None, 8, 8, 1)"):
        check_interface(build, (9, 9, 1), (3,))
    with failing("output shape", "(None, 4)"):
        check_interface(build, (8, 8, 1), (4,))
    fixed = keras.Sequential([keras.Input(batch_shape=(2, 5)), layers.Dense(3)])
    with failing("received  (2, 5)"):
        check_interface(lambda: fixed, (5,), (3,))


def test_what_is_no_network_is_said() -> None:
    with failing("is None", "is there a `return`?"):
        check_fresh(lambda: None)
    with failing("is a list, no network"):
        check_fresh(lambda: [layers.Dense(2)])
    with failing("begins with keras.Input"):
        check_fresh(lambda: keras.Sequential([layers.Dense(2)]))


def test_a_fresh_network_each_time() -> None:
    kept = build()
    with failing("share weights"):
        check_fresh(lambda: kept)

    def compiled() -> keras.Model:
        network = build()
        network.compile("sgd", "mse")
        return network

    with failing("not compiled"):
        check_fresh(compiled)

    def frozen() -> keras.Model:
        return row(layers.Flatten(), layers.Dense(2, trainable=False, name="still"))

    with failing("The layer still (dense) cannot"):
        check_fresh(frozen)


# --- learning ------------------------------------------------------------------------------------


def test_the_digits_are_real_shuffled_and_apart() -> None:
    pictures, labels, others, their_labels = digits()
    assert pictures.shape == others.shape == (1000, 28, 28, 1)
    assert (pictures.min(), pictures.max(), pictures.dtype) == (0, 1, "float32")
    assert set(labels) == set(their_labels) == set(range(10))
    assert not {p.tobytes() for p in pictures} & {p.tobytes() for p in others}


def small(*, zero: bool = False, outputs: int = 10) -> keras.Model:
    start = "zeros" if zero else "glorot_uniform"
    dense = layers.Dense(outputs, activation="softmax", kernel_initializer=start)
    return row(layers.MaxPooling2D(4), layers.Flatten(), dense, shape=(28, 28, 1))


def test_learning_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    training = {"epochs": 2, "learning_rate": 0.01, "seed": 1}
    check_learns(small, accuracy=0.6, **training)
    with failing("does not learn enough", "2 epochs", "at least 100%"):
        check_learns(small, accuracy=1.0, **training)
    with failing("cannot be trained on digits", "(9,)"):
        check_learns(lambda: small(outputs=9), accuracy=0.6, **training)
    monkeypatch.setattr(networks, "LARGEST_TRAINED", 100)
    with failing("parameters", "is not trained"):
        check_learns(small, accuracy=0.6, **training)


def test_training_ends_when_enough_is_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures, labels, _, _ = digits()
    monkeypatch.setattr(networks, "digits", lambda: (pictures, labels, pictures, labels))
    trained: list[int] = []
    monkeypatch.setattr(keras.Model, "fit", lambda *a, **k: trained.append(1))
    guesses = float(np.mean(labels == 0))  # what a network of zeros recognises
    training = {"epochs": 3, "learning_rate": 0.01, "seed": 1}
    check_learns(lambda: small(zero=True), accuracy=guesses, **training)
    assert len(trained) == 1
    with failing("does not learn enough", "3 epochs"):
        check_learns(lambda: small(zero=True), accuracy=guesses + 0.001, **training)
    assert len(trained) == 1 + 3


def test_a_network_that_was_trained_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    shares = iter([0.9, 0.2])
    monkeypatch.setattr(networks, "memory", {})
    monkeypatch.setattr(networks, "_share_recognised", lambda *a: next(shares))
    training = {"accuracy": 0.5, "epochs": 1, "learning_rate": 0.01, "seed": 1}
    check_learns(small, **training)
    check_learns(small, **training)
    with failing("20.0%"):
        check_learns(lambda: small(zero=True), **training)


# --- bytes, and calls ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("returned", "parts"),
    [
        (4 * (256 + 64 + 64 + 3 + 64), ["counts the input"]),
        (387, ["these are numbers"]),
        (1548 * 8, ["these are bits"]),
        (1548 * 2, ["float64"]),
        (940, ["bytes of the parameters"]),
        (235, ["the number of parameters"]),
        (1548.0, ["must return an int", "a float"]),
        (None, ["must return an int", "is there a `return`?"]),
        (1, ["expected  1,548", "received  1"]),
    ],
)
def test_messages_about_bytes(returned: Any, parts: list[str]) -> None:
    check_activation_bytes(lambda model: np.int64(1548), build(), 1548)
    with failing(*parts):
        check_activation_bytes(lambda model: returned, build(), 1548)


def test_keras_is_allowed_only_where_it_is_said() -> None:
    assert call(build, "case", libraries=True).count_params() == 235
    with failing("uses Keras"):
        call(build, "case")
