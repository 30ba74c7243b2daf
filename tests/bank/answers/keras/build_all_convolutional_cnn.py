"""Answers to `build_all_convolutional_cnn`."""


# --- right ---------------------------------------------------------------------------------------


def by_strides():
    """A loop over the strides of the four convolutions.

    Loses: nothing
    """
    return row(*[conv(stride=stride) for stride in (1, 2, 1, 2)], *ending())


def functional():
    """Functional, activations as layers.

    Loses: nothing
    """
    picture = x = keras.Input((28, 28, 1))
    for stride in (1, (2, 2), 1, 2):
        x = Conv2D(32, (3, 3), stride, "same")(x)
        x = layers.ReLU()(x)
    for outputs, activation in ((128, "relu"), (10, "softmax")):
        x = Dense(outputs)(x if x.ndim == 2 else Flatten()(x))
        x = Activation(activation)(x)
    return keras.Model(picture, x)


def replaced():
    """Takes the layers of the first network and replaces the pooling.

    Loses: nothing
    """
    first = row(conv(), MaxPooling2D(2), conv(), MaxPooling2D(2), *ending())
    model = keras.Sequential([Input((28, 28, 1))])
    for layer in first.layers:
        if isinstance(layer, MaxPooling2D):
            model.add(conv(stride=2))
        else:
            model.add(type(layer).from_config(layer.get_config()))
    return model


# --- wrong ---------------------------------------------------------------------------------------


def keeps_the_pooling():
    """Strides and pooling.

    Loses: allconv-layers, allconv-shapes, allconv-parameters
    """
    blocks = []
    for _ in range(2):
        blocks += [conv(), conv(stride=2), MaxPooling2D(2)]
    return row(*blocks, *ending())


def stride_in_the_first():
    """Gives the stride to the convolutions that were there, and drops the pooling.

    Loses: all but allconv-interface, allconv-fresh, allconv-learns
    """
    return row(conv(stride=2), conv(stride=2), *ending())


def swapped():
    """The stride is in the wrong one of the two.

    Loses: allconv-layers, allconv-shapes
    """
    return row(*[conv(stride=stride) for stride in (2, 1, 2, 1)], *ending())


def without_activation():
    """Pooling has no activation, so its replacement gets none.

    Loses: allconv-activations
    """
    half = conv(stride=2, activation=None), conv(stride=2, activation=None)
    return row(conv(), half[0], conv(), half[1], *ending())


def window_of_the_pooling():
    """The window of the pooling layer, 2.

    Loses: allconv-layers, allconv-parameters
    """
    half = conv(window=2, stride=2), conv(window=2, stride=2)
    return row(conv(), half[0], conv(), half[1], *ending())


def no_padding():
    """The convolutions with a stride are `valid`, as the pooling was.

    Loses: allconv-shapes, allconv-parameters
    """
    half = conv(stride=2, padding="valid"), conv(stride=2, padding="valid")
    return row(conv(), half[0], conv(), half[1], *ending())


def forgets_the_stride():
    """Convolutions in place of pooling, but nothing gets smaller.

    Loses: allconv-layers, allconv-shapes, allconv-parameters, allconv-learns
    """
    return row(conv(), conv(), conv(), conv(), *ending())


def doubles_the_channels():
    """The second block has 64 filters.

    Loses: allconv-shapes, allconv-parameters
    """
    return row(conv(), conv(stride=2), conv(64), conv(64, stride=2), *ending())


def depthwise():
    """A convolution for each channel by itself, as pooling works.

    Loses: allconv-layers, allconv-parameters
    """
    half = [
        layers.DepthwiseConv2D(3, strides=2, padding="same", activation="relu") for _ in range(2)
    ]
    return row(conv(), half[0], conv(), half[1], *ending())


def global_end():
    """Ends in global pooling, as all-convolutional networks do.

    Loses: all but allconv-interface, allconv-fresh
    """
    end = [GlobalAveragePooling2D(), Dense(10, activation="softmax")]
    return row(*[conv(stride=stride) for stride in (1, 2, 1, 2)], *end)


def one_layer_for_both():
    """The convolution with the stride is made once and used twice.

    Loses: allconv-parameters
    """
    half = conv(stride=2)
    picture = x = keras.Input((28, 28, 1))
    for _ in range(2):
        x = half(conv()(x))
    for layer in ending():
        x = layer(x)
    return keras.Model(picture, x)


def no_biases_with_strides():
    """Pooling has no bias.

    Loses: allconv-parameters
    """
    half = conv(stride=2, use_bias=False), conv(stride=2, use_bias=False)
    return row(conv(), half[0], conv(), half[1], *ending())


def unequal_strides():
    """The stride as a pair, one of them forgotten.

    Loses: allconv-layers, allconv-shapes, allconv-parameters
    """
    half = conv(stride=(2, 1)), conv(stride=(2, 1))
    return row(conv(), half[0], conv(), half[1], *ending())


def sigmoid_at_the_end():
    """Each output between 0 and 1 by itself.

    Loses: allconv-activations
    """
    return row(*[conv(stride=stride) for stride in (1, 2, 1, 2)], *ending(last="sigmoid"))


def two_inputs_of_colour():
    """Pictures with three channels.

    Loses: allconv-interface, allconv-parameters, allconv-learns
    """
    blocks = [conv(stride=stride) for stride in (1, 2, 1, 2)]
    return row(*blocks, *ending(), shape=(28, 28, 3))


_end = []


def shares_its_end():
    """The dense layers are made once, for all networks of the notebook.

    Loses: allconv-fresh
    """
    if not _end:
        _end.extend(ending())
    return row(*[conv(stride=stride) for stride in (1, 2, 1, 2)], *_end)


def frozen_end():
    """The last layers are not trained.

    Loses: allconv-fresh
    """
    model = row(*[conv(stride=stride) for stride in (1, 2, 1, 2)], *ending())
    model.layers[-2].trainable = False
    return model


def starts_at_zero():
    """All weights begin at zero.

    Loses: allconv-learns
    """
    zero = {"kernel_initializer": "zeros"}
    blocks = [conv(stride=stride, **zero) for stride in (1, 2, 1, 2)]
    end = [Flatten(), Dense(128, activation="relu", **zero)]
    return row(*blocks, *end, Dense(10, activation="softmax", **zero))


def the_class():
    """The class of a model, not a model.

    Loses: all
    """
    return keras.Sequential
