"""Answers to `iou`."""


# --- right ---------------------------------------------------------------------------------------


def logical(y_true, y_pred):
    """NumPy's logical functions, and sums.

    Loses: nothing
    """
    same_shape(y_true, y_pred)
    union = np.logical_or(y_true, y_pred).sum()
    if union == 0:
        return 1.0
    return np.logical_and(y_true, y_pred).sum() / union


def one_cell_at_a_time(y_true, y_pred):
    """A loop over all cells.

    Loses: nothing
    """
    same_shape(y_true, y_pred)
    both = either = 0
    for one, other in zip(y_true.flat, y_pred.flat):
        both += bool(one and other)
        either += bool(one or other)
    return both / either if either else 1.0


def sets_of_places(y_true, y_pred):
    """As in the formula: two sets, their intersection and their union.

    Loses: nothing
    """
    same_shape(y_true, y_pred)
    first = set(map(tuple, np.argwhere(y_true)))
    second = set(map(tuple, np.argwhere(y_pred)))
    if not first | second:
        return 1.0
    return len(first & second) / len(first | second)


def confusion_matrix(y_true, y_pred):
    """Counts the four kinds of cells by `np.bincount`.

    Loses: nothing
    """
    same_shape(y_true, y_pred)
    kinds = np.bincount(2 * y_true.ravel().astype(int) + y_pred.ravel(), minlength=4)
    _, wrong, missed, right = (int(n) for n in kinds)
    return right / (right + wrong + missed) if right + wrong + missed else 1.0


def inclusion_and_exclusion(y_true, y_pred):
    """The union is the sum of both less the intersection, which is a dot product.

    Loses: nothing
    """
    same_shape(y_true, y_pred)
    first, second = y_true.astype(float).ravel(), y_pred.astype(float).ravel()
    both = first @ second
    union = first.sum() + second.sum() - both
    return 1.0 if union == 0 else float(both / union)


def smallest_and_largest(y_true, y_pred):
    """Of truth values the smaller is "and", the larger is "or".

    Loses: nothing
    """
    same_shape(y_true, y_pred)
    union = np.maximum(y_true, y_pred).sum()
    return np.float64(np.minimum(y_true, y_pred).sum() / union if union else 1)


# --- wrong ---------------------------------------------------------------------------------------


def accuracy(y_true, y_pred):
    """The share of cells that agree.

    Loses: all
    """
    same_shape(y_true, y_pred)
    return (y_true == y_pred).mean()


def dice(y_true, y_pred):
    """Twice the intersection by the sum of both: a measure of the same kind.

    Loses: all but iou-empty
    """
    same_shape(y_true, y_pred)
    total = y_true.sum() + y_pred.sum()
    return 2 * (y_true & y_pred).sum() / total if total else 1.0


def background(y_true, y_pred):
    """The masks are taken the wrong way round: the object is where they are false.

    Loses: all
    """
    same_shape(y_true, y_pred)
    union = (~y_true | ~y_pred).sum()
    return (~y_true & ~y_pred).sum() / union if union else 1.0


def mean_of_both_classes(y_true, y_pred):
    """Mean IoU, as papers report it.

    Loses: all
    """
    same_shape(y_true, y_pred)
    found = []
    for one, other in ((y_true, y_pred), (~y_true, ~y_pred)):
        union = (one | other).sum()
        found.append((one & other).sum() / union if union else 1.0)
    return sum(found) / 2


def recall(y_true, y_pred):
    """Divides by the true object.

    Loses: all
    """
    same_shape(y_true, y_pred)
    return (y_true & y_pred).sum() / y_true.sum() if y_true.any() else 1.0


def precision(y_true, y_pred):
    """Divides by what was predicted.

    Loses: all
    """
    same_shape(y_true, y_pred)
    return (y_true & y_pred).sum() / y_pred.sum() if y_pred.any() else 1.0


def over_all_cells(y_true, y_pred):
    """Divides by the number of cells.

    Loses: all
    """
    same_shape(y_true, y_pred)
    return (y_true & y_pred).mean() if (y_true | y_pred).any() else 1.0


def union_is_the_sum(y_true, y_pred):
    """Counts the cells of both masks, and those in both twice.

    Loses: all
    """
    same_shape(y_true, y_pred)
    total = y_true.sum() + y_pred.sum()
    return (y_true & y_pred).sum() / total if total else 1.0


def either_or(y_true, y_pred):
    """`^` for "or".

    Loses: all but iou-empty
    """
    same_shape(y_true, y_pred)
    union = (y_true ^ y_pred).sum()
    return (y_true & y_pred).sum() / union if union else 1.0


def divides_by_zero(y_true, y_pred):
    """Somewhere there will be an object. Python raises an error.

    Loses: iou-empty
    """
    same_shape(y_true, y_pred)
    return np.count_nonzero(y_true & y_pred) / np.count_nonzero(y_true | y_pred)


def not_a_number(y_true, y_pred):
    """The same with NumPy's numbers: a warning, and NaN.

    Loses: iou-empty
    """
    same_shape(y_true, y_pred)
    return (y_true & y_pred).sum() / (y_true | y_pred).sum()


def zero_for_empty_masks(y_true, y_pred):
    """No object, no points; as Keras does.

    Loses: iou-empty
    """
    same_shape(y_true, y_pred)
    return (y_true & y_pred).sum() / max((y_true | y_pred).sum(), 1)


def a_small_number_in_the_divisor(y_true, y_pred):
    """Seen in many repositories: + 1e-9, so that nothing is divided by zero.

    Loses: iou-empty
    """
    same_shape(y_true, y_pred)
    return (y_true & y_pred).sum() / ((y_true | y_pred).sum() + 1e-9)


def one_if_nothing_is_true(y_true, y_pred):
    """Where there is no true object, nothing can be missed.

    Loses: iou-empty
    """
    same_shape(y_true, y_pred)
    if not y_true.any():
        return 1.0
    return (y_true & y_pred).sum() / (y_true | y_pred).sum()


def nothing_in_common(y_true, y_pred):
    """The guard looks at the intersection.

    Loses: iou-values, iou-empty
    """
    same_shape(y_true, y_pred)
    both = np.count_nonzero(y_true & y_pred)
    return both / np.count_nonzero(y_true | y_pred) if both else 1.0


def smoothed(y_true, y_pred):
    """One is added above and below, as in a loss.

    Loses: all
    """
    same_shape(y_true, y_pred)
    return ((y_true & y_pred).sum() + 1) / ((y_true | y_pred).sum() + 1)


def bytes_overflow(y_true, y_pred):
    """A dot product of bytes is a byte.

    Loses: iou-large
    """
    same_shape(y_true, y_pred)
    first, second = y_true.ravel().astype("uint8"), y_pred.ravel().astype("uint8")
    both = int(first @ second)
    union = int(first.sum() + second.sum()) - both
    return both / union if union else 1.0


def counts_in_bytes(y_true, y_pred):
    """A mask needs a byte for each cell, and so does its sum.

    Loses: iou-large
    """
    same_shape(y_true, y_pred)
    union = (y_true | y_pred).sum(dtype="uint8")
    both = (y_true & y_pred).sum(dtype="uint8")
    return float(both) / float(union) if union else 1.0


def half_precision(y_true, y_pred):
    """float16 is enough for a number between 0 and 1.

    Loses: iou-values, iou-large, iou-shapes, iou-pure, iou-errors
    """
    same_shape(y_true, y_pred)
    union = (y_true | y_pred).sum()
    return np.float16((y_true & y_pred).sum() / union) if union else 1.0


def whole_division(y_true, y_pred):
    """Two counts are divided by //.

    Loses: all but iou-empty
    """
    same_shape(y_true, y_pred)
    union = np.count_nonzero(y_true | y_pred)
    return np.count_nonzero(y_true & y_pred) // union if union else 1.0


def percent(y_true, y_pred):
    """72 looks better than 0.72.

    Loses: all
    """
    same_shape(y_true, y_pred)
    union = np.count_nonzero(y_true | y_pred)
    return 100 * np.count_nonzero(y_true & y_pred) / union if union else 100.0


def row_by_row(y_true, y_pred):
    """`axis=-1`, and then the mean.

    Loses: all but iou-empty
    """
    same_shape(y_true, y_pred)
    union = (y_true | y_pred).sum(axis=-1)
    both = (y_true & y_pred).sum(axis=-1)
    return float(np.where(union > 0, both / np.maximum(union, 1), 1).mean())


def mean_of_the_examples(y_true, y_pred):
    """The IoU of each example of a batch, and their mean.

    Loses: iou-shapes
    """
    same_shape(y_true, y_pred)
    if y_true.ndim == 4:
        return float(np.mean([_one_example(a, b) for a, b in zip(y_true, y_pred)]))
    return _one_example(y_true, y_pred)


def _one_example(y_true, y_pred):
    union = (y_true | y_pred).sum()
    return float((y_true & y_pred).sum() / union) if union else 1.0


def only_the_first_channel(y_true, y_pred):
    """A mask has one channel.

    Loses: iou-shapes
    """
    same_shape(y_true, y_pred)
    if y_true.ndim > 2:
        y_true, y_pred = y_true[..., 0], y_pred[..., 0]
    union = (y_true | y_pred).sum()
    return (y_true & y_pred).sum() / union if union else 1.0


def two_loops(y_true, y_pred):
    """A mask has rows and columns.

    Loses: iou-shapes
    """
    same_shape(y_true, y_pred)
    height, width = y_true.shape
    both = either = 0
    for i in range(height):
        for j in range(width):
            both += int(y_true[i, j] and y_pred[i, j])
            either += int(y_true[i, j] or y_pred[i, j])
    return both / either if either else 1.0


def in_the_order_of_the_memory(y_true, y_pred):
    """`ravel("K")` copies nothing; a transposed mask comes in another order.

    Loses: iou-shapes
    """
    same_shape(y_true, y_pred)
    first, second = y_true.ravel("K"), y_pred.ravel("K")
    union = (first | second).sum()
    return (first & second).sum() / union if union else 1.0


def overwrites_the_truth(y_true, y_pred):
    """`&=` saves an array.

    Loses: iou-pure
    """
    same_shape(y_true, y_pred)
    union = (y_true | y_pred).sum()
    y_true &= y_pred
    return y_true.sum() / union if union else 1.0


def overwrites_the_prediction(y_true, y_pred):
    """`out=` saves an array.

    Loses: iou-pure
    """
    same_shape(y_true, y_pred)
    both = (y_true & y_pred).sum()
    np.logical_or(y_true, y_pred, out=y_pred)
    return both / y_pred.sum() if y_pred.any() else 1.0


def compares_sizes(y_true, y_pred):
    """As many cells will do.

    Loses: iou-errors
    """
    if y_true.size != y_pred.size:
        raise ValueError("y_true and y_pred differ")
    first, second = y_true.ravel(), y_pred.ravel()
    union = (first | second).sum()
    return (first & second).sum() / union if union else 1.0


def asserts(y_true, y_pred):
    """An assertion is an error too.

    Loses: iou-errors
    """
    assert y_true.shape == y_pred.shape, "y_true and y_pred differ"
    union = (y_true | y_pred).sum()
    return (y_true & y_pred).sum() / union if union else 1.0


def nameless_error(y_true, y_pred):
    """What differs is plain to see.

    Loses: iou-errors
    """
    if y_true.shape != y_pred.shape:
        raise ValueError("shapes differ")
    union = (y_true | y_pred).sum()
    return (y_true & y_pred).sum() / union if union else 1.0


def an_array(y_true, y_pred):
    """One number for each example.

    Loses: all
    """
    same_shape(y_true, y_pred)
    return np.array([(y_true & y_pred).sum() / max((y_true | y_pred).sum(), 1)])


def prints(y_true, y_pred):
    """Shows the result and returns nothing.

    Loses: all
    """
    print((y_true & y_pred).sum() / max((y_true | y_pred).sum(), 1))


def by_keras(y_true, y_pred):
    """Keras has a metric.

    Loses: all
    """
    import keras

    same_shape(y_true, y_pred)
    metric = keras.metrics.BinaryIoU(target_class_ids=[1], threshold=0.5)
    metric.update_state(y_true, y_pred)
    return float(metric.result()) if (y_true | y_pred).any() else 1.0


def by_tensorflow_sums(y_true, y_pred):
    """Only the sums are TensorFlow's.

    Loses: all
    """
    import tensorflow as tf

    same_shape(y_true, y_pred)
    union = int(tf.math.count_nonzero(y_true | y_pred))
    return int(tf.math.count_nonzero(y_true & y_pred)) / union if union else 1.0
