"""Answers to `global_average_pool2d_backward`."""


# --- right ---------------------------------------------------------------------------------------


def broadcast(grad, x_shape):
    """Ones in the input's shape, times the share.

    Loses: nothing
    """
    fits(grad, x_shape)
    share = grad / (x_shape[1] * x_shape[2])
    return np.ones(x_shape, grad.dtype) * share[:, None, None, :]


def loops(grad, x_shape):
    """Every cell by itself.

    Loses: nothing
    """
    fits(grad, x_shape)
    n, h, w, c = x_shape
    result = np.zeros(x_shape, dtype=grad.dtype)
    for b in range(n):
        for i in range(h):
            for j in range(w):
                for k in range(c):
                    result[b, i, j, k] = grad[b, k] / (h * w)
    return result


def repeated(grad, x_shape):
    """Repeats along the height and then along the width.

    Loses: nothing
    """
    fits(grad, x_shape)
    share = (grad / np.prod(x_shape[1:3])).astype(grad.dtype)[:, None, None]
    return share.repeat(x_shape[1], axis=1).repeat(x_shape[2], axis=2)


def einsum(grad, x_shape):
    """An outer product of the gradient with the weights of the mean.

    Loses: nothing
    """
    fits(grad, x_shape)
    weights = np.full(x_shape[1:3], 1 / (x_shape[1] * x_shape[2]), grad.dtype)
    return np.einsum("bc,hw->bhwc", grad, weights)


# --- wrong ---------------------------------------------------------------------------------------


def not_divided(grad, x_shape):
    """Every cell gets the gradient.

    Loses: all
    """
    fits(grad, x_shape)
    return np.ones(x_shape, grad.dtype) * grad[:, None, None, :]


def all_in_one_cell(grad, x_shape):
    """The sum is right.

    Loses: all
    """
    fits(grad, x_shape)
    result = np.zeros(x_shape, grad.dtype)
    result[:, 0, 0] = grad
    return result


def only_zeros(grad, x_shape):
    """The shape is right; the rest is still to come.

    Loses: all
    """
    fits(grad, x_shape)
    return np.zeros(x_shape, grad.dtype)


def multiplied(grad, x_shape):
    """Forward divides, so backward multiplies.

    Loses: all
    """
    fits(grad, x_shape)
    return np.ones(x_shape, grad.dtype) * grad[:, None, None, :] * (x_shape[1] * x_shape[2])


def divided_by_the_height_squared(grad, x_shape):
    """Maps are square.

    Loses: all
    """
    fits(grad, x_shape)
    return np.ones(x_shape, grad.dtype) * grad[:, None, None, :] / x_shape[1] ** 2


def channels_counted(grad, x_shape):
    """Divides by all the numbers of an example.

    Loses: global-average-values
    """
    fits(grad, x_shape)
    share = grad / (x_shape[1] * x_shape[2] * x_shape[3])
    return np.ones(x_shape, grad.dtype) * share[:, None, None, :]


def mean_over_the_batch(grad, x_shape):
    """The loss is a mean over the batch, so the gradient is divided by its size once more.

    Loses: global-average-values
    """
    fits(grad, x_shape)
    share = grad / (x_shape[0] * x_shape[1] * x_shape[2])
    return np.ones(x_shape, grad.dtype) * share[:, None, None, :]


def first_example_for_all(grad, x_shape):
    """grad[0] is the gradient.

    Loses: global-average-values
    """
    fits(grad, x_shape)
    return np.ones(x_shape, grad.dtype) * grad[0] / (x_shape[1] * x_shape[2])


def summed_over_channels(grad, x_shape):
    """One gradient for each example.

    Loses: global-average-values
    """
    fits(grad, x_shape)
    share = grad.sum(axis=1)[:, None, None, None] / (x_shape[1] * x_shape[2])
    return np.ones(x_shape, grad.dtype) * share.astype(grad.dtype)


def integer_division(grad, x_shape):
    """Divides with //.

    Loses: global-average-values
    """
    fits(grad, x_shape)
    share = grad // (x_shape[1] * x_shape[2])
    return np.ones(x_shape, grad.dtype) * share[:, None, None, :]


def reshaped_memory(grad, x_shape):
    """np.resize fills the shape with the numbers as they come.

    Loses: global-average-values
    """
    fits(grad, x_shape)
    return np.resize(grad / (x_shape[1] * x_shape[2]), x_shape)


def channels_first(grad, x_shape):
    """(batch, channels, height, width), as in PyTorch.

    Loses: all
    """
    fits(grad, x_shape)
    n, h, w, c = x_shape
    return np.ones((n, c, h, w), grad.dtype) * grad[:, :, None, None] / (h * w)


def always_float64(grad, x_shape):
    """np.ones without a dtype.

    Loses: global-average-dtype
    """
    fits(grad, x_shape)
    return np.ones(x_shape) * grad[:, None, None, :] / (x_shape[1] * x_shape[2])


def always_float32(grad, x_shape):
    """Networks are float32.

    Loses: global-average-dtype
    """
    fits(grad, x_shape)
    share = grad.astype("float32") / (x_shape[1] * x_shape[2])
    return np.ones(x_shape, "float32") * share[:, None, None, :]


def through_float32(grad, x_shape):
    """Works in float32, and casts what comes out.

    Loses: global-average-dtype
    """
    fits(grad, x_shape)
    share = grad.astype("float32") / (x_shape[1] * x_shape[2])
    return np.ones(x_shape, grad.dtype) * share[:, None, None, :]


def divides_in_place(grad, x_shape):
    """Saves memory.

    Loses: global-average-dtype
    """
    fits(grad, x_shape)
    grad /= x_shape[1] * x_shape[2]
    return np.ones(x_shape, grad.dtype) * grad[:, None, None, :]


def a_view_of_a_single_cell(grad, x_shape):
    """One cell gets everything, so only the shape changes.

    Loses: global-average-dtype
    """
    fits(grad, x_shape)
    if x_shape[1] == x_shape[2] == 1:
        return grad[:, None, None, :]
    return np.ones(x_shape, grad.dtype) * grad[:, None, None, :] / (x_shape[1] * x_shape[2])


def checks_nothing(grad, x_shape):
    """NumPy will complain.

    Loses: global-average-errors
    """
    share = grad / (x_shape[1] * x_shape[2])
    return np.ones(x_shape, grad.dtype) * share[:, None, None, :]


def only_counts_axes(grad, x_shape):
    """The ranks are right, so the shapes fit.

    Loses: global-average-errors
    """
    if grad.ndim != 2 or len(x_shape) != 4:
        raise ValueError("grad must have 2 axes, x_shape 4 numbers")
    share = grad / (x_shape[1] * x_shape[2])
    return np.ones(x_shape, grad.dtype) * share[:, None, None, :]


def nameless_error(grad, x_shape):
    """An error is an error; what it says is for nobody.

    Loses: global-average-errors
    """
    try:
        fits(grad, x_shape)
    except ValueError:
        raise ValueError("wrong shape") from None
    share = grad / (x_shape[1] * x_shape[2])
    return np.ones(x_shape, grad.dtype) * share[:, None, None, :]


# --- not NumPy only ------------------------------------------------------------------------------


def by_tape(grad, x_shape):
    """TensorFlow can differentiate anything.

    Loses: all
    """
    import tensorflow as tf

    fits(grad, x_shape)
    x = tf.zeros(x_shape, grad.dtype)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_mean(x, axis=(1, 2))
    return tape.gradient(y, x, output_gradients=tf.constant(grad)).numpy()
