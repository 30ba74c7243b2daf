"""Answers to `build_cnn`."""


# --- right ---------------------------------------------------------------------------------------


def one_by_one():
    """Sequential, a layer added at a time, with every argument written out.

    Loses: nothing
    """
    model = keras.models.Sequential()
    model.add(keras.Input(shape=(28, 28, 1)))
    for _ in range(2):
        model.add(
            layers.Convolution2D(32, (3, 3), strides=(1, 1), padding="same", activation="relu")
        )
        model.add(layers.MaxPool2D(pool_size=(2, 2), strides=2, padding="same"))
    model.add(Flatten())
    model.add(Dense(units=128, activation="relu"))
    model.add(Dense(units=10, activation="softmax"))
    return model


def functional_with_activations_apart():
    """Functional; each activation is a layer of its own, the pooling layer is made once.

    Loses: nothing
    """
    picture = x = keras.Input((28, 28, 1))
    pool = MaxPooling2D()
    for _ in range(2):
        x = Conv2D(32, 3, padding="same")(x)
        x = layers.ReLU()(x)
        x = pool(x)
    x = layers.Reshape((7 * 7 * 32,))(x)
    x = Activation("relu")(Dense(128)(x))
    return keras.Model(inputs=picture, outputs=layers.Softmax()(Dense(10)(x)))


def network_of_networks():
    """A network for each block, and the activation after the pooling, where it is the same.

    Loses: nothing
    """

    def block(shape):
        return keras.Sequential(
            [Input(shape), Conv2D(32, 3, padding="same"), MaxPooling2D(2), Activation("relu")]
        )

    return keras.Sequential(
        [Input((28, 28, 1)), block((28, 28, 1)), block((14, 14, 32)), *ending()]
    )


def own_classes():
    """Subclasses of the layers and of the model, and activations as functions.

    Loses: nothing
    """

    class Convolution(Conv2D):
        def __init__(self, **more):
            super().__init__(32, 3, padding="same", activation=keras.activations.relu, **more)

    class Network(keras.Sequential):
        pass

    return Network(
        [
            Input((28, 28, 1)),
            Convolution(),
            MaxPooling2D(2),
            Convolution(kernel_initializer="he_normal"),
            MaxPooling2D(2),
            Flatten(),
            Dense(128, activation=lambda x: keras.ops.maximum(x, 0)),
            Dense(10, activation=keras.activations.softmax),
        ]
    )


def operations():
    """Functional, with Keras' operations in place of layers for the activations.

    Loses: nothing
    """
    picture = x = keras.Input((28, 28, 1))
    for _ in range(2):
        x = MaxPooling2D(2)(keras.ops.relu(Conv2D(32, 3, padding="same")(x)))
    x = keras.activations.relu(Dense(128)(Flatten()(x)))
    return keras.Model(picture, keras.ops.softmax(Dense(10)(x)))


# --- wrong ---------------------------------------------------------------------------------------


def valid_convolutions():
    """Leaves out the padding.

    Loses: cnn-shapes, cnn-parameters
    """
    block = [conv(padding="valid"), MaxPooling2D(2), conv(padding="valid"), MaxPooling2D(2)]
    return row(*block, *ending())


def more_filters():
    """32 filters, then 64, as in many tutorials.

    Loses: cnn-shapes, cnn-parameters
    """
    return row(conv(), MaxPooling2D(2), conv(64), MaxPooling2D(2), *ending())


def larger_windows():
    """A window of 5.

    Loses: cnn-layers, cnn-parameters
    """
    return row(conv(window=5), MaxPooling2D(2), conv(window=5), MaxPooling2D(2), *ending())


def one_block():
    """Forgets the second block.

    Loses: cnn-layers, cnn-shapes, cnn-parameters, cnn-activations
    """
    return row(conv(), MaxPooling2D(2), *ending())


def no_hidden_layer():
    """Forgets the dense layer of 128.

    Loses: cnn-layers, cnn-shapes, cnn-parameters, cnn-activations
    """
    end = [Flatten(), Dense(10, activation="softmax")]
    return row(conv(), MaxPooling2D(2), conv(), MaxPooling2D(2), *end)


def no_softmax():
    """Leaves logits, for a loss with `from_logits=True`.

    Loses: cnn-activations, cnn-learns
    """
    return row(conv(), MaxPooling2D(2), conv(), MaxPooling2D(2), *ending(last=None))


def no_relu():
    """Forgets the activations, but for the last.

    Loses: cnn-activations
    """
    bare = conv(activation=None), conv(activation=None)
    end = ending(activation=None)
    return row(bare[0], MaxPooling2D(2), bare[1], MaxPooling2D(2), *end)


def second_relu_missing():
    """Forgets one activation.

    Loses: cnn-activations
    """
    return row(conv(), MaxPooling2D(2), conv(activation=None), MaxPooling2D(2), *ending())


def leaky():
    """A layer with a small slope below zero in place of ReLU.

    Loses: cnn-activations
    """
    blocks = []
    for _ in range(2):
        blocks += [conv(activation=None), layers.LeakyReLU(), MaxPooling2D(2)]
    return row(*blocks, *ending())


def softmax_twice():
    """A softmax in the layer, and one after it.

    Loses: cnn-activations
    """
    end = [*ending(), layers.Softmax()]
    return row(conv(), MaxPooling2D(2), conv(), MaxPooling2D(2), *end)


def overlapping_pooling():
    """Stride 1, so the maps stay large.

    Loses: cnn-layers, cnn-shapes, cnn-parameters, cnn-learns
    """
    pool = MaxPooling2D(2, strides=1, padding="same"), MaxPooling2D(2, strides=1, padding="same")
    return row(conv(), pool[0], conv(), pool[1], *ending())


def average_pooling():
    """Average in place of max pooling: the same shapes.

    Loses: cnn-layers
    """
    return row(conv(), AveragePooling2D(2), conv(), AveragePooling2D(2), *ending())


def larger_pooling_window():
    """A window of 3 with stride 2: the same shapes.

    Loses: cnn-layers
    """
    pool = [MaxPooling2D(3, strides=2, padding="same") for _ in range(2)]
    return row(conv(), pool[0], conv(), pool[1], *ending())


def with_dropout():
    """Adds what helps against overfitting.

    Loses: cnn-layers, cnn-shapes
    """
    end = ending()
    end.insert(2, Dropout(0.2))
    return row(conv(), MaxPooling2D(2), conv(), MaxPooling2D(2), *end)


def with_batch_normalisation():
    """Normalises after each convolution.

    Loses: all but cnn-interface, cnn-fresh
    """
    blocks = []
    for _ in range(2):
        blocks += [conv(), layers.BatchNormalization(), MaxPooling2D(2)]
    return row(*blocks, *ending())


def no_biases():
    """Convolutions without bias.

    Loses: cnn-parameters
    """
    bare = conv(use_bias=False), conv(use_bias=False)
    return row(bare[0], MaxPooling2D(2), bare[1], MaxPooling2D(2), *ending())


def nine_classes():
    """Digits go up to 9.

    Loses: cnn-interface, cnn-shapes, cnn-parameters, cnn-learns
    """
    return row(conv(), MaxPooling2D(2), conv(), MaxPooling2D(2), *ending(classes=9))


def fixed_batch():
    """The batch belongs to the shape, or so it seems.

    Loses: cnn-interface
    """
    blocks = [conv(), MaxPooling2D(2), conv(), MaxPooling2D(2)]
    return keras.Sequential([Input(batch_shape=(1, 28, 28, 1)), *blocks, *ending()])


def no_channel():
    """Pictures are 28 by 28; a layer adds the channel.

    Loses: cnn-interface, cnn-layers, cnn-shapes, cnn-learns
    """
    blocks = [conv(), MaxPooling2D(2), conv(), MaxPooling2D(2)]
    return row(layers.Reshape((28, 28, 1)), *blocks, *ending(), shape=(28, 28))


def channels_first():
    """The shape as PyTorch has it: the convolution runs over 28 channels.

    Loses: all but cnn-layers, cnn-activations, cnn-fresh
    """
    blocks = [conv(), MaxPooling2D(2, padding="same"), conv(), MaxPooling2D(2, padding="same")]
    return row(*blocks, *ending(), shape=(1, 28, 28))


_kept = []


def the_same_again():
    """Builds the network once and keeps it.

    Loses: cnn-fresh
    """
    if not _kept:
        _kept.append(row(conv(), MaxPooling2D(2), conv(), MaxPooling2D(2), *ending()))
    return _kept[0]


def compiled():
    """Compiles it, as the next line of the tutorial does.

    Loses: cnn-fresh
    """
    model = row(conv(), MaxPooling2D(2), conv(), MaxPooling2D(2), *ending())
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def frozen():
    """Left over from an exercise on transfer learning.

    Loses: cnn-fresh, cnn-learns
    """
    model = row(conv(), MaxPooling2D(2), conv(), MaxPooling2D(2), *ending())
    model.trainable = False
    return model


def starts_at_zero():
    """All weights begin at zero, so nothing tells the filters apart.

    Loses: cnn-learns
    """
    zero = {"kernel_initializer": "zeros"}
    end = [Flatten(), Dense(128, activation="relu", **zero)]
    end.append(Dense(10, activation="softmax", **zero))
    return row(conv(**zero), MaxPooling2D(2), conv(**zero), MaxPooling2D(2), *end)


def no_input():
    """Leaves it to the first call to find the shapes.

    Loses: all
    """
    return keras.Sequential([conv(), MaxPooling2D(2), conv(), MaxPooling2D(2), *ending()])


def prints_it():
    """Shows the summary and returns what that returns.

    Loses: all
    """
    return row(conv(), MaxPooling2D(2), conv(), MaxPooling2D(2), *ending()).summary()
