"""The oracles of backward passes are right, and their checks refuse what is wrong and say why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from keras.layers import (
    AveragePooling2D,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    MaxPooling2D,
)

from autograder.pooling_checks import (
    CheckFailed,
    check_gradient_dtype,
    check_output,
    check_random_gradients,
    example,
    example_with_ties,
    gradient_of,
)
from autograder.pooling_checks.cases import Case
from autograder.pooling_checks.gradients import PoolingGradient, random_gradient_cases
from tests.autograder.unwatched import unwatched

LAYERS = [MaxPooling2D, AveragePooling2D, GlobalMaxPooling2D, GlobalAveragePooling2D]


def windows(size: int, window: int, stride: int, padding: str) -> list[range]:
    """The cells inside the input under each window along an axis, cell by cell."""
    if padding == "valid":
        return [range(a, a + window) for a in range(0, size - window + 1, stride)]
    count = 0
    while count * stride < size:
        count += 1
    total = max((count - 1) * stride + window - size, 0)
    first = [i * stride - total // 2 for i in range(count)]
    return [range(max(a, 0), min(a + window, size)) for a in first]


def by_loops(
    layer: type,
    grad: np.ndarray,
    x: np.ndarray,
    pool_size: Any = None,
    strides: Any = None,
    padding: str = "valid",
) -> np.ndarray:
    """The gradient of a pooling layer, one cell after the other, in float64."""
    pool_size = pool_size or x.shape[1:3]
    pairs = [p if isinstance(p, tuple) else (p, p) for p in (pool_size, strides or pool_size)]
    rows, columns = (windows(x.shape[a + 1], *(p[a] for p in pairs), padding) for a in (0, 1))
    grad = grad.reshape(x.shape[0], len(rows), len(columns), x.shape[3])
    result = np.zeros(x.shape)
    for n, i, j, c in np.ndindex(grad.shape):
        cells = [(n, a, b, c) for a in rows[i] for b in columns[j]]
        if "Max" in layer.__name__:
            top = max(x[cell] for cell in cells)
            cells = [cell for cell in cells if x[cell] == top]
        if layer is MaxPooling2D:
            cells = cells[:1]
        for cell in cells:
            result[cell] += float(grad[n, i, j, c]) / len(cells)
    return result


def answer(
    oracle: PoolingGradient, change: Callable[..., np.ndarray] | None = None
) -> Callable[..., np.ndarray]:
    """A function as a student writes it, which gives what the oracle gives, or `change` of it."""

    def backward(*arrays: np.ndarray, **arguments: Any) -> np.ndarray:
        with unwatched():
            case = Case(dict(zip(oracle.inputs, arrays, strict=True)), arguments)
            (right,) = oracle.expected(case)
            return right if change is None else change(case, right)

    return backward


def message(check: Any, *arguments: Any, **keywords: Any) -> str:
    """The message of a check that must fail, as a notebook shows it."""
    with pytest.raises(CheckFailed) as caught:
        check(*arguments, **keywords)
    return "\n".join(caught.value._render_traceback_())


# --- the oracles -------------------------------------------------------------------------------


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("spacing", ["side by side", "apart", "overlapping"])
@pytest.mark.parametrize("layer", LAYERS)
def test_the_oracle_agrees_with_loops(layer: type, spacing: str, padding: str, ties: bool) -> None:
    oracle = gradient_of(layer)
    cases = random_gradient_cases(oracle, 5, 8, padding, spacing, True, True, "mixed", ties)
    for case in cases:
        for dtype in ("float32", "float64"):
            cast = case.as_float(dtype)
            forward = oracle.forward(cast)
            loops = by_loops(layer, cast.arrays["grad"], forward.x, **forward.arguments)
            (right,) = oracle.expected(cast)
            assert right.dtype == dtype
            np.testing.assert_allclose(right, loops, rtol=0, atol=oracle.tolerance(cast))


@pytest.mark.parametrize("layer", [MaxPooling2D, AveragePooling2D])
def test_the_oracle_agrees_with_finite_differences(layer: type) -> None:
    x = example(1, 5, 4, 2, values="mixed", dtype="float64")
    arguments = {"pool_size": 3, "strides": 2, "padding": "same"}
    grad = example(1, 3, 2, 2, dtype="float64", seed=1)
    oracle = gradient_of(layer)
    (right,) = oracle.expected(oracle.case(grad, Case({"x": x}, arguments)))
    pool = layer(**arguments, dtype="float64")
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += 0.25
        down[place] -= 0.25
        slope = np.sum(grad * (np.asarray(pool(up)) - np.asarray(pool(down)))) / 0.5
        assert slope == pytest.approx(right[place], abs=1e-9), place


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("strides", [1, 3])
@pytest.mark.parametrize("layer", [MaxPooling2D, AveragePooling2D])
def test_a_window_larger_than_the_input(layer: type, strides: int, dtype: str) -> None:
    """TensorFlow's own gradient of the average is wrong here."""
    oracle = gradient_of(layer)
    x = example(1, 4, 2, 2, dtype=dtype)
    forward = Case({"x": x}, {"pool_size": 5, "strides": strides, "padding": "same"})
    grad = example(*oracle.output_shape(forward), dtype=dtype, seed=1)
    case = oracle.case(grad, forward)
    loops = by_loops(layer, grad, x, **forward.arguments)
    np.testing.assert_allclose(oracle.expected(case)[0], loops, rtol=0, atol=oracle.tolerance(case))


def test_numbers_that_differ_only_in_float64_do_not_tie() -> None:
    x = np.array([1.0, 1.0 + 1e-12]).reshape(1, 1, 2, 1)
    case = Case({"grad": np.ones((1, 1, 1, 1), "float32"), "x": x}, {"pool_size": (1, 2)})
    (right,) = gradient_of(MaxPooling2D).expected(case)
    assert right.ravel().tolist() == [0, 1]
    assert right.dtype == "float32"


@pytest.mark.parametrize("layer", LAYERS)
def test_grad_must_have_the_shape_of_the_output(layer: type) -> None:
    oracle = gradient_of(layer)
    arguments = {"pool_size": 2} if oracle.windowed else {}
    case = oracle.case(example(1, 1, 1, 2), Case({"x": example(1, 4, 4, 1)}, arguments))
    with pytest.raises(ValueError, match="grad has shape"):
        oracle.expected(case)


# --- what agrees passes --------------------------------------------------------------------------


@pytest.mark.parametrize("layer", LAYERS)
def test_the_gradient_itself_passes(layer: type) -> None:
    oracle = gradient_of(layer)
    check_random_gradients(answer(oracle), oracle, seed=1, rectangular=True, channels=True)


@pytest.mark.parametrize("layer", LAYERS)
def test_sums_in_another_order_pass(layer: type) -> None:
    oracle = gradient_of(layer)

    def backward(case: Case, right: np.ndarray) -> np.ndarray:
        forward = oracle.forward(case)
        grad = np.flip(case.arrays["grad"], axis=(1, 2) if oracle.windowed else ())
        flipped = forward.with_arrays(x=forward.x[:, ::-1, ::-1])
        return oracle.back(grad, flipped)[:, ::-1, ::-1]

    x = np.random.default_rng(0).normal(size=(2, 9, 9, 3)).astype("float32")
    arguments = {"pool_size": 3, "strides": 1} if oracle.windowed else {}
    forward = Case({"x": x}, arguments)
    grad = np.random.default_rng(1).normal(size=oracle.output_shape(forward)).astype("float32")
    case = oracle.case(grad, forward)
    check_output(answer(oracle, backward), oracle, *case.arrays.values(), **case.arguments)


@pytest.mark.parametrize("spacing", ["side by side", "apart", "overlapping"])
def test_random_cases_are_what_they_are_called(spacing: str) -> None:
    oracle = gradient_of(MaxPooling2D)
    for padding in ("valid", "same"):
        cases = random_gradient_cases(oracle, 3, 40, padding, spacing, False, False, "mixed", False)
        for case in cases:
            window, stride = (case.arguments.get(k) for k in ("pool_size", "strides"))
            if spacing == "side by side":
                assert stride is None
            else:
                assert (stride > window) == (spacing == "apart")
            assert np.unique(case.x).size == case.x.size
        assert sum(case.arrays["grad"].size > 1 for case in cases) >= 20
        assert any((case.arrays["grad"] < 0).any() for case in cases)


# --- what differs fails, with a reason -----------------------------------------------------------

SAME = {"pool_size": 3, "strides": 2, "padding": "same"}


def test_the_message_names_case_sums_first_difference_and_windows() -> None:
    oracle = gradient_of(MaxPooling2D)

    def loses_some(case: Case, right: np.ndarray) -> np.ndarray:
        right[:, -1] = 0
        return right

    x = np.arange(16, dtype="float32").reshape(1, 4, 4, 1)
    grad = example(1, 3, 3, 1)
    text = message(
        check_output, answer(oracle, loses_some), oracle, grad, x, pool_size=2, strides=1
    )
    assert "backward does not agree with the gradient of keras.layers.MaxPooling2D" in text
    assert "grad of shape (1, 3, 3, 1), float32; x of shape (1, 4, 4, 1), float32" in text
    lost, came = grad[0, 2].ravel(), grad.sum()
    assert f"first difference at result[0, 3, 1, 0]: expected {lost[0]:g}, received 0" in text
    assert "x[0, 3, 1, 0] lies in 2 windows" in text
    assert (
        f"grad[0, 2, 0, 0] = {lost[0]:g}, window x[0, 2:4, 0:2, 0], first maximum at x[0, 3, 1, 0]"
    ) in text
    assert (
        f"grad[0, 2, 1, 0] = {lost[1]:g}, window x[0, 2:4, 1:3, 0], first maximum at x[0, 3, 2, 0]"
    ) in text
    assert f"the result adds up to {came - lost.sum():g}, grad to {came:g}" in text
    assert len(text.splitlines()) < 20, "short enough to read"


def test_the_message_counts_the_cells_that_share_an_average() -> None:
    oracle = gradient_of(AveragePooling2D)
    zeros = answer(oracle, lambda case, right: 0 * right)
    text = message(check_output, zeros, oracle, example(1, 2, 2, 1), x_shape=(1, 3, 3, 1), **SAME)
    assert "grad of shape (1, 2, 2, 1), float32; x_shape=(1, 3, 3, 1), pool_size=3" in text
    assert "x[0, 0, 0, 0] lies in 1 window\n" in text
    assert "window x[0, 0:2, 0:2, 0], 4 cells inside the input" in text
    assert "the result adds up to 0, grad to 10" in text


def test_a_cell_in_no_window_gets_nothing() -> None:
    oracle = gradient_of(AveragePooling2D)
    more = answer(oracle, lambda case, right: right + (right == 0))
    text = message(
        check_output, more, oracle, example(1, 1, 1, 1), x_shape=(1, 3, 3, 1), pool_size=2
    )
    assert "x[0, 0, 2, 0] lies in no window, so it gets nothing" in text


def test_the_message_counts_the_maxima_of_a_map() -> None:
    oracle = gradient_of(GlobalMaxPooling2D)
    zeros = answer(oracle, lambda case, right: 0 * right)
    x = np.array([[4, 1, 4], [0, 4, 3]], "float32").reshape(1, 2, 3, 1)
    text = message(check_output, zeros, oracle, example(1, 1), x)
    assert "grad[0, 0] = 1; 3 cells hold the map's maximum, 4" in text


def test_the_sum_is_not_spoken_of_where_it_is_right() -> None:
    oracle = gradient_of(MaxPooling2D)
    corner = answer(oracle, lambda case, right: np.flip(right, axis=(1, 2)))
    text = message(
        check_output, corner, oracle, example(1, 2, 2, 1), example(1, 4, 4, 1), pool_size=2
    )
    assert "first difference" in text
    assert "hint" not in text


def _one_by_one(layer: type, case: Case, join: Callable[..., Any]) -> np.ndarray:
    """The windows' gradients, one after the other, put together by `join(result, gradient)`."""
    oracle = gradient_of(layer)
    forward = oracle.forward(case)
    result = np.zeros(forward.x.shape, "float32")
    for i, j in np.ndindex(case.arrays["grad"].shape[1:3]):
        alone = np.zeros_like(case.arrays["grad"])
        alone[:, i, j] = case.arrays["grad"][:, i, j]
        result = join(result, oracle.back(alone, forward))
    return result


def overwritten(layer: type) -> Callable[..., np.ndarray]:
    return lambda case, right: _one_by_one(
        layer, case, lambda result, new: np.where(new != 0, new, result)
    )


def tied(share: str) -> Callable[..., np.ndarray]:
    """The gradient of one window that is the whole input, or of a global maximum, by hand."""

    def change(case: Case, right: np.ndarray) -> np.ndarray:
        top = case.x == case.x.max(axis=(1, 2), keepdims=True)
        grad = case.arrays["grad"].reshape(case.x.shape[0], 1, 1, case.x.shape[3])
        order = np.arange(top[0, ..., 0].size).reshape(1, *top.shape[1:3], 1)
        first = order == np.where(top, order, 10**6).min(axis=(1, 2), keepdims=True)
        last = order == np.where(top, order, -1).max(axis=(1, 2), keepdims=True)
        equal = top / top.sum(axis=(1, 2), keepdims=True)
        return {"all": top, "first": first, "last": last, "equal": equal}[share] * grad

    return change


def flipped(layer: type) -> Callable[..., np.ndarray]:
    def change(case: Case, right: np.ndarray) -> np.ndarray:
        forward = gradient_of(layer).forward(case)
        turned = forward.with_arrays(x=forward.x[:, ::-1, ::-1])
        grad = case.arrays["grad"][:, ::-1, ::-1]
        return gradient_of(layer).back(grad, turned)[:, ::-1, ::-1]

    return change


def zeros_around(case: Case, right: np.ndarray) -> np.ndarray:
    """For a window of 2 with strides=None, on an input of odd size."""
    padded = np.pad(case.x, [(0, 0), (0, 1), (0, 1), (0, 0)])
    forward = Case({"x": padded}, {"pool_size": 2})
    return gradient_of(MaxPooling2D).back(case.arrays["grad"], forward)[:, :-1, :-1]


def counted_outside(case: Case, right: np.ndarray) -> np.ndarray:
    """For a window of 2 with strides=None, on an input of odd size."""
    n, h, w, c = case.arguments["x_shape"]
    padded = Case({"x": np.zeros((n, h + 1, w + 1, c), "float32")}, {"pool_size": 2})
    return gradient_of(AveragePooling2D).back(case.arrays["grad"], padded)[:, :-1, :-1]


def one_apart(case: Case, right: np.ndarray) -> np.ndarray:
    """For a window of 2 under valid."""
    forward = gradient_of(MaxPooling2D).forward(case)
    rows, columns = case.arrays["grad"].shape[1:3]
    near = forward.x[:, : rows + 1, : columns + 1]
    result = np.zeros_like(right)
    result[:, : rows + 1, : columns + 1] = gradient_of(MaxPooling2D).back(
        case.arrays["grad"], Case({"x": near}, {"pool_size": 2, "strides": 1})
    )
    return result


TIES = example_with_ties(1, 4, 4, 1, highest=1)
MISTAKES = [
    (MaxPooling2D, overwritten(MaxPooling2D), {"pool_size": 3, "strides": 1}, 6, "must be added"),
    (
        AveragePooling2D,
        overwritten(AveragePooling2D),
        {"pool_size": 3, "strides": 1},
        6,
        "must be added",
    ),
    (MaxPooling2D, flipped(MaxPooling2D), {"pool_size": 2, "padding": "same"}, 5, "odd cell"),
    (
        AveragePooling2D,
        flipped(AveragePooling2D),
        {"pool_size": 2, "padding": "same"},
        5,
        "odd cell",
    ),
    (MaxPooling2D, zeros_around, {"pool_size": 2, "padding": "same"}, -5, "taken for zeros"),
    (AveragePooling2D, counted_outside, {"pool_size": 2, "padding": "same"}, 5, "were counted"),
    (MaxPooling2D, one_apart, {"pool_size": 2}, 6, "one cell apart"),
    (
        MaxPooling2D,
        lambda case, right: gradient_of(AveragePooling2D).back(
            case.arrays["grad"], Case({"x": case.x}, case.arguments)
        ),
        {"pool_size": 2},
        6,
        "gradient of the average",
    ),
    (MaxPooling2D, lambda case, right: right * case.x, {"pool_size": 2}, 6, "multiplied by the"),
    (AveragePooling2D, lambda case, right: 4 * right, {"pool_size": 2}, 6, "all of the gradient"),
    (
        GlobalAveragePooling2D,
        lambda case, right: right * np.prod(right.shape[1:3]),
        {},
        4,
        "all of the gradient",
    ),
]


@pytest.mark.parametrize(("layer", "change", "arguments", "size", "hint"), MISTAKES)
def test_a_common_mistake_is_recognised(
    layer: type, change: Any, arguments: dict[str, Any], size: int, hint: str
) -> None:
    oracle = gradient_of(layer)
    values = "negative" if size < 0 else "positive"
    forward = Case({"x": example(1, abs(size), abs(size), 1, values=values)}, arguments)
    case = oracle.case(example(*oracle.output_shape(forward), seed=1), forward)
    if values == "negative":
        # The larger case on which the mistake is confirmed must have its corners negative too.
        oracle.another = lambda case: case  # type: ignore[method-assign]
    text = message(
        check_output, answer(oracle, change), oracle, *case.arrays.values(), **case.arguments
    )
    assert "  hint      " in text
    assert hint in text.partition("  hint      ")[2]


@pytest.mark.parametrize(
    ("layer", "share", "hint"),
    [
        (MaxPooling2D, "all", "each got all of the gradient; the first of them gets it all"),
        (MaxPooling2D, "last", "the last one got the gradient; the first of them gets it all"),
        (MaxPooling2D, "equal", "they shared the gradient; the first of them gets it all"),
        (GlobalMaxPooling2D, "all", "each got all of the gradient; they share it equally"),
        (GlobalMaxPooling2D, "first", "the first one got the gradient; they share it equally"),
        (GlobalMaxPooling2D, "last", "the last one got the gradient; they share it equally"),
    ],
)
def test_a_wrong_rule_for_ties_is_recognised(layer: type, share: str, hint: str) -> None:
    oracle = gradient_of(layer)
    arguments = {"pool_size": 4} if oracle.windowed else {}
    # One window that is the whole input: the larger case has to be so as well.
    oracle.another = lambda case: case.with_arrays(x=1 - case.x)  # type: ignore[method-assign]
    grad = example(1, 1, 1, 1) if oracle.windowed else example(1, 1)
    text = message(check_output, answer(oracle, tied(share)), oracle, grad, TIES, **arguments)
    assert f"  hint      where several cells hold the maximum, {hint}" in text


@pytest.mark.parametrize("layer", LAYERS)
def test_the_larger_case_confirms_with_the_same_sentences(layer: type) -> None:
    oracle = gradient_of(layer)
    for arguments in ({"pool_size": 2}, SAME) if oracle.windowed else ({},):
        for x in (example(1, 4, 4, 2), example_with_ties(1, 4, 4, 2)):
            forward = Case({"x": x}, arguments)
            case = oracle.case(example(*oracle.output_shape(forward)), forward)
            larger = oracle.another(case)
            assert oracle.forward(larger).x.size > x.size
            assert oracle.forward(larger).arguments == arguments
            sentences = [[said for _, said in oracle.mistakes(c)] for c in (case, larger)]
            assert sentences[0] == sentences[1]
            for (result,), _ in oracle.mistakes(larger):
                assert result.shape == oracle.forward(larger).x.shape


def test_a_random_case_that_fails_is_shrunk() -> None:
    oracle = gradient_of(MaxPooling2D)

    def wrong(case: Case, right: np.ndarray) -> np.ndarray:
        if case.x.shape[1] >= 3 and case.x.shape[3] >= 2:
            right[:, 0, 0, 1] += 1
        return right

    text = message(
        check_random_gradients,
        answer(oracle, wrong),
        oracle,
        seed=1,
        windows="overlapping",
        rectangular=True,
        channels=True,
    )
    assert "x of shape (1, 3, 1, 2), float32; pool_size=1, padding='valid'" in text


# --- dtype ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", LAYERS)
def test_the_dtype_is_that_of_grad(layer: type) -> None:
    oracle = gradient_of(layer)
    arguments = {"pool_size": 2} if oracle.windowed else {}
    forward = Case({"x": example(1, 4, 4, 1)}, arguments)
    case = oracle.case(example(*oracle.output_shape(forward)), forward)
    given = (oracle, *case.arrays.values())
    check_gradient_dtype(answer(oracle), *given, **case.arguments)
    for dtype in ("float32", "float64"):
        change = answer(oracle, lambda case, right, dtype=dtype: right.astype(dtype))
        assert "must keep the input's dtype" in message(
            check_gradient_dtype, change, *given, **case.arguments
        )
    if "x" in oracle.inputs:
        change = answer(oracle, lambda case, right: right.astype(case.x.dtype))
        text = message(check_gradient_dtype, change, *given, **case.arguments)
        assert "must return the dtype of grad" in text
        assert "expected  float32\n  received  float64" in text
    if "Average" in layer.__name__:
        rough = answer(oracle, lambda case, right: right.astype("float32").astype(right.dtype))
        assert "must keep the input's precision" in message(
            check_gradient_dtype, rough, *given, **case.arguments
        )
