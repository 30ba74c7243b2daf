"""Keras models that come from a student's process: checked, built, and told apart.

Keras' own safe mode has been found to have holes more than once, so a configuration is read here
before Keras gets to see it: known layers with plain data, and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import keras
import numpy as np

from autograder.sandbox.models import ACTIVATIONS, ModelSender, build, restore
from autograder.wire import Decoder, Encoder, Tree, WireError

_LAYERS = frozenset(
    [
        "Activation",
        "ActivityRegularization",
        "Add",
        "AdditiveAttention",
        "AlphaDropout",
        "Attention",
        "Average",
        "AdaptiveAveragePooling1D",
        "AdaptiveAveragePooling2D",
        "AdaptiveAveragePooling3D",
        "AdaptiveMaxPooling1D",
        "AdaptiveMaxPooling2D",
        "AdaptiveMaxPooling3D",
        "AveragePooling1D",
        "AveragePooling2D",
        "AveragePooling3D",
        "BatchNormalization",
        "Bidirectional",
        "CenterCrop",
        "Concatenate",
        "Conv1D",
        "Conv1DTranspose",
        "Conv2D",
        "Conv2DTranspose",
        "Conv3D",
        "Conv3DTranspose",
        "Cropping1D",
        "Cropping2D",
        "Cropping3D",
        "Dense",
        "DepthwiseConv1D",
        "DepthwiseConv2D",
        "Dot",
        "Dropout",
        "ELU",
        "EinsumDense",
        "Embedding",
        "Flatten",
        "GRU",
        "GRUCell",
        "GaussianDropout",
        "GaussianNoise",
        "GlobalAveragePooling1D",
        "GlobalAveragePooling2D",
        "GlobalAveragePooling3D",
        "GlobalMaxPooling1D",
        "GlobalMaxPooling2D",
        "GlobalMaxPooling3D",
        "GroupNormalization",
        "GroupQueryAttention",
        "Identity",
        "InputLayer",
        "LSTM",
        "LSTMCell",
        "LayerNormalization",
        "LeakyReLU",
        "Masking",
        "MaxPooling1D",
        "MaxPooling2D",
        "MaxPooling3D",
        "Maximum",
        "Minimum",
        "MultiHeadAttention",
        "Multiply",
        "PReLU",
        "Permute",
        "RMSNormalization",
        "RNN",
        "ReLU",
        "RepeatVector",
        "Rescaling",
        "Reshape",
        "SeparableConv1D",
        "SeparableConv2D",
        "SimpleRNN",
        "SimpleRNNCell",
        "Softmax",
        "SpatialDropout1D",
        "SpatialDropout2D",
        "SpatialDropout3D",
        "SpectralNormalization",
        "StackedRNNCells",
        "Subtract",
        "TimeDistributed",
        "UnitNormalization",
        "UpSampling1D",
        "UpSampling2D",
        "UpSampling3D",
        "ZeroPadding1D",
        "ZeroPadding2D",
        "ZeroPadding3D",
    ]
)
_INITIALIZERS = frozenset(
    [
        "Constant",
        "GlorotNormal",
        "GlorotUniform",
        "HeNormal",
        "HeUniform",
        "Identity",
        "IdentityInitializer",
        "LecunNormal",
        "LecunUniform",
        "Ones",
        "Orthogonal",
        "OrthogonalInitializer",
        "RandomNormal",
        "RandomUniform",
        "TruncatedNormal",
        "VarianceScaling",
        "Zeros",
    ]
)
_KNOWN = {
    "keras.layers": _LAYERS,
    "keras.initializers": _INITIALIZERS,
    "keras.regularizers": frozenset({"L1", "L2", "L1L2", "OrthogonalRegularizer"}),
    "keras.constraints": frozenset({"MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"}),
    "keras": frozenset({"Sequential", "DTypePolicy"}),
    "keras.dtype_policies": frozenset({"DTypePolicy"}),
    "keras.src.models.functional": frozenset({"Functional"}),
    "keras.models": frozenset({"Functional", "Sequential"}),
}

#: Modules whose operations are made of plain data; those of `keras.src.ops.core` take functions.
_OPERATIONS = (
    "keras.src.ops.nn",
    "keras.src.ops.numpy",
    "keras.src.ops.math",
    "keras.src.activations.activations",
)

_NAME = re.compile(r"[\w./:@-]{0,200}")

#: Values in a configuration, and how large a number in it may be.
_VALUES_LIMIT = 50_000
_LARGEST = 10**9


class _Check:
    """Reads a configuration, and gives the one that Keras is to see."""

    def __init__(self) -> None:
        self._left = _VALUES_LIMIT

    def read(self, tree: Any, key: str = "", depth: int = 0) -> Any:
        self._left -= 1
        if self._left < 0 or depth > 100:
            raise ValueError("its configuration is too large")
        if tree is None or isinstance(tree, bool):
            return tree
        if isinstance(tree, (int, float)):
            if not abs(tree) <= _LARGEST:  # also refuses NaN
                raise ValueError("its configuration holds a number that is too large")
            return tree
        if isinstance(tree, str):
            if not _NAME.fullmatch(tree):
                raise ValueError("its configuration holds an odd name")
            if "activation" in key and tree not in ACTIVATIONS:
                raise ValueError(f"it has an activation {tree!r}")
            return tree
        if isinstance(tree, list):
            return [self.read(part, key, depth + 1) for part in tree]
        if not isinstance(tree, dict):
            raise ValueError("its configuration is no plain data")
        if "class_name" in tree:
            return self._object(tree, depth)
        return {
            str(name)[:200]: self.read(part, str(name), depth + 1) for name, part in tree.items()
        }

    def _object(self, tree: dict[str, Any], depth: int) -> dict[str, Any]:
        name, module, config = tree["class_name"], tree.get("module"), tree.get("config")
        if not isinstance(name, str) or not isinstance(config, dict):
            raise ValueError("it holds a function")
        if name == "__keras_tensor__":
            return {"class_name": name, "config": self.read(config, "", depth + 1)}
        operation = module in _OPERATIONS and _is_operation(module, name)
        if not operation and name not in _KNOWN.get(module if isinstance(module, str) else "", ()):
            raise ValueError(f"the class {str(name)[:100]!r} does not cross")
        made = {
            "module": module,
            "class_name": name,
            "config": self.read(config, "", depth + 1),
            "registered_name": name if operation else None,
        }
        for part in ("name", "inbound_nodes"):
            if part in tree:
                made[part] = self.read(tree[part], "", depth + 1)
        return made


def _is_operation(module: str, name: str) -> bool:
    import importlib

    kind = vars(importlib.import_module(module)).get(name)
    return isinstance(kind, type) and issubclass(kind, keras.Operation)


def checked_config(config: Any) -> dict[str, Any]:
    """A model's configuration, if it holds known layers and plain data only.

    Raises
    ------
    ValueError
        With a clause that says what else it holds.
    """
    made = _Check().read(config)
    if not isinstance(made, dict) or made.get("class_name") not in ("Sequential", "Functional"):
        raise ValueError("it is neither sequential nor functional")
    if not isinstance(made["config"].get("layers"), list):
        raise ValueError("it has no layers")
    return made


class ModelExchange:
    """The models of one submission: those that came, by their numbers, and those that are sent."""

    def __init__(self) -> None:
        self._models: dict[int, tuple[bytes, Any]] = {}
        self._weights: dict[int, Any] = {}
        self._sender = ModelSender()

    def send(self, model: Any, encoder: Encoder) -> Tree:
        """The tree of a model that a test passes to a function."""
        tree = self._sender.tree(model, encoder)
        if isinstance(tree[2], str):
            raise WireError(f"the model cannot be told as data: {tree[2]}")
        return tree

    def receive(self, tree: list[Any], decoder: Decoder) -> Any:
        """The model of a tree: the same object if it came before and has not changed since.

        Raises
        ------
        ValueError
            With a clause that says why it does not cross.
        WireError
            If the tree is not well-formed.
        """
        number = tree[1]
        if type(number) is not int:
            raise WireError("this is no model")
        if isinstance(tree[2], str):
            raise ValueError(tree[2][:300])
        data = bytes(decoder.blob(tree[2]))
        weights = [decoder.value(part) for part in tree[3:]]
        if not all(type(array) is np.ndarray for array in weights):
            raise WireError("a weight is no array")
        digest = hashlib.sha256(data)
        for array in weights:
            digest.update(array.tobytes())
        known = self._models.get(number)
        if known is not None and known[0] == digest.digest():
            return known[1]
        model = self._build(_facts(data), weights)
        self._models[number] = (digest.digest(), model)
        return model

    def _build(self, told: dict[str, Any], weights: list[np.ndarray]) -> Any:
        config = checked_config(told["config"])
        try:
            model = build(config, weights)
            restore(model, told)
        except WireError as error:
            raise ValueError(str(error)) from None
        except Exception as error:  # noqa: BLE001 - what does not fit shows itself anywhere
            raise ValueError(f"it cannot be built again: {str(error)[:200]}") from None
        numbers = told["weights"]
        for weight, number, array in zip(list(model.weights), numbers, weights, strict=False):
            before = self._weights.setdefault(number, weight)
            if before is not weight and before.shape == weight.shape:
                before.assign(array)
                _replace(model, weight, before)
        return model


def _facts(data: bytes) -> dict[str, Any]:
    try:
        told = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise WireError("a model's configuration is no JSON") from error
    fits = (
        isinstance(told, dict)
        and isinstance(told.get("trainable"), list)
        and all(isinstance(flag, bool) for flag in told["trainable"])
        and isinstance(told.get("compiled"), bool)
        and isinstance(told.get("weights"), list)
        and all(type(number) is int for number in told["weights"])
    )
    if not fits:
        raise WireError("this is no model")
    return told


def _replace(model: Any, weight: Any, other: Any) -> None:
    """Let a model use another variable in the place of one of its own."""
    for layer in model._flatten_layers():
        for name, value in list(vars(layer).items()):
            if value is weight:
                layer.__dict__[name] = other
        for variables in (layer._trainable_variables, layer._non_trainable_variables):
            for place, value in enumerate(variables):
                if value is weight:
                    list.__setitem__(variables, place, other)
