"""Answers to `build_global_average_cnn`."""


# --- right ---------------------------------------------------------------------------------------


def keeps_the_dimensions():
    """Global pooling with `keepdims`, flattened then.

    Loses: nothing
    """
    pooled = [GlobalAveragePooling2D(keepdims=True), Flatten()]
    blocks = [conv(), MaxPooling2D(2), conv(), MaxPooling2D(2)]
    return row(*blocks, *pooled, Dense(10, activation="softmax"))


def window_as_large_as_the_map():
    """Average pooling whose window covers the map is global.

    Loses: nothing
    """
    model = keras.Sequential([Input((28, 28, 1))])
    for _ in range(2):
        model.add(Conv2D(32, 3, padding="same"))
        model.add(Activation("relu"))
        model.add(MaxPooling2D(2))
    model.add(AveragePooling2D(7))
    model.add(Flatten())
    model.add(Dense(10))
    model.add(Activation("softmax"))
    return model


def functional():
    """Functional, with a function for the blocks.

    Loses: nothing
    """

    def block(x):
        return MaxPooling2D(pool_size=2, strides=2)(conv()(x))

    picture = keras.Input((28, 28, 1))
    x = GlobalAveragePooling2D()(block(block(picture)))
    return keras.Model(picture, Dense(10, activation="softmax")(x))


# --- wrong ---------------------------------------------------------------------------------------


def flattens():
    """Still `Flatten`.

    Loses: gap-layers, gap-shapes, gap-parameters
    """
    return row(*_blocks(), Flatten(), Dense(10, activation="softmax"))


def global_max():
    """The largest of each map in place of its mean.

    Loses: gap-layers
    """
    return row(*_blocks(), layers.GlobalMaxPooling2D(), Dense(10, activation="softmax"))


def keeps_the_dense_layer():
    """The dense layer of 128 stays.

    Loses: gap-layers, gap-shapes, gap-parameters, gap-activations
    """
    end = [Dense(128, activation="relu"), Dense(10, activation="softmax")]
    return row(*_blocks(), GlobalAveragePooling2D(), *end)


def pools_where_it_was():
    """Forgets the pooling of the second block.

    Loses: gap-layers, gap-shapes
    """
    end = [GlobalAveragePooling2D(), Dense(10, activation="softmax")]
    return row(conv(), MaxPooling2D(2), conv(), *end)


def a_map_for_each_class():
    """As in "Network in network": ten maps, their means, softmax.

    Loses: gap-layers, gap-shapes, gap-activations
    """
    end = [Conv2D(10, 1), GlobalAveragePooling2D(), Activation("softmax")]
    return row(*_blocks(), *end)


def window_five():
    """A window of 5.

    Loses: gap-layers, gap-parameters
    """
    blocks = [conv(window=5), MaxPooling2D(2), conv(window=5), MaxPooling2D(2)]
    return row(*blocks, *_end())


def doubles_the_filters():
    """32, then 64 filters.

    Loses: gap-shapes, gap-parameters
    """
    return row(conv(), MaxPooling2D(2), conv(64), MaxPooling2D(2), *_end())


def valid():
    """Convolutions without padding; no parameter tells.

    Loses: gap-shapes
    """
    blocks = [conv(padding="valid"), MaxPooling2D(2), conv(padding="valid"), MaxPooling2D(2)]
    return row(*blocks, *_end())


def averages_everywhere():
    """Average pooling in the blocks, too.

    Loses: gap-layers
    """
    return row(conv(), AveragePooling2D(2), conv(), AveragePooling2D(2), *_end())


def logits():
    """No softmax.

    Loses: gap-activations, gap-learns
    """
    return row(*_blocks(), GlobalAveragePooling2D(), Dense(10))


def linear():
    """No ReLU.

    Loses: gap-activations
    """
    blocks = [conv(activation=None), MaxPooling2D(2), conv(activation=None), MaxPooling2D(2)]
    return row(*blocks, *_end())


def eleven_classes():
    """One class too many.

    Loses: gap-interface, gap-shapes, gap-parameters, gap-learns
    """
    return row(*_blocks(), GlobalAveragePooling2D(), Dense(11, activation="softmax"))


def any_size():
    """Takes pictures of any size, which was not asked for.

    Loses: gap-interface, gap-shapes, gap-learns
    """
    return row(*_blocks(), *_end(), shape=(None, None, 1))


def no_bias_at_the_end():
    """The last layer has no bias.

    Loses: gap-parameters
    """
    end = [GlobalAveragePooling2D(), Dense(10, activation="softmax", use_bias=False)]
    return row(*_blocks(), *end)


_layers = []


def layers_of_the_notebook():
    """A new model around layers that were made once.

    Loses: gap-fresh
    """
    if not _layers:
        _layers.extend([*_blocks(), *_end()])
    return row(*_layers)


def frozen_convolutions():
    """The convolutions shall stay as they are.

    Loses: gap-fresh, gap-learns
    """
    fixed = conv(trainable=False), conv(trainable=False)
    return row(fixed[0], MaxPooling2D(2), fixed[1], MaxPooling2D(2), *_end())


def dead():
    """Biases far below zero: no filter ever answers.

    Loses: gap-learns
    """
    dead = {"bias_initializer": keras.initializers.Constant(-100)}
    return row(conv(**dead), MaxPooling2D(2), conv(**dead), MaxPooling2D(2), *_end())


def returns_layers():
    """A list of layers is no model.

    Loses: all
    """
    return [*_blocks(), *_end()]


def _blocks():
    return [conv(), MaxPooling2D(2), conv(), MaxPooling2D(2)]


def _end():
    return [GlobalAveragePooling2D(), Dense(10, activation="softmax")]
