"""Answers to `lp_pool2d`."""


def _cells(x, pool_size, strides):
    """The absolute values under each window, in one axis."""
    window, stride = checked(x, pool_size, strides, "valid", 2)
    return np.abs(gathered(x, window, stride, "valid", 0))


def _norm(cells, p):
    """The right answer, for what is wrong in other respects."""
    largest = cells.max(axis=-1)
    scale = np.where(largest > 0, largest, np.ones_like(largest))
    if p == np.inf:
        return largest
    return scale * ((cells / scale[..., None]) ** p).sum(axis=-1) ** (1 / p)


# --- right ---------------------------------------------------------------------------------------


def divides_by_the_largest(x, p, pool_size, strides=None):
    """Each window is divided by its largest number.

    Loses: nothing
    """
    cells = _cells(x, pool_size, strides)
    largest = cells.max(axis=-1)
    if np.isinf(p):
        return largest
    scale = largest.copy()
    scale[scale == 0] = 1
    total = np.zeros_like(largest)
    for k in range(cells.shape[-1]):
        total += (cells[..., k] / scale) ** p
    return scale * total ** (1 / p)


def loops(x, p, pool_size, strides=None):
    """Loops over all windows, with NumPy's own norm of what was divided.

    Loses: nothing
    """
    (kh, kw), (sh, sw) = checked(x, pool_size, strides, "valid", 2)
    rows, columns = (x.shape[1] - kh) // sh + 1, (x.shape[2] - kw) // sw + 1
    out = np.empty((len(x), rows, columns, x.shape[3]), x.dtype)
    for n, i, j, c in np.ndindex(*out.shape):
        part = x[n, i * sh : i * sh + kh, j * sw : j * sw + kw, c].ravel()
        largest = np.abs(part).max()
        out[n, i, j, c] = largest * np.linalg.norm(part / largest, p) if largest else 0
    return out


def logarithms(x, p, pool_size, strides=None):
    """log-sum-exp: sums powers as logarithms.

    Loses: nothing
    """
    cells = _cells(x, pool_size, strides)
    if p == np.inf:
        return cells.max(axis=-1)
    with np.errstate(divide="ignore"):
        logs = p * np.log(cells.astype("float64"))
    return np.exp(np.logaddexp.reduce(logs, axis=-1) / p).astype(x.dtype)


def one_scale_for_all(x, p, pool_size, strides=None):
    """Divides the whole input by its largest number, in float64.

    Loses: nothing
    """
    cells = _cells(x, pool_size, strides).astype("float64")
    scale = cells.max() or 1.0
    if p == np.inf:
        return cells.max(axis=-1).astype(x.dtype)
    powers = np.einsum("...k->...", (cells / scale) ** p)
    return (scale * powers ** (1 / p)).astype(x.dtype)


# --- wrong ---------------------------------------------------------------------------------------


def mean_instead_of_sum(x, p, pool_size, strides=None):
    """Some authors take the mean; then p = 1 is the average.

    Loses: all but lp-infinity
    """
    cells = _cells(x, pool_size, strides)
    if p == np.inf:
        return cells.max(axis=-1)
    return _norm(cells, p) / np.asarray(cells.shape[-1] ** (1 / p), x.dtype)


def no_absolute_value(x, p, pool_size, strides=None):
    """A square needs no absolute value.

    Loses: lp-signs, lp-infinity, lp-large
    """
    window, stride = checked(x, pool_size, strides, "valid", 2)
    cells = gathered(x, window, stride, "valid", 0)
    largest = cells.max(axis=-1)
    if p == np.inf:
        return largest
    scale = np.where(largest != 0, largest, np.ones_like(largest))
    return scale * ((cells / scale[..., None]) ** p).sum(axis=-1) ** (1 / p)


def absolute_value_of_the_sum(x, p, pool_size, strides=None):
    """The absolute value is taken, but of the sum.

    Loses: lp-signs, lp-infinity
    """
    window, stride = checked(x, pool_size, strides, "valid", 2)
    cells = gathered(x, window, stride, "valid", 0)
    if p == np.inf:
        return np.abs(cells.max(axis=-1))
    largest = np.abs(cells).max(axis=-1)
    scale = np.where(largest > 0, largest, np.ones_like(largest))
    return scale * np.abs(((cells / scale[..., None]) ** p).sum(axis=-1)) ** (1 / p)


def relu_first(x, p, pool_size, strides=None):
    """After a ReLU there are no negative numbers.

    Loses: lp-signs, lp-infinity, lp-large
    """
    window, stride = checked(x, pool_size, strides, "valid", 2)
    return _norm(np.maximum(gathered(x, window, stride, "valid", 0), 0), p)


def overflows(x, p, pool_size, strides=None):
    """The formula as it stands.

    Loses: lp-large
    """
    cells = _cells(x, pool_size, strides)
    if p == np.inf:
        return cells.max(axis=-1)
    return (cells**p).sum(axis=-1) ** (1 / p)


def overflows_in_float64(x, p, pool_size, strides=None):
    """float64 has room enough.

    Loses: lp-large
    """
    cells = _cells(x, pool_size, strides).astype("float64")
    if p == np.inf:
        return cells.max(axis=-1).astype(x.dtype)
    return ((cells**p).sum(axis=-1) ** (1 / p)).astype(x.dtype)


def divides_by_zero(x, p, pool_size, strides=None):
    """Divides by the largest number, also where that is zero.

    Loses: lp-large
    """
    cells = _cells(x, pool_size, strides)
    largest = cells.max(axis=-1)
    return largest * ((cells / largest[..., None]) ** p).sum(axis=-1) ** (1 / p)


def adds_a_little(x, p, pool_size, strides=None):
    """A small number keeps the division from failing; multiplied back, it does no harm. Or does it?

    Loses: lp-infinity, lp-large
    """
    cells = _cells(x, pool_size, strides)
    largest = cells.max(axis=-1) + np.asarray(0.001, x.dtype)
    if p == np.inf:
        return largest
    return largest * ((cells / largest[..., None]) ** p).sum(axis=-1) ** (1 / p)


def clips_the_powers(x, p, pool_size, strides=None):
    """What is too large is made the largest number there is.

    Loses: lp-large
    """
    cells = _cells(x, pool_size, strides)
    if p == np.inf:
        return cells.max(axis=-1)
    total = np.minimum((cells**p).sum(axis=-1), np.finfo(x.dtype).max)
    return total ** (1 / p)


def no_infinity(x, p, pool_size, strides=None):
    """For p = inf the formula gives what it gives.

    Loses: lp-infinity, lp-large
    """
    cells = _cells(x, pool_size, strides)
    if p == np.inf:
        return (cells**p).sum(axis=-1) ** (1 / p)
    return _norm(cells, p)


def refuses_infinity(x, p, pool_size, strides=None):
    """Infinity is no number.

    Loses: lp-infinity, lp-large
    """
    if p == np.inf:
        raise ValueError("p must be finite")
    return _norm(_cells(x, pool_size, strides), p)


def large_p_is_infinity(x, p, pool_size, strides=None):
    """From 10 on there is no difference.

    Loses: lp-large
    """
    cells = _cells(x, pool_size, strides)
    return cells.max(axis=-1) if p >= 10 else _norm(cells, p)


def always_two(x, p, pool_size, strides=None):
    """L2 pooling is Lp pooling.

    Loses: lp-sum, lp-signs, lp-infinity, lp-large
    """
    return _norm(_cells(x, pool_size, strides), 2)


def whole_p(x, p, pool_size, strides=None):
    """p is an integer.

    Loses: lp-sum, lp-signs
    """
    return _norm(_cells(x, pool_size, strides), p if p == np.inf else int(p))


def forgets_the_root(x, p, pool_size, strides=None):
    """The sum of the powers.

    Loses: all but lp-infinity
    """
    cells = _cells(x, pool_size, strides)
    return cells.max(axis=-1) if p == np.inf else (cells**p).sum(axis=-1)


def square_root(x, p, pool_size, strides=None):
    """The root is a square root.

    Loses: lp-sum, lp-signs, lp-large
    """
    cells = _cells(x, pool_size, strides)
    return cells.max(axis=-1) if p == np.inf else np.sqrt((cells**p).sum(axis=-1))


def integer_root(x, p, pool_size, strides=None):
    """1 // p is zero.

    Loses: all but lp-infinity
    """
    cells = _cells(x, pool_size, strides)
    return cells.max(axis=-1) if p == np.inf else (cells**p).sum(axis=-1) ** (1 // p)


def maximum(x, p, pool_size, strides=None):
    """Max pooling, whatever p is.

    Loses: all but lp-infinity
    """
    return _cells(x, pool_size, strides).max(axis=-1)


def ignores_strides(x, p, pool_size, strides=None):
    """The stride is the window.

    Loses: lp-stride, lp-large
    """
    checked(x, pool_size, strides, "valid", 2)
    return _norm(_cells(x, pool_size, None), p)


def stride_one_by_default(x, p, pool_size, strides=None):
    """A convolution's default stride is 1.

    Loses: all
    """
    return _norm(_cells(x, pool_size, 1 if strides is None else strides), p)


def swaps_strides(x, p, pool_size, strides=None):
    """(across, down).

    Loses: lp-stride
    """
    if isinstance(strides, tuple):
        strides = strides[::-1]
    return _norm(_cells(x, pool_size, strides), p)


def one_number_for_both(x, p, pool_size, strides=None):
    """Takes the first number of the window.

    Loses: lp-stride
    """
    (kh, kw), stride = checked(x, pool_size, strides, "valid", 2)
    return _norm(np.abs(gathered(x, (kh, kh), stride, "valid", 0)), p)


def norm_of_all_channels(x, p, pool_size, strides=None):
    """The norm of everything under the window, all channels together.

    Loses: lp-channels
    """
    cells = _cells(x, pool_size, strides)
    together = np.moveaxis(cells, 3, -1).reshape(*cells.shape[:3], -1)
    out = _norm(together, p)[..., None]
    return np.repeat(out, x.shape[3], axis=3)


def only_the_first_example(x, p, pool_size, strides=None):
    """One picture at a time.

    Loses: lp-channels
    """
    return _norm(_cells(x[:1], pool_size, strides) if x.ndim == 4 else rank(x, 4), p)


def always_float64(x, p, pool_size, strides=None):
    """Powers are computed in float64, and stay there.

    Loses: lp-dtype
    """
    return _norm(_cells(x, pool_size, strides).astype("float64"), p)


def through_float32(x, p, pool_size, strides=None):
    """Computes in float32 and gives the dtype back in the end.

    Loses: lp-dtype, lp-large
    """
    return _norm(_cells(x.astype("float32"), pool_size, strides), p).astype(x.dtype)


def overwrites_its_input(x, p, pool_size, strides=None):
    """Takes the absolute values in place.

    Loses: lp-dtype
    """
    checked(x, pool_size, strides, "valid", 2)
    np.abs(x, out=x)
    return _norm(_cells(x, pool_size, strides), p)


def checks_nothing(x, p, pool_size, strides=None):
    """Nobody will call it with nonsense.

    Loses: lp-errors
    """
    window = pool_size if isinstance(pool_size, tuple) else (pool_size, pool_size)
    stride = window if strides is None else strides
    stride = stride if isinstance(stride, tuple) else (stride, stride)
    return _norm(np.abs(gathered(x, window, stride, "valid", 0)), p)


def by_scipy(x, p, pool_size, strides=None):
    """A filter of SciPy's sums the powers.

    Loses: all
    """
    from scipy.ndimage import uniform_filter

    cells = _cells(x, pool_size, strides)
    uniform_filter(x)
    return _norm(cells, p)
