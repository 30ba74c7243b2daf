"""What answers to `keras` may use: the layers by name, and the rows of a network."""

import keras
import numpy as np
from keras import layers
from keras.layers import (
    Activation,
    AveragePooling2D,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Input,
    MaxPooling2D,
)


def conv(filters=32, window=3, stride=1, padding="same", activation="relu", **more):
    """The convolution of all three networks; a wrong answer changes one thing."""
    return Conv2D(filters, window, strides=stride, padding=padding, activation=activation, **more)


def row(*rest, shape=(28, 28, 1)):
    """A sequential network."""
    return keras.Sequential([Input(shape), *rest])


def ending(hidden=128, classes=10, activation="relu", last="softmax"):
    """The dense end of the first and the third network."""
    return [Flatten(), Dense(hidden, activation=activation), Dense(classes, activation=last)]
