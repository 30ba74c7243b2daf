"""Keras models cross as data, keep their identity, and bring no code along."""

from __future__ import annotations

import copy
import json
import os
from typing import Any

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
from keras import layers

from autograder import wire
from autograder.judging.networks import ModelExchange, checked_config
from autograder.pooling_checks import check_fresh, check_layers
from autograder.pooling_checks.messages import CheckFailed
from autograder.sandbox.models import ModelSender, Unportable, portable
from autograder.wire import Decoder, Encoder, WireError


class Line:
    """A runner's end and a judge's end, without a process between them."""

    def __init__(self) -> None:
        self.sender, self.exchange = ModelSender(), ModelExchange()

    def through(self, model: Any) -> Any:
        encoder = Encoder()
        data = wire.frame({"v": self.sender.tree(model, encoder)}, encoder)
        message, blobs = wire.parse_frame(data)
        return self.exchange.receive(message["v"], Decoder(blobs))


def small(**options: Any) -> Any:
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(2, 3, padding="same", activation="relu", **options),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def functional() -> Any:
    picture = keras.Input((8, 8, 1))
    left = layers.Conv2D(2, 3, padding="same")(picture)
    right = keras.ops.relu(layers.Conv2D(2, 1)(picture))
    made = layers.Add()([left, right])
    shared = layers.Dense(4, activation=keras.activations.tanh)
    return keras.Model(picture, [shared(made), shared(left)])


def nested() -> Any:
    block = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3), layers.Dropout(0.5)])
    return keras.Sequential([keras.Input((8, 8, 1)), block, layers.BatchNormalization()])


class OwnConvolution(layers.Conv2D):
    """Only a constructor of its own."""

    def __init__(self, **more: Any) -> None:
        super().__init__(2, 3, activation=lambda x: keras.ops.maximum(x, 0), **more)


def own_class() -> Any:
    return keras.Sequential([keras.Input((8, 8, 1)), OwnConvolution()])


@pytest.mark.parametrize("make", [small, functional, nested, own_class])
def test_a_model_computes_the_same_on_the_other_side(make: Any) -> None:
    model = make()
    arrived = Line().through(model)
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 1)).astype("float32")
    for ours, theirs in zip(
        keras.tree.flatten(model(x)), keras.tree.flatten(arrived(x)), strict=True
    ):
        assert np.allclose(ours, theirs, atol=1e-6)
    assert arrived.count_params() == model.count_params()
    assert [la.name for la in arrived.layers] == [la.name for la in model.layers]


def test_flags_cross() -> None:
    model = small()
    model.layers[0].trainable = False
    model.compile("adam", "mse")
    arrived = Line().through(model)
    assert arrived.compiled and not arrived.layers[0].trainable and arrived.layers[-1].trainable
    assert not Line().through(small()).compiled


def test_a_model_that_is_not_built_stays_so() -> None:
    arrived = Line().through(keras.Sequential([layers.Dense(3)]))
    assert not arrived.built


def test_the_same_model_is_the_same_and_shared_weights_show() -> None:
    line, model = Line(), small()
    first = line.through(model)
    assert line.through(model) is first
    other = keras.Sequential([keras.Input((8, 8, 1)), *model.layers[:1], layers.Flatten()])
    second = line.through(other)
    assert second is not first
    assert {id(w) for w in first.weights} & {id(w) for w in second.weights}
    first.layers[0].bias.assign([5.0, 5.0])
    assert np.allclose(second.layers[0].bias, 5.0)
    assert line.through(small()) is not first


def test_checks_find_through_the_line_what_they_find_without() -> None:
    line, kept = Line(), small()
    check_layers(lambda: line.through(small()), ["convolution, window 3, stride 1", ...])
    check_fresh(lambda: line.through(small()))
    for build in (lambda: kept, lambda: keras.Sequential([keras.Input((8, 8, 1)), *kept.layers])):
        for wrong in (build, lambda build=build: line.through(build())):
            with pytest.raises(CheckFailed, match="share weights"):
                check_fresh(wrong)


def test_a_model_that_was_trained_in_between_is_not_the_old_one() -> None:
    line, model = Line(), small()
    first = line.through(model)
    model.layers[0].bias.assign([1.0, 2.0])
    assert np.allclose(line.through(model).layers[0].bias, [1.0, 2.0])
    assert first is not None


@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.Sequential([keras.Input((4,)), layers.Lambda(lambda x: x + 1)]),
        lambda: keras.Sequential(
            [keras.Input((4,)), layers.Dense(2, activation=lambda x: keras.ops.sin(x) + 3)]
        ),
        lambda: keras.Sequential([keras.Input((4,)), OwnCall()]),
        lambda: OwnModel(),
    ],
    ids=["Lambda", "a function", "a layer with a call", "a model with a call"],
)
def test_code_does_not_cross_and_the_reason_is_told(make: Any) -> None:
    with pytest.raises(ValueError, match=r"Lambda|function|own"):
        Line().through(make())


class OwnCall(layers.Layer):
    def call(self, x: Any) -> Any:
        return x + 1


class OwnModel(keras.Model):
    def call(self, x: Any) -> Any:
        return x


def told_of(model: Any) -> tuple[dict[str, Any], list[Any]]:
    config = json.loads(json.dumps(portable(model)))
    return config, [np.asarray(weight) for weight in model.weights]


def forged(config: dict[str, Any], arrays: list[Any], **more: Any) -> Any:
    """What the judge makes of a model that a runner has made up."""
    encoder = Encoder()
    facts = {"config": config, "compiled": False, "trainable": [], "weights": [], **more}
    tree = ["K", 1, encoder.blob(json.dumps(facts).encode()), *map(encoder.tree, arrays)]
    return ModelExchange().receive(tree, Decoder(encoder.blobs))


def layer(config: dict[str, Any], place: int = 1) -> dict[str, Any]:
    return config["config"]["layers"][place]


FORGERIES = {
    "another module": lambda c: layer(c).update(module="os", class_name="system"),
    "a module of Keras": lambda c: layer(c).update(module="keras.utils", class_name="get_file"),
    "a registered name": lambda c: layer(c).update(registered_name="package>Evil", module="x"),
    "a lambda": lambda c: layer(c)["config"].update(
        activation={"class_name": "__lambda__", "config": {"value": ["eA==", None, None]}}
    ),
    "a function": lambda c: layer(c)["config"].update(
        activation={"class_name": "function", "module": "os", "config": "system"}
    ),
    "a file": lambda c: layer(c).update(class_name="TFSMLayer", config={"filepath": "/etc"}),
    "a vocabulary": lambda c: layer(c).update(
        class_name="StringLookup", config={"vocabulary": "/etc/passwd"}
    ),
    "a type": lambda c: layer(c)["config"].update(dtype={"class_name": "__typespec__"}),
    "another name for an activation": lambda c: layer(c)["config"].update(activation="get_file"),
    "a terabyte of weights": lambda c: layer(c, 4)["config"].update(units=10**9),
    "a number without end": lambda c: layer(c)["config"].update(filters=10**40),
    "no layers": lambda c: c["config"].update(layers={}),
    "a layer that is none": lambda c: c["config"].update(layers=[5]),
    "an odd name": lambda c: layer(c)["config"].update(name="<script>"),
    "many": lambda c: c["config"].update(layers=c["config"]["layers"] * 20_000),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_models_are_refused(name: str) -> None:
    config, weights = told_of(small())
    assert forged(copy.deepcopy(config), weights).count_params() == small().count_params()
    FORGERIES[name](config)
    with pytest.raises((ValueError, WireError)):
        forged(config, weights)


def test_weights_that_do_not_fit_are_refused() -> None:
    config, weights = told_of(small())
    for wrong in (weights[1:], [*weights, weights[0]], [weights[0].T, *weights[1:]], []):
        with pytest.raises((ValueError, WireError)):
            forged(copy.deepcopy(config), wrong)
    for more in ({"trainable": 5}, {"compiled": "yes"}, {"weights": ["x"]}):
        with pytest.raises(WireError):
            forged(copy.deepcopy(config), weights, **more)


def test_a_configuration_is_read_again_and_not_passed_on() -> None:
    config, _ = told_of(small())
    layer(config)["surprise"] = {"class_name": "Evil"}
    assert "surprise" not in layer(checked_config(config))
    with pytest.raises(Unportable):
        portable(OwnModel())
