"""Record what Keras makes of many inputs, to compare the playground with.

``python -m tests.book.record_playground_cases`` writes ``playground_cases.json`` anew; with
``--every 5`` it prints every fifth case instead, for the test that the file is up to date.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).with_name("playground_cases.json")

SIZES = ((1, 1), (1, 5), (4, 1), (2, 2), (3, 3), (4, 5), (5, 4), (6, 7), (7, 4), (8, 3), (10, 10))
WINDOWS = ((1, 1), (2, 2), (3, 3), (2, 3), (3, 1), (1, 4), (5, 5))
STRIDES = ((1, 1), (2, 2), (3, 3), (1, 2), (3, 2), (4, 1))
KINDS = ("whole", "negative", "ties", "fractions", "wide")


def values(kind: str, size: tuple[int, int], rng: np.random.Generator) -> list[list[float]]:
    """Return an input whose numbers have at most two decimals, so that they are easy to read."""
    image = {
        "whole": lambda: rng.integers(-9, 10, size),
        "negative": lambda: -rng.integers(1, 10, size),
        "ties": lambda: rng.integers(0, 2, size),
        "fractions": lambda: rng.normal(size=size).round(2),
        "wide": lambda: (1000 * rng.normal(size=size)).round(2),
    }[kind]()
    return (image + 0.0).tolist()  # no minus zero


def questions() -> list[dict[str, Any]]:
    """Return the cases without their answers: each choice of a layer, with inputs in turn."""
    rng = np.random.default_rng(seed=20)
    layers = [
        (operation, window, stride, padding)
        for operation in ("max", "average", "l2", "min")
        for window in WINDOWS
        for stride in STRIDES
        for padding in ("valid", "same")
    ]
    cases = []
    for number, (operation, window, stride, padding) in enumerate(layers):
        # Under `same` a window may be larger than the input.
        fits = [
            size
            for size in SIZES
            if padding == "same" or (window[0] <= size[0] and window[1] <= size[1])
        ]
        size = fits[rng.integers(len(fits))]
        image = values(KINDS[number % len(KINDS)], size, rng)
        cases.append((operation, window, stride, padding, image))
    for operation in ("global-max", "global-average"):
        for number, size in enumerate(SIZES):
            image = values(KINDS[number % len(KINDS)], size, rng)
            cases.append((operation, (2, 2), (2, 2), "valid", image))
    names = ("operation", "window", "stride", "padding", "image")
    return json.loads(json.dumps([dict(zip(names, case, strict=True)) for case in cases]))


def answer(case: dict[str, Any], dtype: str) -> np.ndarray:
    """Return what Keras makes of a case, computed in `dtype`."""
    import keras

    batch = np.asarray(case["image"], dtype)[np.newaxis, :, :, np.newaxis]
    operation = case["operation"]
    options = {"strides": case["stride"], "padding": case["padding"], "dtype": dtype}
    if operation == "max":
        pooled = keras.layers.MaxPooling2D(case["window"], **options)(batch)
    elif operation == "min":
        pooled = -keras.layers.MaxPooling2D(case["window"], **options)(-batch)
    elif operation == "average":
        pooled = keras.layers.AveragePooling2D(case["window"], **options)(batch)
    elif operation == "l2":
        # Not the way of the playground's own Keras lines: a convolution with ones adds up squares,
        # and the zeros that it pads with add nothing.
        ones = np.ones((*case["window"], 1, 1), dtype)
        total = keras.ops.conv(batch**2, ones, case["stride"], case["padding"])
        pooled = keras.ops.sqrt(total)
    elif operation == "global-max":
        pooled = keras.layers.GlobalMaxPooling2D(keepdims=True, dtype=dtype)(batch)
    else:
        pooled = keras.layers.GlobalAveragePooling2D(keepdims=True, dtype=dtype)(batch)
    return np.asarray(pooled)[0, :, :, 0]


def answered(cases: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Add the answers, in double precision so that the comparison can be strict."""
    for case in cases:
        pooled = answer(case, "float64")
        # What readers get is single precision; it must be the same thing, rounded.
        np.testing.assert_allclose(answer(case, "float32"), pooled, rtol=1e-5, atol=1e-4)
        yield {**case, "output": pooled.round(8).tolist()}


def main() -> None:
    """Write the file, or print a sample of what would be written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, help="print every n-th case; write nothing")
    every = parser.parse_args().every
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    cases = [json.dumps(case) for case in answered(questions()[:: every or 1])]
    text = "[\n" + ",\n".join(cases) + "\n]\n"
    if every:
        print(text)
    else:
        FILE.write_text(text, encoding="utf-8")
        print(f"{len(cases)} cases in {FILE.name}")


if __name__ == "__main__":
    main()
