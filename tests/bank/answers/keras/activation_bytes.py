"""Answers to `activation_bytes`."""


def _layers(model):
    return [layer for layer in model.layers if not isinstance(layer, layers.InputLayer)]


def _numbers(shape):
    count = 1
    for size in shape[1:]:
        count *= size
    return count


def _outputs(layer):
    made = layer.output
    return list(made) if isinstance(made, (list, tuple)) else [made]


# --- right ---------------------------------------------------------------------------------------


def with_a_loop(model):
    """Products and sums by hand.

    Loses: nothing
    """
    total = 0
    for layer in _layers(model):
        for output in _outputs(layer):
            total += _numbers(output.shape)
    return 4 * total


def by_computed_shapes(model):
    """From the layers' outputs as NumPy arrays of an example of zeros.

    Loses: nothing
    """
    probe = keras.Model(model.inputs, [layer.output for layer in _layers(model)])
    zeros = [np.zeros((1, *given.shape[1:])) for given in model.inputs]
    made = keras.tree.flatten(probe(zeros))
    return sum(int(np.asarray(array).astype("float32").nbytes) for array in made)


def by_math_prod(model):
    """One expression; an input layer is one without anything that goes into it.

    Loses: nothing
    """
    import math

    inputs = {id(tensor) for tensor in model.inputs}
    return 4 * sum(
        math.prod(output.shape[1:])
        for layer in model.layers
        for output in _outputs(layer)
        if id(output) not in inputs
    )


# --- wrong ---------------------------------------------------------------------------------------


def counts_the_input(model):
    """All of `model.layers`; sequential models keep the input out of it.

    Loses: bytes-functional, bytes-several
    """
    return 4 * sum(_numbers(o.shape) for layer in model.layers for o in _outputs(layer))


def leaves_out_the_first(model):
    """The first layer is the input, or is it?

    Loses: all but bytes-functional
    """
    return 4 * sum(_numbers(o.shape) for layer in model.layers[1:] for o in _outputs(layer))


def counts_parameters(model):
    """The bytes of the weights.

    Loses: all
    """
    return 4 * model.count_params()


def numbers(model):
    """How many numbers there are.

    Loses: all
    """
    return sum(_numbers(o.shape) for layer in _layers(model) for o in _outputs(layer))


def bits(model):
    """32 for each number.

    Loses: all
    """
    return 32 * sum(_numbers(o.shape) for layer in _layers(model) for o in _outputs(layer))


def eight_bytes(model):
    """NumPy's own dtype is float64.

    Loses: all
    """
    return sum(np.zeros(o.shape[1:]).nbytes for la in _layers(model) for o in _outputs(la))


def only_layers_with_weights(model):
    """Pooling has no parameters, so it needs no memory.

    Loses: all
    """
    chosen = [layer for layer in _layers(model) if layer.weights]
    return 4 * sum(_numbers(o.shape) for layer in chosen for o in _outputs(layer))


def only_maps(model):
    """Only what has height and width.

    Loses: all
    """
    made = [o for layer in _layers(model) for o in _outputs(layer) if len(o.shape) == 4]
    return 4 * sum(_numbers(o.shape) for o in made)


def only_layers_of_the_book(model):
    """A list of the layers that the chapter uses.

    Loses: bytes-functional, bytes-kinds, bytes-several
    """
    known = Conv2D, MaxPooling2D, GlobalAveragePooling2D, Flatten, Dense
    return 4 * sum(
        _numbers(o.shape) for la in _layers(model) if isinstance(la, known) for o in _outputs(la)
    )


def not_activations(model):
    """What has no shape of its own does not count.

    Loses: bytes-kinds
    """
    chosen = [la for la in _layers(model) if not isinstance(la, (Activation, Dropout))]
    return 4 * sum(_numbers(o.shape) for layer in chosen for o in _outputs(layer))


def not_flatten(model):
    """Flatten only looks at the same numbers in another way.

    Loses: bytes-sequential, bytes-functional
    """
    return 4 * sum(
        _numbers(o.shape)
        for layer in _layers(model)
        if not isinstance(layer, Flatten)
        for o in _outputs(layer)
    )


def only_two_axes_and_channels(model):
    """Height times width times channels.

    Loses: all
    """
    total = 0
    for layer in _layers(model):
        _, height, width, channels = layer.output.shape
        total += 4 * height * width * channels
    return total


def first_output_only(model):
    """Takes the first of several.

    Loses: bytes-several
    """
    return 4 * sum(_numbers(_outputs(layer)[0].shape) for layer in _layers(model))


def output_of_the_model_twice(model):
    """Adds what the model returns.

    Loses: all
    """
    total = sum(_numbers(o.shape) for layer in _layers(model) for o in _outputs(layer))
    return 4 * (total + sum(_numbers(o.shape) for o in model.outputs))


def by_the_dtype(model):
    """The size of the dtype that the layer computes in.

    Loses: bytes-dtype
    """
    total = 0
    for layer in _layers(model):
        size = {"float16": 2, "float64": 8}.get(layer.compute_dtype, 4)
        total += size * sum(_numbers(o.shape) for o in _outputs(layer))
    return total


def a_float(model):
    """Works with NumPy's floats.

    Loses: all
    """
    return np.sum([4.0 * _numbers(o.shape) for la in _layers(model) for o in _outputs(la)])


def each_kind_once(model):
    """A set of the outputs' shapes.

    Loses: all but bytes-sequential, bytes-dtype
    """
    return 4 * sum(_numbers(s) for s in {o.shape for la in _layers(model) for o in _outputs(la)})


def largest_only(model):
    """The largest map, since the others can take its place.

    Loses: all
    """
    return 4 * max(_numbers(o.shape) for layer in _layers(model) for o in _outputs(layer))


def counts_the_batch(model):
    """Takes None for 1, and 32 examples in a batch.

    Loses: all
    """
    return 4 * 32 * sum(_numbers(o.shape) for la in _layers(model) for o in _outputs(la))


def for_sequential_models(model):
    """Refuses others.

    Loses: bytes-functional, bytes-several
    """
    if not isinstance(model, keras.Sequential):
        raise TypeError("a sequential model, please")
    return 4 * sum(_numbers(o.shape) for layer in _layers(model) for o in _outputs(layer))


def nothing_returned(model):
    """Prints it.

    Loses: all
    """
    print(4 * sum(_numbers(o.shape) for layer in _layers(model) for o in _outputs(layer)))
