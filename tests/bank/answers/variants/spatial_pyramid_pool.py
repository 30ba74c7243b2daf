"""Answers to `spatial_pyramid_pool`."""


# --- right ---------------------------------------------------------------------------------------


def levels_joined(x, levels):
    """Each level is pooled and flattened, then all are joined.

    Loses: nothing
    """
    rank(x, 4)
    return np.concatenate([pooled(x, n, np.max).reshape(len(x), -1) for n in levels], axis=1)


def number_by_number(x, levels):
    """Appends the maxima of one box after the other.

    Loses: nothing
    """
    rank(x, 4)
    found = []
    for level in levels:
        for top, bottom in bins(x.shape[1], level):
            for left, right in bins(x.shape[2], level):
                found.append(x[:, top:bottom, left:right].max(axis=2).max(axis=1))
    return np.hstack(found)


def filled_in(x, levels):
    """Makes the row first and fills it.

    Loses: nothing
    """
    rank(x, 4)
    channels = x.shape[3]
    out = np.full((len(x), channels * sum(n * n for n in levels)), -np.inf, x.dtype)
    start = 0
    for level in levels:
        for _, _, cells in boxes(x, level):
            out[:, start : start + channels] = cells.max(axis=(1, 2))
            start += channels
    return out


# --- wrong ---------------------------------------------------------------------------------------


def _joined(x, levels, summary=np.max, axes=(0, 1, 2, 3)):
    rank(x, 4)
    flat = [pooled(x, n, summary).transpose(axes).reshape(len(x), -1) for n in levels]
    return np.concatenate(flat, axis=1)


def channel_row_column(x, levels):
    """(channel, row, column) order, as PyTorch flattens.

    Loses: pyramid-order, pyramid-levels
    """
    return _joined(x, levels, axes=(0, 3, 1, 2))


def column_row_channel(x, levels):
    """Column after column.

    Loses: all but pyramid-shape
    """
    return _joined(x, levels, axes=(0, 2, 1, 3))


def fortran_order(x, levels):
    """Flattens in Fortran's order.

    Loses: all but pyramid-shape
    """
    rank(x, 4)
    flat = [pooled(x, n, np.max).reshape(len(x), -1, order="F") for n in levels]
    return np.concatenate(flat, axis=1)


def channel_by_channel(x, levels):
    """All levels of the first channel, then all of the second.

    Loses: pyramid-order, pyramid-levels
    """
    rank(x, 4)
    parts = [_joined(x[..., c : c + 1], levels) for c in range(x.shape[3])]
    return np.concatenate(parts, axis=1)


def sorted_levels(x, levels):
    """From coarse to fine, whatever the order given.

    Loses: pyramid-levels
    """
    return _joined(x, sorted(levels))


def fine_to_coarse(x, levels):
    """The last level first.

    Loses: pyramid-levels
    """
    return _joined(x, levels[::-1])


def each_level_once(x, levels):
    """Levels are a set.

    Loses: pyramid-levels
    """
    return _joined(x, list(dict.fromkeys(levels)))


def only_the_first_level(x, levels):
    """`return` stands inside the loop.

    Loses: pyramid-shape, pyramid-levels
    """
    return _joined(x, levels[:1])


def averages(x, levels):
    """Average instead of maximum.

    Loses: all but pyramid-shape
    """
    return _joined(x, levels, np.mean)


def no_overlap(x, levels):
    """Each bin ends where the next one starts.

    Loses: pyramid-order, pyramid-levels
    """

    def divide(length, count):
        return [(i * length // count, (i + 1) * length // count) for i in range(count)]

    def largest(cells, axis):
        return cells.max(axis=axis) if cells.shape[1] and cells.shape[2] else 0

    flat = [by_bins(x, n, divide, largest).reshape(len(x), -1) for n in levels]
    return np.concatenate(flat, axis=1)


def windows_of_the_paper(x, levels):
    """Windows of ceil(L / n), every floor(L / n) cells: not always n of them.

    Loses: pyramid-shape, pyramid-order, pyramid-levels
    """

    def divide(length, count):
        stride, window = max(length // count, 1), -(-length // count)
        return [(i, i + window) for i in range(0, length - window + 1, stride)]

    flat = [by_bins(x, n, divide, np.max).reshape(len(x), -1) for n in levels]
    return np.concatenate(flat, axis=1)


def starts_at_zero(x, levels):
    """Looks for the largest number, starting with 0.

    Loses: pyramid-order
    """
    return np.maximum(_joined(x, levels), 0).astype(x.dtype)


def one_row_for_the_batch(x, levels):
    """Flattens the batch as well.

    Loses: all
    """
    return _joined(x, levels).ravel()


def levels_in_rows(x, levels):
    """Joins along the batch.

    Loses: pyramid-shape, pyramid-levels
    """
    rank(x, 4)
    flat = [pooled(x, n, np.max).reshape(len(x), -1) for n in levels]
    if len(flat) == 1:
        return flat[0]
    width = max(part.shape[1] for part in flat)
    return np.concatenate([np.resize(part, (len(x), width)) for part in flat])


def a_list_of_levels(x, levels):
    """Whoever wants a row can join them.

    Loses: all
    """
    rank(x, 4)
    return [pooled(x, n, np.max) for n in levels]


def only_square_inputs(x, levels):
    """Makes the bins of the height, and uses them for both axes.

    Loses: pyramid-order, pyramid-levels
    """
    rank(x, 4)
    side = min(x.shape[1:3])
    return _joined(x[:, :side, :side], levels)


def levels_are_cells(x, levels):
    """A level is the number of cells of a window.

    Loses: pyramid-shape, pyramid-order, pyramid-levels
    """
    rank(x, 4)
    flat = []
    for n in levels:
        sides = [max(size // n, 1) for size in x.shape[1:3]]
        flat.append(pooled(x, sides, np.max).reshape(len(x), -1))
    return np.concatenate(flat, axis=1)


def largest_of_all_channels(x, levels):
    """The largest number of each box, of all channels.

    Loses: pyramid-shape, pyramid-order, pyramid-levels
    """
    rank(x, 4)
    return _joined(x.max(axis=3, keepdims=True), levels)


def always_float64(x, levels):
    """An empty row of zeros is float64.

    Loses: pyramid-dtype
    """
    return _joined(x, levels).astype("float64")


def overwrites_its_input(x, levels):
    """A ReLU in place; the levels are pooled from what is left.

    Loses: pyramid-dtype
    """
    out = _joined(x, levels)
    np.negative(x, out=x)
    return out


def a_view(x, levels):
    """A level as fine as the map is the map.

    Loses: pyramid-dtype
    """
    rank(x, 4)
    if len(levels) == 1 and x.shape[1:3] == (levels[0], levels[0]):
        return x.reshape(len(x), -1)
    return _joined(x, levels)


def checks_nothing(x, levels):
    """A picture without a batch becomes a batch.

    Loses: pyramid-errors
    """
    return _joined(x.reshape(-1, *x.shape[-3:]), levels)


def by_keras(x, levels):
    """Keras pools, NumPy joins.

    Loses: all
    """
    from keras.layers import GlobalMaxPooling2D

    rank(x, 4)
    flat = []
    for level in levels:
        for _, _, cells in boxes(x, level):
            flat.append(np.array(GlobalMaxPooling2D(dtype=str(x.dtype))(cells)))
    return np.concatenate(flat, axis=1)
