"""Answers to `max_pool2d_backward`."""


def _routed(grad, x, kh, kw, sh, sw, padding, chosen=winners):
    """The right result, for answers that go wrong elsewhere; `chosen` says who wins."""
    result = np.zeros(x.shape, grad.dtype)
    for i, j, rows, columns in boxes(x.shape, kh, kw, sh, sw, padding):
        share = chosen(x[:, rows, columns]).astype(grad.dtype)
        result[:, rows, columns] += share * grad[:, i : i + 1, j : j + 1]
    return result


def _placed(grad, x, kh, kw, tops, lefts):
    """The first maximum of windows that begin at `tops` and `lefts`."""
    result = np.zeros(x.shape, grad.dtype)
    for i, r in enumerate(tops):
        for j, c in enumerate(lefts):
            rows, columns = (
                slice(max(r, 0), max(r + kh, 0)),
                slice(max(c, 0), max(c + kw, 0)),
            )
            cells = x[:, rows, columns]
            if cells.size:
                result[:, rows, columns] += winners(cells) * grad[:, i : i + 1, j : j + 1]
    return result


# --- right ---------------------------------------------------------------------------------------


def loops(grad, x, pool_size, strides=None, padding="valid"):
    """Every window of every map: the largest so far, and where it was.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(grad, x.shape, pool_size, strides, padding)
    result = np.zeros(x.shape, grad.dtype)
    for n in range(x.shape[0]):
        for c in range(x.shape[3]):
            for i, top in enumerate(starts(x.shape[1], kh, sh, padding)):
                for j, left in enumerate(starts(x.shape[2], kw, sw, padding)):
                    best = None
                    for a in range(max(top, 0), min(top + kh, x.shape[1])):
                        for b in range(max(left, 0), min(left + kw, x.shape[2])):
                            if best is None or x[n, a, b, c] > x[(n, *best, c)]:
                                best = (a, b)
                    result[(n, *best, c)] += grad[n, i, j, c]
    return result


def argmax_of_slices(grad, x, pool_size, strides=None, padding="valid"):
    """argmax of each window, and np.unravel_index.

    Loses: nothing
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    result = np.zeros_like(x, dtype=grad.dtype)
    for i, j, rows, columns in boxes(x.shape, *window, padding):
        for n in range(x.shape[0]):
            for c in range(x.shape[3]):
                cells = x[n, rows, columns, c]
                a, b = np.unravel_index(cells.argmax(), cells.shape)
                result[n, rows.start + a, columns.start + b, c] += grad[n, i, j, c]
    return result


def all_windows_at_once(grad, x, pool_size, strides=None, padding="valid"):
    """A view of all windows, one argmax, and np.add.at on the padded input.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(grad, x.shape, pool_size, strides, padding)
    n, h, w, c = x.shape
    top, left = before(h, kh, sh, padding), before(w, kw, sw, padding)
    rows, columns = grad.shape[1:3]
    height, width = max((rows - 1) * sh + kh, top + h), max((columns - 1) * sw + kw, left + w)
    padded = np.full((n, height, width, c), -np.inf)
    padded[:, top : top + h, left : left + w] = x
    cells = np.lib.stride_tricks.sliding_window_view(padded, (kh, kw), axis=(1, 2))
    cells = cells[:, ::sh, ::sw][:, :rows, :columns]
    best = cells.reshape(*cells.shape[:4], kh * kw).argmax(axis=-1)
    b, i, j, k = np.indices(grad.shape)
    out = np.zeros(padded.shape, grad.dtype)
    np.add.at(out, (b, i * sh + best // kw, j * sw + best % kw, k), grad)
    return out[:, top : top + h, left : left + w].copy()


def offsets(grad, x, pool_size, strides=None, padding="valid"):
    """A loop over the window's cells in reading order; whoever equals the maximum first takes it.

    Loses: nothing
    """
    kh, kw, sh, sw = checked(grad, x.shape, pool_size, strides, padding)
    n, h, w, c = x.shape
    top, left = before(h, kh, sh, padding), before(w, kw, sw, padding)
    rows, columns = grad.shape[1:3]
    height, width = max((rows - 1) * sh + kh, top + h), max((columns - 1) * sw + kw, left + w)
    padded = np.full((n, height, width, c), -np.inf)
    padded[:, top : top + h, left : left + w] = x

    def at(array, a, b):
        return array[:, a : a + rows * sh : sh, b : b + columns * sw : sw][:, :rows, :columns]

    places = [(a, b) for a in range(kh) for b in range(kw)]
    most = np.maximum.reduce([at(padded, a, b) for a, b in places])
    free = np.ones(grad.shape, bool)
    out = np.zeros(padded.shape, grad.dtype)
    for a, b in places:
        wins = free & (at(padded, a, b) == most)
        at(out, a, b)[...] += wins * grad
        free &= ~wins
    return out[:, top : top + h, left : left + w].copy()


def counted(grad, x, pool_size, strides=None, padding="valid"):
    """The flat index of each winner, and np.bincount with weights.

    Loses: nothing
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    flat = np.arange(x.size).reshape(x.shape)
    places, weights = [], []
    for i, j, rows, columns in boxes(x.shape, *window, padding):
        cells, index = x[:, rows, columns], flat[:, rows, columns]
        n, h, w, c = cells.shape
        best = cells.reshape(n, h * w, c).argmax(axis=1)[:, None]
        places.append(np.take_along_axis(index.reshape(n, h * w, c), best, axis=1).ravel())
        weights.append(grad[:, i, j].ravel())
    sums = np.bincount(np.concatenate(places), np.concatenate(weights), x.size)
    return sums.reshape(x.shape).astype(grad.dtype)


# --- wrong: ties ---------------------------------------------------------------------------------


def ties_to_all(grad, x, pool_size, strides=None, padding="valid"):
    """Every cell that equals the maximum gets all of the gradient.

    Loses: max-ties
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    return _routed(grad, x, *window, padding, lambda v: v == v.max(axis=(1, 2), keepdims=True))


def ties_shared(grad, x, pool_size, strides=None, padding="valid"):
    """The cells that equal the maximum share the gradient, as in global pooling.

    Loses: max-ties
    """
    window = checked(grad, x.shape, pool_size, strides, padding)

    def shares(cells):
        tied = cells == cells.max(axis=(1, 2), keepdims=True)
        return tied / tied.sum(axis=(1, 2), keepdims=True)

    return _routed(grad, x, *window, padding, shares)


def ties_to_the_last(grad, x, pool_size, strides=None, padding="valid"):
    """>= for > in the search of the maximum.

    Loses: max-ties
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    return _routed(grad, x, *window, padding, lambda v: winners(v[:, ::-1, ::-1])[:, ::-1, ::-1])


def ties_column_by_column(grad, x, pool_size, strides=None, padding="valid"):
    """The first maximum, going down before going right.

    Loses: max-ties
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    return _routed(grad, x, *window, padding, lambda v: winners(v.swapaxes(1, 2)).swapaxes(1, 2))


def first_row_and_first_column(grad, x, pool_size, strides=None, padding="valid"):
    """The first row that has the maximum, and the first column that has it.

    Loses: max-ties
    """
    window = checked(grad, x.shape, pool_size, strides, padding)

    def crossing(cells):
        row = cells.max(axis=2).argmax(axis=1)[:, None, None, :]
        column = cells.max(axis=1).argmax(axis=1)[:, None, None, :]
        h, w = cells.shape[1:3]
        return (np.arange(h)[:, None, None] == row) & (np.arange(w)[:, None] == column)

    return _routed(grad, x, *window, padding, crossing)


def nearly_equal_is_equal(grad, x, pool_size, strides=None, padding="valid"):
    """np.isclose finds the maximum, and the first such cell in every row.

    Loses: max-ties
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    return _routed(
        grad, x, *window, padding, lambda v: np.isclose(v, v.max(axis=(1, 2), keepdims=True))
    )


# --- wrong: overlaps -----------------------------------------------------------------------------


def overwrites(grad, x, pool_size, strides=None, padding="valid"):
    """= for +=, at the winner.

    Loses: max-overlap, max-same-overlap
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    result = np.zeros(x.shape, grad.dtype)
    for i, j, rows, columns in boxes(x.shape, *window, padding):
        wins = winners(x[:, rows, columns])
        cells = result[:, rows, columns]
        cells[wins] = np.broadcast_to(grad[:, i : i + 1, j : j + 1], cells.shape)[wins]
    return result


def overwrites_the_window(grad, x, pool_size, strides=None, padding="valid"):
    """= for +=, for the whole window.

    Loses: max-overlap, max-same-overlap
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    result = np.zeros(x.shape, grad.dtype)
    for i, j, rows, columns in boxes(x.shape, *window, padding):
        wins = winners(x[:, rows, columns])
        result[:, rows, columns] = wins * grad[:, i : i + 1, j : j + 1]
    return result


def fancy_plus_equals(grad, x, pool_size, strides=None, padding="valid"):
    """+= with index arrays, which adds only once where an index stands twice.

    Loses: max-overlap, max-same-overlap
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    flat = np.arange(x.size).reshape(x.shape)
    places, weights = [], []
    for i, j, rows, columns in boxes(x.shape, *window, padding):
        wins = winners(x[:, rows, columns])
        places.append(flat[:, rows, columns][wins])
        weights.append(np.broadcast_to(grad[:, i : i + 1, j : j + 1], wins.shape)[wins])
    result = np.zeros(x.size, grad.dtype)
    result[np.concatenate(places)] += np.concatenate(weights)
    return result.reshape(x.shape)


def wins_only_once(grad, x, pool_size, strides=None, padding="valid"):
    """A cell that has won does not compete again.

    Loses: max-overlap, max-same-overlap
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    x = x.astype("float64")
    result = np.zeros(x.shape, grad.dtype)
    for i, j, rows, columns in boxes(x.shape, *window, padding):
        wins = winners(x[:, rows, columns])
        result[:, rows, columns] += wins * grad[:, i : i + 1, j : j + 1]
        x[:, rows, columns][wins] = -np.inf
    return result


def repeats_and_compares(grad, x, pool_size, strides=None, padding="valid"):
    """Blows the maxima and the gradient up to the input's size and compares: for stride = window.

    Loses: max-stride, max-overlap, max-same, max-same-overlap, max-negative, max-ties
    """
    kh, kw, sh, sw = checked(grad, x.shape, pool_size, strides, padding)
    n, h, w, c = x.shape
    rows, columns = h // kh, w // kw
    cells = x[:, : rows * kh, : columns * kw]
    top = cells.reshape(n, rows, kh, columns, kw, c).max(axis=(2, 4))

    def large(values):
        return values.repeat(kh, axis=1).repeat(kw, axis=2)

    result = np.zeros(x.shape, grad.dtype)
    result[:, : rows * kh, : columns * kw] = (cells == large(top)) * large(grad[:, :rows, :columns])
    return result


# --- wrong: padding ------------------------------------------------------------------------------


def pads_with_zeros(grad, x, pool_size, strides=None, padding="valid"):
    """np.pad surrounds the input with zeros, and they may win.

    Loses: max-negative
    """
    kh, kw, sh, sw = checked(grad, x.shape, pool_size, strides, padding)
    n, h, w, c = x.shape
    top, left = before(h, kh, sh, padding), before(w, kw, sw, padding)
    bottom = max((grad.shape[1] - 1) * sh + kh - top - h, 0)
    right = max((grad.shape[2] - 1) * sw + kw - left - w, 0)
    padded = np.pad(x, [(0, 0), (top, bottom), (left, right), (0, 0)])
    result = _routed(
        grad[:, : (padded.shape[1] - kh) // sh + 1, : (padded.shape[2] - kw) // sw + 1],
        padded,
        kh,
        kw,
        sh,
        sw,
        "valid",
    )
    return result[:, top : top + h, left : left + w].copy()


def starts_at_zero(grad, x, pool_size, strides=None, padding="valid"):
    """The largest so far is zero to begin with: a window of negative numbers has no winner.

    Loses: max-negative, max-ties
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    return _routed(grad, x, *window, padding, lambda v: winners(v) & (v > 0))


def windows_of_valid(grad, x, pool_size, strides=None, padding="valid"):
    """Window i starts at i * stride, whatever the padding.

    Loses: max-same, max-same-overlap, max-negative
    """
    kh, kw, sh, sw = checked(grad, x.shape, pool_size, strides, padding)
    tops, lefts = [i * sh for i in range(grad.shape[1])], [j * sw for j in range(grad.shape[2])]
    return _placed(grad, x, kh, kw, tops, lefts)


def odd_cell_first(grad, x, pool_size, strides=None, padding="valid"):
    """Rounds the padding before the input up.

    Loses: max-same, max-same-overlap, max-negative
    """
    kh, kw, sh, sw = checked(grad, x.shape, pool_size, strides, padding)

    def first(size, window, stride):
        if padding == "valid":
            return starts(size, window, stride, padding)
        places = count(size, window, stride, padding)
        total = max((places - 1) * stride + window - size, 0)
        return [i * stride - (total + 1) // 2 for i in range(places)]

    return _placed(grad, x, kh, kw, first(x.shape[1], kh, sh), first(x.shape[2], kw, sw))


def half_a_window(grad, x, pool_size, strides=None, padding="valid"):
    """Half a window of padding, as for a convolution.

    Loses: max-same, max-same-overlap, max-negative
    """
    kh, kw, sh, sw = checked(grad, x.shape, pool_size, strides, padding)
    top, left = (kh // 2, kw // 2) if padding == "same" else (0, 0)
    tops = [i * sh - top for i in range(grad.shape[1])]
    lefts = [j * sw - left for j in range(grad.shape[2])]
    return _placed(grad, x, kh, kw, tops, lefts)


def padding_for_windows_side_by_side(grad, x, pool_size, strides=None, padding="valid"):
    """-size % window cells of padding: right where the stride is the window.

    Loses: max-same, max-same-overlap
    """
    kh, kw, sh, sw = checked(grad, x.shape, pool_size, strides, padding)
    top, left = (-x.shape[1] % kh // 2, -x.shape[2] % kw // 2) if padding == "same" else (0, 0)
    tops = [i * sh - top for i in range(grad.shape[1])]
    lefts = [j * sw - left for j in range(grad.shape[2])]
    return _placed(grad, x, kh, kw, tops, lefts)


# --- wrong: strides and shapes -------------------------------------------------------------------


def ignores_strides(grad, x, pool_size, strides=None, padding="valid"):
    """The stride is the window.

    Loses: max-stride, max-overlap, max-same, max-same-overlap
    """
    kh, kw, sh, sw = checked(grad, x.shape, pool_size, strides, padding)
    top, left = before(x.shape[1], kh, sh, padding), before(x.shape[2], kw, sw, padding)
    tops = [i * kh - top for i in range(grad.shape[1])]
    lefts = [j * kw - left for j in range(grad.shape[2])]
    return _placed(grad, x, kh, kw, tops, lefts)


def splits_into_blocks(grad, x, pool_size, strides=None, padding="valid"):
    """Side by side, np.array_split makes as many blocks as there are outputs: right without a rest.

    Loses: max-valid, max-channels, max-rectangular, max-negative, max-ties
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    if strides is not None or padding == "same":
        return _routed(grad, x, *window, padding)
    result = np.zeros(x.shape, grad.dtype)
    for i, rows in enumerate(np.array_split(np.arange(x.shape[1]), grad.shape[1])):
        for j, columns in enumerate(np.array_split(np.arange(x.shape[2]), grad.shape[2])):
            block = slice(None), slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
            result[block] = winners(x[block]) * grad[:, i : i + 1, j : j + 1]
    return result


def stride_one(grad, x, pool_size, strides=None, padding="valid"):
    """Output i starts at cell i.

    Loses: all
    """
    kh, kw, sh, sw = checked(grad, x.shape, pool_size, strides, padding)
    top, left = before(x.shape[1], kh, sh, padding), before(x.shape[2], kw, sw, padding)
    tops, lefts = [i - top for i in range(grad.shape[1])], [j - left for j in range(grad.shape[2])]
    return _placed(grad, x, kh, kw, tops, lefts)


def swaps_strides(grad, x, pool_size, strides=None, padding="valid"):
    """(x, y), as in a plot. With strides=None the pair is the window's, which is right.

    Loses: max-stride, max-overlap
    """
    kh, kw, sh, sw = checked(grad, x.shape, pool_size, strides, padding)
    if strides is not None:
        sh, sw = sw, sh
    top, left = before(x.shape[1], kh, sh, padding), before(x.shape[2], kw, sw, padding)
    tops = [i * sh - top for i in range(grad.shape[1])]
    lefts = [j * sw - left for j in range(grad.shape[2])]
    return _placed(grad, x, kh, kw, tops, lefts)


def swaps_window(grad, x, pool_size, strides=None, padding="valid"):
    """(width, height), as for a screen.

    Loses: max-rectangular
    """
    kh, kw, sh, sw = checked(grad, x.shape, pool_size, strides, padding)
    top, left = before(x.shape[1], kh, sh, padding), before(x.shape[2], kw, sw, padding)
    tops = [i * sh - top for i in range(grad.shape[1])]
    lefts = [j * sw - left for j in range(grad.shape[2])]
    return _placed(grad, x, kw, kh, tops, lefts)


def divides_the_index_by_the_height(grad, x, pool_size, strides=None, padding="valid"):
    """divmod by the height in place of the width; right for square windows.

    Loses: max-rectangular, max-same, max-same-overlap, max-negative
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    result = np.zeros(x.shape, grad.dtype)
    for i, j, rows, columns in boxes(x.shape, *window, padding):
        n, h, w, c = x[:, rows, columns].shape
        best = x[:, rows, columns].reshape(n, h * w, c).argmax(axis=1)
        for b in range(n):
            for k in range(c):
                row, column = divmod(best[b, k], h)
                row, column = min(row, h - 1), min(column, w - 1)
                result[b, rows.start + row, columns.start + column, k] += grad[b, i, j, k]
    return result


def only_square_outputs(grad, x, pool_size, strides=None, padding="valid"):
    """As many windows across as down.

    Loses: max-rectangular, max-stride, max-overlap
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    square = np.zeros_like(grad)
    square[:, :, : grad.shape[1]] = grad[:, :, : grad.shape[1]]
    return _routed(square, x, *window, padding)


def swaps_axes(grad, x, pool_size, strides=None, padding="valid"):
    """Rows go to the right and columns down.

    Loses: all
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    return _routed(grad, x, *window, padding).swapaxes(1, 2).copy()


def leaves_out_the_last_window(grad, x, pool_size, strides=None, padding="valid"):
    """range(n - 1).

    Loses: all
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    short = grad.copy()
    short[:, -1], short[:, :, -1] = 0, 0
    return _routed(short, x, *window, padding)


# --- wrong: values -------------------------------------------------------------------------------


def all_in_the_corner(grad, x, pool_size, strides=None, padding="valid"):
    """The whole gradient goes to the window's first cell; the sum is right.

    Loses: all
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    result = np.zeros(x.shape, grad.dtype)
    for i, j, rows, columns in boxes(x.shape, *window, padding):
        result[:, rows.start, columns.start] += grad[:, i, j]
    return result


def equal_shares(grad, x, pool_size, strides=None, padding="valid"):
    """The gradient of the average.

    Loses: all
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    return _routed(
        grad, x, *window, padding, lambda v: np.ones(v.shape) / (v.shape[1] * v.shape[2])
    )


def the_smallest(grad, x, pool_size, strides=None, padding="valid"):
    """argmin for argmax.

    Loses: all
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    return _routed(grad, -x, *window, padding)


def times_the_value(grad, x, pool_size, strides=None, padding="valid"):
    """The gradient times the maximum.

    Loses: all
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    return (_routed(grad, x, *window, padding) * x).astype(grad.dtype)


def the_maximum_itself(grad, x, pool_size, strides=None, padding="valid"):
    """Writes the maximum where it was: that is unpooling.

    Loses: all
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    return (x * (_routed(np.ones_like(grad), x, *window, padding) > 0)).astype(grad.dtype)


def only_the_mask(grad, x, pool_size, strides=None, padding="valid"):
    """The derivative is one at the maximum; the chain rule is forgotten.

    Loses: all
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    return _routed(np.ones_like(grad), x, *window, padding)


def only_zeros(grad, x, pool_size, strides=None, padding="valid"):
    """The shape is right; the loop that fills it is still to come.

    Loses: all
    """
    checked(grad, x.shape, pool_size, strides, padding)
    return np.zeros(x.shape, grad.dtype)


def only_positive_gradients(grad, x, pool_size, strides=None, padding="valid"):
    """Like a ReLU: negative gradients stop here.

    Loses: all but max-dtype, max-pure, max-errors
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    return _routed(np.maximum(grad, 0), x, *window, padding)


# --- wrong: channels and examples ----------------------------------------------------------------


def maximum_over_channels(grad, x, pool_size, strides=None, padding="valid"):
    """The cell that is largest in all channels together wins for each of them.

    Loses: max-channels
    """
    window = checked(grad, x.shape, pool_size, strides, padding)

    def together(cells):
        return np.ones(cells.shape) * winners(cells.max(axis=3, keepdims=True))

    return _routed(grad, x, *window, padding, together)


def winners_of_the_first_example(grad, x, pool_size, strides=None, padding="valid"):
    """Looks for the maxima in x[0] only.

    Loses: max-channels
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    return _routed(grad, x, *window, padding, lambda v: np.ones(v.shape) * winners(v[:1]))


def only_the_first_channel(grad, x, pool_size, strides=None, padding="valid"):
    """The digits are grey.

    Loses: max-channels
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    result = np.zeros(x.shape, grad.dtype)
    result[..., 0] = _routed(grad, x, *window, padding)[..., 0]
    return result


def summed_over_the_batch(grad, x, pool_size, strides=None, padding="valid"):
    """Gradients add up, those of the examples too, as for a kernel.

    Loses: max-channels
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    result = _routed(grad, x, *window, padding)
    return np.ones_like(result) * result.sum(axis=0)


def memory_order(grad, x, pool_size, strides=None, padding="valid"):
    """ravel(order="K") and back: right for arrays that lie in memory as they are written.

    Loses: max-channels
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    x = x.ravel(order="K").reshape(x.shape)
    grad = grad.ravel(order="K").reshape(grad.shape)
    return _routed(grad, x, *window, padding)


# --- wrong: dtype, input, errors -----------------------------------------------------------------


def dtype_of_x(grad, x, pool_size, strides=None, padding="valid"):
    """np.zeros_like(x).

    Loses: max-dtype
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    return _routed(grad, x, *window, padding).astype(x.dtype)


def always_float64(grad, x, pool_size, strides=None, padding="valid"):
    """np.zeros without a dtype.

    Loses: max-dtype
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    return _routed(grad.astype("float64"), x, *window, padding)


def through_float32(grad, x, pool_size, strides=None, padding="valid"):
    """Works in float32, and casts what comes out.

    Loses: max-dtype
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    return _routed(grad.astype("float32"), x, *window, padding).astype(grad.dtype)


def marks_its_input(grad, x, pool_size, strides=None, padding="valid"):
    """Notes in x which cell has won.

    Loses: max-pure
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    result = _routed(grad, x, *window, padding)
    x[result != 0] = 0
    return result


def uses_grad_up(grad, x, pool_size, strides=None, padding="valid"):
    """What has been passed on is taken from grad.

    Loses: max-pure
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    result = _routed(grad, x, *window, padding)
    grad -= grad
    return result


def returns_grad(grad, x, pool_size, strides=None, padding="valid"):
    """A window of one cell changes nothing, so there is nothing to do.

    Loses: max-pure
    """
    window = checked(grad, x.shape, pool_size, strides, padding)
    if window == (1, 1, 1, 1):
        return grad
    return _routed(grad, x, *window, padding)


def checks_nothing(grad, x, pool_size, strides=None, padding="valid"):
    """Nobody will call it with nonsense.

    Loses: max-errors
    """
    window = pool_size if isinstance(pool_size, tuple) else (pool_size, pool_size)
    stride = pool_size if strides is None else strides
    stride = stride if isinstance(stride, tuple) else (stride, stride)
    return _routed(grad, x, *window, *stride, padding)


def accepts_any_padding(grad, x, pool_size, strides=None, padding="valid"):
    """What is not "same" is "valid".

    Loses: max-errors
    """
    padding = padding if padding == "same" else "valid"
    window = checked(grad, x.shape, pool_size, strides, padding)
    return _routed(grad, x, *window, padding)


def accepts_larger_grad(grad, x, pool_size, strides=None, padding="valid"):
    """Takes of grad what it needs.

    Loses: max-errors
    """
    kh, kw = pair("pool_size", pool_size)
    sh, sw = (kh, kw) if strides is None else pair("strides", strides)
    if grad.ndim == 4 and x.ndim == 4 and kh <= x.shape[1] and kw <= x.shape[2]:
        rows, columns = (
            count(n, k, s, padding) for n, k, s in zip(x.shape[1:3], (kh, kw), (sh, sw))
        )
        grad = grad[: x.shape[0], :rows, :columns, : x.shape[3]]
    window = checked(grad, x.shape, pool_size, strides, padding)
    return _routed(grad, x, *window, padding)


def nameless_error(grad, x, pool_size, strides=None, padding="valid"):
    """An error is an error; what it says is for nobody.

    Loses: max-errors
    """
    try:
        window = checked(grad, x.shape, pool_size, strides, padding)
    except ValueError:
        raise ValueError("wrong argument") from None
    return _routed(grad, x, *window, padding)


def wrong_kind_of_error(grad, x, pool_size, strides=None, padding="valid"):
    """A TypeError for whatever is wrong.

    Loses: max-errors
    """
    try:
        window = checked(grad, x.shape, pool_size, strides, padding)
    except ValueError as error:
        raise TypeError(str(error)) from None
    return _routed(grad, x, *window, padding)


# --- not NumPy only ------------------------------------------------------------------------------


def by_tape(grad, x, pool_size, strides=None, padding="valid"):
    """TensorFlow can differentiate anything.

    Loses: all
    """
    import tensorflow as tf

    kh, kw, sh, sw = checked(grad, x.shape, pool_size, strides, padding)
    cells = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(cells)
        y = tf.nn.max_pool2d(cells, (kh, kw), (sh, sw), padding.upper())
    return tape.gradient(y, cells, output_gradients=tf.constant(grad)).numpy()


def by_raw_ops_for_same(grad, x, pool_size, strides=None, padding="valid"):
    """Valid by hand; for "same" TensorFlow has to help out.

    Loses: all
    """
    import tensorflow as tf

    kh, kw, sh, sw = checked(grad, x.shape, pool_size, strides, padding)
    if padding == "valid":
        return _routed(grad, x, kh, kw, sh, sw, padding)
    options = {"ksize": [1, kh, kw, 1], "strides": [1, sh, sw, 1], "padding": "SAME"}
    pooled = tf.raw_ops.MaxPool(input=x, **options)
    return tf.raw_ops.MaxPoolGrad(orig_input=x, orig_output=pooled, grad=grad, **options).numpy()
