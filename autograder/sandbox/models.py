"""Keras models as data: a configuration in JSON, and the weights as arrays.

Both sides import this module. What must not be believed, the judge checks before it builds
(`autograder.judging.networks`).
"""

from __future__ import annotations

import json
import types
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from autograder.wire import Decoder, Encoder, Tree, WireError

#: Activations that a function may turn out to be, by what it does to numbers.
ACTIVATIONS = (
    "linear", "relu", "softmax", "sigmoid", "tanh", "elu", "selu", "gelu", "softplus", "softsign",
    "silu", "leaky_relu", "relu6", "hard_sigmoid", "hard_silu", "exponential", "log_softmax",
    "mish", "celu", "glu", "hard_tanh", "log_sigmoid", "hard_shrink", "soft_shrink",
    "sparse_plus", "sparsemax", "squareplus", "tanh_shrink", "threshold",
)  # fmt: skip

#: What a class may define without being another layer than the one it derives from.
_SAME_LAYER = {
    "__init__", "get_config", "__module__", "__doc__", "__qualname__", "__annotations__",
    "__dict__", "__weakref__", "__firstlineno__", "__static_attributes__", "__parameters__",
    "__orig_bases__", "__classcell__", "__annotate__", "__annotate_func__",
}  # fmt: skip


class Unportable(Exception):
    """A model that cannot be told as data; the message says which part of it."""


# --- from models to data -------------------------------------------------------------------------


def portable(model: Any) -> dict[str, Any]:
    """A model's configuration, without code.

    Subclasses of Keras' layers that only have a constructor of their own become those layers, and
    activations that are functions become the activation of Keras that gives the same numbers.

    Raises
    ------
    Unportable
        If a layer or an activation is the student's own.
    """
    functional_type = keras.src.models.functional.Functional
    kind = type(model)
    base = next((k for k in (keras.Sequential, functional_type) if issubclass(kind, k)), None)
    if base is None or kind.call is not base.call:
        raise Unportable(
            f"{kind.__name__} is a class of its own; only Sequential and functional models cross"
        )
    try:
        if base is keras.Sequential:
            layers, given = keras.Sequential.get_config(model)["layers"], list(model._layers)
            inner = {"name": model.name}
        else:
            plain = model
            if kind is not functional_type and kind is not keras.Model:
                plain = keras.Model(model.inputs, model.outputs, name=model.name)
            inner = plain.get_config()
            layers, given = inner["layers"], list(plain.operations)
    except Unportable:
        raise
    except Exception as error:
        raise Unportable(f"its configuration cannot be had: {error}") from error
    inner["layers"] = [_entry(entry, layer) for entry, layer in zip(layers, given, strict=True)]
    name = "Sequential" if base is keras.Sequential else "Functional"
    module = "keras" if name == "Sequential" else "keras.src.models.functional"
    return {"module": module, "class_name": name, "config": inner, "registered_name": None}


def _entry(entry: dict[str, Any], layer: Any) -> dict[str, Any]:
    """One layer's part of a configuration, without code."""
    kept: dict[str, Any] = {key: entry[key] for key in ("name", "inbound_nodes") if key in entry}
    if isinstance(layer, keras.Model):
        return {**portable(layer), **kept}
    base = _keras_class(layer)
    if base is not type(layer):
        made = keras.saving.serialize_keras_object(layer)["config"]
        config = {k: v for k, v in made.items()} if isinstance(made, dict) else {}
        module = _public_module(base)
    else:
        config, module = dict(entry["config"]), entry["module"]
    for key in list(config):
        function = getattr(layer, key, None)
        is_code = isinstance(config[key], dict) and (
            config[key].get("class_name") in ("function", "__lambda__")
            or set(config[key]) == {"value"}
        )
        if is_code or (isinstance(function, types.FunctionType) and config[key] is not None):
            config[key] = _activation_name(function, config[key], layer)
    return {
        "module": module,
        "class_name": base.__name__,
        "config": config,
        "registered_name": entry.get("registered_name") if module.startswith("keras.src") else None,
        **kept,
    }


def _keras_class(layer: Any) -> type:
    """The class of Keras that a layer behaves as."""
    own = []
    for kind in type(layer).__mro__:
        if kind.__module__.startswith("keras."):
            break
        own.append(kind)
    else:
        kind = object
    for derived in own:
        if set(vars(derived)) - _SAME_LAYER:
            raise Unportable(f"the layer {layer.name!r} is of a class of its own")
    return kind


def _public_module(kind: type) -> str:
    return "keras.layers" if hasattr(keras.layers, kind.__name__) else kind.__module__


def _activation_name(function: Any, config: Any, layer: Any) -> str:
    """The activation of Keras that gives the same numbers as a function."""
    if isinstance(config, str):
        return config
    x = np.random.default_rng(0).normal(scale=4, size=(3, 8)).astype("float32")
    try:
        y = np.asarray(function(keras.ops.convert_to_tensor(x)))
        for name in ACTIVATIONS:
            same = getattr(keras.activations, name, None)
            if same is not None and name != "glu":
                z = np.asarray(same(keras.ops.convert_to_tensor(x)))
                if z.shape == y.shape and np.allclose(y, z, atol=1e-6):
                    return name
    except Exception as error:
        raise Unportable(f"a function of the layer {layer.name!r} does not run") from error
    raise Unportable(f"the layer {layer.name!r} has a function that is no activation of Keras")


def model_tree(model: Any, number: int, numbers: Sequence[int], encoder: Encoder) -> Tree:
    """The tree of a model.

    Parameters
    ----------
    model : keras.Model
    number : int
        The model's own.
    numbers : sequence of int
        Those of its weights, so that weights that two models share can be told.
    encoder : Encoder
    """
    try:
        config = portable(model)
        weights = [np.asarray(weight) for weight in model.weights]
    except Unportable as reason:
        return ["K", number, str(reason)]
    told = {
        "config": config,
        "compiled": bool(model.compiled),
        "trainable": [bool(layer.trainable) for layer in model._flatten_layers()],
        "weights": list(numbers),
    }
    encoder.large = True
    data = json.dumps(told, default=_as_json).encode()
    return ["K", number, encoder.blob(data), *(encoder.tree(weight) for weight in weights)]


def _as_json(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise Unportable(f"its configuration holds a {type(value).__name__}")


class ModelSender:
    """Numbers models and their weights, and tells them as trees."""

    def __init__(self) -> None:
        self._numbers: dict[int, tuple[int, Any]] = {}

    def number(self, thing: Any) -> int:
        """The number of a model or of a weight; the same object has the same."""
        known = self._numbers.get(id(thing))
        if known is None:
            known = self._numbers[id(thing)] = (len(self._numbers) + 1, thing)
        return known[0]

    def tree(self, model: Any, encoder: Encoder) -> Tree:
        """The tree of a model."""
        try:
            numbers = [self.number(weight) for weight in model.weights]
        except Exception:  # noqa: BLE001 - a model that is not built, or the student's own
            numbers = []
        return model_tree(model, self.number(model), numbers, encoder)


# --- from data to models -------------------------------------------------------------------------


def build(config: dict[str, Any], weights: Sequence[np.ndarray]) -> Any:
    """Build a model.

    Its weights are not drawn at random first; so no more memory is taken than they have.

    Parameters
    ----------
    config : dict
        As `portable` gives it.
    weights : sequence of numpy.ndarray
        In the order of ``model.weights``.

    Raises
    ------
    WireError
        If the weights do not fit.
    """
    from keras.src.backend.common import global_state
    from keras.src.saving.serialization_lib import SafeModeScope

    kinds = {"Sequential": keras.Sequential, "Functional": keras.src.models.functional.Functional}
    waiting = global_state.get_global_attribute("uninitialized_variables", [])
    global_state.set_global_attribute("uninitialized_variables", [])
    try:
        with keras.StatelessScope(initialize_variables=False), SafeModeScope(True):
            model = kinds[config["class_name"]].from_config(config["config"])
        made = global_state.get_global_attribute("uninitialized_variables", [])
    finally:
        global_state.set_global_attribute("uninitialized_variables", waiting)
    places = list(model.weights)
    if [tuple(weight.shape) for weight in places] != [array.shape for array in weights]:
        raise WireError("the weights are not those of the layers")
    values = {id(place): array for place, array in zip(places, weights, strict=True)}
    for variable in made:
        array = values.get(id(variable))
        if array is not None:
            variable._initializer = _constant(array)
        variable._deferred_initialize()
    return model


def _constant(array: np.ndarray) -> Any:
    def initializer(shape: Any, dtype: Any = None) -> Any:
        return keras.ops.convert_to_tensor(array, dtype=dtype)

    return initializer


class ModelReceiver:
    """Builds models that the judge passes to a function; the judge is trusted."""

    def model(self, tree: list[Any], decoder: Decoder) -> Any:
        """The model of a tree."""
        told = json.loads(bytes(decoder.blob(tree[2])))
        model = build(told["config"], [decoder.value(part) for part in tree[3:]])
        restore(model, told)
        return model


def restore(model: Any, told: dict[str, Any]) -> None:
    """Give a model the flags that its configuration does not hold."""
    layers = list(model._flatten_layers())
    flags = told["trainable"]
    if len(flags) == len(layers):
        for layer, flag in zip(layers, flags, strict=True):
            if layer.trainable != flag:
                layer.trainable = flag
    model.compiled = told["compiled"]
