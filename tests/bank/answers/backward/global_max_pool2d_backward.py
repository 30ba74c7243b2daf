"""Answers to `global_max_pool2d_backward`."""


def _shared(grad, x):
    """The right result, for answers that go wrong elsewhere."""
    tied = x == x.max(axis=(1, 2), keepdims=True)
    share = grad / tied.sum(axis=(1, 2))
    return (tied * share[:, None, None, :]).astype(grad.dtype)


# --- right ---------------------------------------------------------------------------------------


def mask(grad, x):
    """Compares with the maximum, and divides by the number of cells that equal it.

    Loses: nothing
    """
    fits(grad, x.shape)
    tied = (x == x.max(axis=(1, 2), keepdims=True)).astype(grad.dtype)
    return tied / tied.sum(axis=(1, 2), keepdims=True) * grad[:, None, None, :]


def loops(grad, x):
    """Map by map: where are the maxima?

    Loses: nothing
    """
    fits(grad, x.shape)
    result = np.zeros(x.shape, grad.dtype)
    for b in range(x.shape[0]):
        for k in range(x.shape[3]):
            rows, columns = np.nonzero(x[b, :, :, k] == x[b, :, :, k].max())
            result[b, rows, columns, k] = grad[b, k] / len(rows)
    return result


def by_indices(grad, x):
    """The indices of all maxima at once, and how often each map has one, by np.add.at.

    Loses: nothing
    """
    fits(grad, x.shape)
    n, h, w, c = np.nonzero(x == x.max(axis=(1, 2), keepdims=True))
    counts = np.zeros(grad.shape, grad.dtype)
    np.add.at(counts, (n, c), 1)
    result = np.zeros(x.shape, grad.dtype)
    result[n, h, w, c] = grad[n, c] / counts[n, c]
    return result


def flattened(grad, x):
    """Height and width become one axis; einsum multiplies.

    Loses: nothing
    """
    fits(grad, x.shape)
    n, h, w, c = x.shape
    cells = x.reshape(n, h * w, c)
    tied = (cells == np.sort(cells, axis=1)[:, -1:]).astype(grad.dtype)
    return np.einsum("npc,nc->npc", tied, grad / tied.sum(axis=1)).reshape(x.shape)


# --- wrong ---------------------------------------------------------------------------------------


def first_maximum(grad, x):
    """As in max pooling: the first maximum gets everything.

    Loses: global-max-ties
    """
    fits(grad, x.shape)
    return winners(x) * grad[:, None, None, :]


def last_maximum(grad, x):
    """The last maximum gets everything.

    Loses: global-max-ties
    """
    fits(grad, x.shape)
    return winners(x[:, ::-1, ::-1])[:, ::-1, ::-1] * grad[:, None, None, :]


def everything_to_all(grad, x):
    """Every maximum gets all of the gradient.

    Loses: global-max-ties
    """
    fits(grad, x.shape)
    return (x == x.max(axis=(1, 2), keepdims=True)) * grad[:, None, None, :]


def shares_over_the_batch(grad, x):
    """Divides by the number of all maxima, in all maps.

    Loses: global-max-ties, global-max-values
    """
    fits(grad, x.shape)
    tied = (x == x.max(axis=(1, 2), keepdims=True)).astype(grad.dtype)
    return tied / tied.sum() * grad[:, None, None, :]


def starts_at_zero(grad, x):
    """The largest so far is zero to begin with.

    Loses: global-max-values, global-max-ties
    """
    fits(grad, x.shape)
    top = np.zeros((x.shape[0], 1, 1, x.shape[3]), x.dtype)
    for i in range(x.shape[1]):
        for j in range(x.shape[2]):
            top = np.maximum(top, x[:, i : i + 1, j : j + 1])
    tied = (x == top).astype(grad.dtype)
    counts = np.maximum(tied.sum(axis=(1, 2), keepdims=True), 1)
    return tied / counts * grad[:, None, None, :]


def maximum_over_channels(grad, x):
    """One maximum for each example.

    Loses: global-max-values, global-max-ties
    """
    fits(grad, x.shape)
    tied = (x == x.max(axis=(1, 2, 3), keepdims=True)).astype(grad.dtype)
    return tied / tied.sum(axis=(1, 2, 3), keepdims=True) * grad[:, None, None, :]


def maximum_over_the_batch(grad, x):
    """One maximum for each channel.

    Loses: global-max-values
    """
    fits(grad, x.shape)
    tied = (x == x.max(axis=(0, 1, 2), keepdims=True)).astype(grad.dtype)
    counts = np.maximum(tied.sum(axis=(1, 2), keepdims=True), 1)
    return tied / counts * grad[:, None, None, :]


def rows_have_maxima(grad, x):
    """The maximum of each row.

    Loses: all
    """
    fits(grad, x.shape)
    tied = (x == x.max(axis=2, keepdims=True)).astype(grad.dtype)
    return tied / tied.sum(axis=(1, 2), keepdims=True) * grad[:, None, None, :]


def equal_shares(grad, x):
    """The gradient of the mean.

    Loses: all
    """
    fits(grad, x.shape)
    return np.ones(x.shape, grad.dtype) * grad[:, None, None, :] / (x.shape[1] * x.shape[2])


def times_the_value(grad, x):
    """The gradient times the maximum.

    Loses: all
    """
    fits(grad, x.shape)
    return (_shared(grad, x) * x).astype(grad.dtype)


def only_the_mask(grad, x):
    """The derivative is one at the maximum; the chain rule is forgotten.

    Loses: all
    """
    fits(grad, x.shape)
    return _shared(np.ones_like(grad), x)


def all_in_the_corner(grad, x):
    """The sum is right.

    Loses: all
    """
    fits(grad, x.shape)
    result = np.zeros(x.shape, grad.dtype)
    result[:, 0, 0] = grad
    return result


def only_zeros(grad, x):
    """The shape is right; the rest is still to come.

    Loses: all
    """
    fits(grad, x.shape)
    return np.zeros(x.shape, grad.dtype)


def the_smallest(grad, x):
    """argmin for argmax.

    Loses: all
    """
    fits(grad, x.shape)
    return _shared(grad, -x)


def dtype_of_x(grad, x):
    """The result looks like x.

    Loses: global-max-dtype
    """
    fits(grad, x.shape)
    return _shared(grad, x).astype(x.dtype)


def always_float64(grad, x):
    """A quotient of counts is float64.

    Loses: global-max-dtype
    """
    fits(grad, x.shape)
    tied = x == x.max(axis=(1, 2), keepdims=True)
    return tied / tied.sum(axis=(1, 2), keepdims=True) * grad[:, None, None, :]


def through_float32(grad, x):
    """Works in float32, and casts what comes out.

    Loses: global-max-dtype
    """
    fits(grad, x.shape)
    return _shared(grad.astype("float32"), x).astype(grad.dtype)


def marks_its_input(grad, x):
    """Makes of x the mask of its maxima.

    Loses: global-max-dtype
    """
    fits(grad, x.shape)
    x[...] = x == x.max(axis=(1, 2), keepdims=True)
    return (x / x.sum(axis=(1, 2), keepdims=True) * grad[:, None, None, :]).astype(grad.dtype)


def a_view_of_a_single_cell(grad, x):
    """One cell gets everything, so only the shape changes.

    Loses: global-max-dtype
    """
    fits(grad, x.shape)
    if x.shape[1] == x.shape[2] == 1:
        return grad[:, None, None, :]
    return _shared(grad, x)


def checks_nothing(grad, x):
    """NumPy will complain.

    Loses: global-max-errors
    """
    return _shared(grad, x)


def only_counts_axes(grad, x):
    """The ranks are right, so the shapes fit.

    Loses: global-max-errors
    """
    if grad.ndim != 2 or x.ndim != 4:
        raise ValueError("grad must have 2 axes, x must have 4")
    return _shared(grad, x)


def wrong_kind_of_error(grad, x):
    """An assertion is shorter.

    Loses: global-max-errors
    """
    assert x.ndim == 4 and grad.shape == (x.shape[0], x.shape[3]), "grad does not fit x"
    return _shared(grad, x)


# --- not NumPy only ------------------------------------------------------------------------------


def by_tape(grad, x):
    """TensorFlow can differentiate anything.

    Loses: all
    """
    import tensorflow as tf

    fits(grad, x.shape)
    cells = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(cells)
        y = tf.reduce_max(cells, axis=(1, 2))
    return tape.gradient(y, cells, output_gradients=tf.constant(grad)).numpy()
