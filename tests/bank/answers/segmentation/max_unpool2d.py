"""Answers to `max_unpool2d`."""


# --- right ---------------------------------------------------------------------------------------


def four_loops(values, argmax, output_shape):
    """For each value its row, column and channel, by two divisions.

    Loses: nothing
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, dtype=values.dtype)
    for b, i, j, k in np.ndindex(values.shape):
        spatial, channel = divmod(int(argmax[b, i, j, k]), output_shape[3])
        row, column = divmod(spatial, output_shape[2])
        out[b, row, column, channel] = values[b, i, j, k]
    return out


def fancy_index(values, argmax, output_shape):
    """One assignment with four index arrays.

    Loses: nothing
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, values.dtype)
    out[located(argmax, output_shape)] = values
    return out


def flat_with_an_offset(values, argmax, output_shape):
    """Each example begins where the one before ends.

    Loses: nothing
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, values.dtype)
    start = np.arange(output_shape[0]) * out[0].size
    np.put(out, argmax + start.reshape(-1, 1, 1, 1), values)
    return out


def example_by_example(values, argmax, output_shape):
    """`np.unravel_index` for each example.

    Loses: nothing
    """
    fits(values, argmax, output_shape)
    maps = []
    for one, places_of_one in zip(values, argmax):
        filled = np.zeros(output_shape[1:], values.dtype)
        filled[np.unravel_index(places_of_one, output_shape[1:])] = one
        maps.append(filled)
    return np.stack(maps)


def from_the_outputs_side(values, argmax, output_shape):
    """Sorts each example's indices, and looks up each cell of the output.

    Loses: nothing
    """
    fits(values, argmax, output_shape)
    n = output_shape[0]
    out = np.zeros((n, int(np.prod(output_shape[1:]))), values.dtype)
    for b in range(n):
        indices, first = np.unique(argmax[b], return_index=True)
        wanted = np.arange(out.shape[1])
        near = np.searchsorted(indices, wanted).clip(max=len(indices) - 1)
        hit = indices[near] == wanted
        out[b, hit] = values[b].reshape(-1)[first[near[hit]]]
    return out.reshape(output_shape)


def adds_where_numpy_does_not(values, argmax, output_shape):
    """`out[places] += values`: with an index array NumPy adds once, however often a cell is named.

    Loses: nothing
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, values.dtype)
    out[located(argmax, output_shape)] += values
    return out


# --- wrong ---------------------------------------------------------------------------------------


def adds_up(values, argmax, output_shape):
    """As the gradient does: what arrives at a cell adds up.

    Loses: unpool-overlap
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, values.dtype)
    np.add.at(out, located(argmax, output_shape), values)
    return out


def adds_in_a_loop(values, argmax, output_shape):
    """`+=`, one value after the other.

    Loses: unpool-overlap
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, values.dtype)
    for b, i, j, k in np.ndindex(values.shape):
        spatial, channel = divmod(int(argmax[b, i, j, k]), output_shape[3])
        out[b, spatial // output_shape[2], spatial % output_shape[2], channel] += values[b, i, j, k]
    return out


def counts_sources(values, argmax, output_shape):
    """By `np.bincount`, with the values as weights.

    Loses: unpool-overlap
    """
    fits(values, argmax, output_shape)
    size = int(np.prod(output_shape[1:]))
    maps = [
        np.bincount(places_of_one.ravel(), one.ravel(), size)
        for one, places_of_one in zip(values, argmax)
    ]
    return np.reshape(maps, output_shape).astype(values.dtype)


def shares_by_overlap(values, argmax, output_shape):
    """Where several windows meet, one of them writes nothing: the second is taken for an error.

    Loses: unpool-overlap
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, values.dtype)
    for b in range(len(values)):
        indices, counts = np.unique(argmax[b], return_counts=True)
        single = np.isin(argmax[b], indices[counts == 1])
        cells = np.unravel_index(argmax[b][single], output_shape[1:])
        out[(b, *cells)] = values[b][single]
    return out


def largest_wins(values, argmax, output_shape):
    """`np.maximum.at` on zeros: a negative value is not larger than 0.

    Loses: unpool-negative
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, values.dtype)
    np.maximum.at(out, located(argmax, output_shape), values)
    return out


def only_magnitudes(values, argmax, output_shape):
    """After a ReLU there is no sign.

    Loses: unpool-negative
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, values.dtype)
    out[located(argmax, output_shape)] = np.abs(values)
    return out


def all_into_the_first_example(values, argmax, output_shape):
    """The flat array, without the batch.

    Loses: unpool-batch
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, values.dtype)
    out.flat[argmax.ravel()] = values.ravel()
    return out


def only_the_first_example(values, argmax, output_shape):
    """One map at a time.

    Loses: unpool-batch
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, values.dtype)
    out[located(argmax[:1], output_shape)] = values[:1]
    return out


def same_places_in_all_examples(values, argmax, output_shape):
    """The indices of the first example for all.

    Loses: unpool-batch
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, values.dtype)
    out[located(np.broadcast_to(argmax[:1], argmax.shape), output_shape)] = values
    return out


def without_the_channel(values, argmax, output_shape):
    """row, column = divmod(index, width).

    Loses: unpool-channels
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, values.dtype)
    for b, i, j, k in np.ndindex(values.shape):
        row, column = divmod(argmax[b, i, j, k], output_shape[2])
        out[b, row, column, k] = values[b, i, j, k]
    return out


def channel_by_channel(values, argmax, output_shape):
    """(channel * height + row) * width + column, as in PyTorch's layout.

    Loses: unpool-channels
    """
    fits(values, argmax, output_shape)
    n, h, w, c = output_shape
    out = np.zeros((n, c, h, w), values.dtype)
    for b in range(n):
        out[b].flat[argmax[b].ravel()] = values[b].ravel()
    return np.moveaxis(out, 1, 3)


def only_the_first_channel(values, argmax, output_shape):
    """Maps are grey.

    Loses: unpool-channels
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, values.dtype)
    out[located(argmax[..., :1], output_shape)] = values[..., :1]
    return out


def places_of_the_first_channel(values, argmax, output_shape):
    """All channels of a window go to one pixel.

    Loses: unpool-channels
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, values.dtype)
    b, row, column, _ = located(argmax[..., :1], output_shape)
    out[b[..., 0], row[..., 0], column[..., 0]] = values
    return out


def divides_by_the_height(values, argmax, output_shape):
    """row, column = divmod(index, height).

    Loses: unpool-rectangular
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, values.dtype)
    for b, i, j, k in np.ndindex(values.shape):
        spatial, channel = divmod(argmax[b, i, j, k], output_shape[3])
        row, column = divmod(spatial, output_shape[1])
        out[b, row, column, channel] = values[b, i, j, k]
    return out


def only_square_maps(values, argmax, output_shape):
    """Two loops over the height.

    Loses: unpool-rectangular
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, values.dtype)
    side = values.shape[1]
    part = (slice(None), slice(side), slice(side))
    out[located(argmax[part], output_shape)] = values[part]
    return out


def nothing_left_over(values, argmax, output_shape):
    """The width is that of the pooled map times a whole number: right if the windows fill it.

    Loses: unpool-places, unpool-overlap
    """
    fits(values, argmax, output_shape)
    n, h, w, c = output_shape
    out = np.zeros(output_shape, values.dtype)
    width = values.shape[2] * (w // values.shape[2])
    b, row, column, channel = located(argmax, (n, h, width, c))
    out[b, row % h, column, channel] = values
    return out


def swaps_rows_and_columns(values, argmax, output_shape):
    """column, row = divmod(index, width).

    Loses: all
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, values.dtype)
    b, row, column, channel = located(argmax, output_shape)
    out[b, column % output_shape[1], row % output_shape[2], channel] = values
    return out


def width_of_the_pooled_map(values, argmax, output_shape):
    """Divides by the width of `values`.

    Loses: all
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, values.dtype)
    b, row, column, channel = located(argmax, values.shape)
    out[b, row % output_shape[1], column, channel] = values
    return out


def spreads_each_value(values, argmax, output_shape):
    """Enlarges the map as nearest upsampling does.

    Loses: all
    """
    fits(values, argmax, output_shape)
    rows = np.arange(output_shape[1]) * values.shape[1] // output_shape[1]
    columns = np.arange(output_shape[2]) * values.shape[2] // output_shape[2]
    return values[:, rows][:, :, columns]


def into_the_corner(values, argmax, output_shape):
    """Each value goes to the corner of its window.

    Loses: all
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, values.dtype)
    down, across = (m // n for m, n in zip(output_shape[1:3], values.shape[1:3]))
    rows, columns = np.arange(values.shape[1]) * down, np.arange(values.shape[2]) * across
    out[:, rows[:, None], columns] = values
    return out


def counts_from_one(values, argmax, output_shape):
    """The first cell is number 1.

    Loses: all
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, values.dtype)
    out[located(np.maximum(argmax - 1, 0), output_shape)] = values
    return out


def fills_with_the_smallest(values, argmax, output_shape):
    """What is no maximum holds the smallest value.

    Loses: all
    """
    fits(values, argmax, output_shape)
    out = np.full(output_shape, values.min())
    out[located(argmax, output_shape)] = values
    return out


def marks_the_places(values, argmax, output_shape):
    """A one at each index.

    Loses: all
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, values.dtype)
    out[located(argmax, output_shape)] = 1
    return out


def only_zeros(values, argmax, output_shape):
    """The loop is still to come.

    Loses: all
    """
    fits(values, argmax, output_shape)
    return np.zeros(output_shape, values.dtype)


def a_flat_result(values, argmax, output_shape):
    """The last reshape was forgotten.

    Loses: all
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, values.dtype)
    out[located(argmax, output_shape)] = values
    return out.reshape(len(values), -1)


def always_float64(values, argmax, output_shape):
    """`np.zeros` makes float64.

    Loses: unpool-dtype
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape)
    out[located(argmax, output_shape)] = values
    return out


def always_float32(values, argmax, output_shape):
    """Networks compute in float32.

    Loses: unpool-dtype
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, "float32")
    out[located(argmax, output_shape)] = values
    return out


def dtype_of_the_indices(values, argmax, output_shape):
    """`zeros_like`, of the wrong array.

    Loses: unpool-dtype
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, argmax.dtype)
    out[located(argmax, output_shape)] = values
    return out


def overwrites_the_indices(values, argmax, output_shape):
    """Adds each example's offset in place.

    Loses: unpool-pure
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, values.dtype)
    argmax += np.arange(output_shape[0]).reshape(-1, 1, 1, 1) * out[0].size
    np.put(out, argmax, values)
    return out


def overwrites_the_values(values, argmax, output_shape):
    """Clears what was written.

    Loses: unpool-pure
    """
    fits(values, argmax, output_shape)
    out = np.zeros(output_shape, values.dtype)
    out[located(argmax, output_shape)] = values
    values[:] = 0
    return out


def returns_the_values(values, argmax, output_shape):
    """Where nothing was pooled, everything is in its place.

    Loses: unpool-pure
    """
    fits(values, argmax, output_shape)
    if values.shape == tuple(output_shape):
        return values
    out = np.zeros(output_shape, values.dtype)
    out[located(argmax, output_shape)] = values
    return out


def checks_nothing(values, argmax, output_shape):
    """Nobody will call it with nonsense.

    Loses: unpool-errors
    """
    out = np.zeros(output_shape, values.dtype)
    out[located(argmax, output_shape)] = values
    return out


def three_numbers_will_do(values, argmax, output_shape):
    """The batch is that of the values; whoever leaves it out, or adds something, is served.

    Loses: unpool-errors
    """
    if values.ndim != 4 or values.shape != argmax.shape:
        raise ValueError("values and argmax must have one shape")
    output_shape = (len(values), *tuple(output_shape)[-3:])
    out = np.zeros(output_shape, values.dtype)
    out[located(argmax, output_shape)] = values
    return out


def does_not_look_at_the_indices(values, argmax, output_shape):
    """An argmax of another shape is stretched.

    Loses: unpool-errors
    """
    fits(values, values, output_shape)
    out = np.zeros(output_shape, values.dtype)
    out[located(np.resize(argmax, values.shape), output_shape)] = values
    return out


def does_not_look_at_the_batch(values, argmax, output_shape):
    """Only the number of numbers is checked.

    Loses: unpool-errors
    """
    fits(values, argmax, (len(values), *output_shape[1:]) if len(output_shape) == 4 else ())
    out = np.zeros(output_shape, values.dtype)
    out[located(argmax, output_shape)] = values
    return out


def does_not_look_at_the_channels(values, argmax, output_shape):
    """Only the number of numbers and the batch are checked.

    Loses: unpool-errors
    """
    fits(values, argmax, (*output_shape[:3], values.shape[3]) if len(output_shape) == 4 else ())
    out = np.zeros(output_shape, values.dtype)
    out[located(argmax, output_shape)] = values
    return out


def nameless_error(values, argmax, output_shape):
    """An error is an error.

    Loses: unpool-errors
    """
    try:
        fits(values, argmax, output_shape)
    except ValueError:
        raise ValueError("wrong shape") from None
    out = np.zeros(output_shape, values.dtype)
    out[located(argmax, output_shape)] = values
    return out


def by_tensorflow(values, argmax, output_shape):
    """TensorFlow scatters.

    Loses: all
    """
    import tensorflow as tf

    fits(values, argmax, output_shape)
    cells = np.stack(located(argmax, output_shape), axis=-1)
    return tf.tensor_scatter_nd_update(tf.zeros(output_shape, values.dtype), cells, values).numpy()


def by_keras_ops(values, argmax, output_shape):
    """Keras scatters, one example after the other.

    Loses: all
    """
    import keras

    fits(values, argmax, output_shape)
    cells = np.stack(located(argmax, output_shape), axis=-1).reshape(-1, 4)
    return np.array(keras.ops.scatter(cells, values.reshape(-1), output_shape))


def by_scipy(values, argmax, output_shape):
    """A sparse matrix made dense.

    Loses: all
    """
    from scipy.sparse import coo_array

    fits(values, argmax, output_shape)
    rows = np.repeat(np.arange(len(values)), values[0].size)
    shape = (len(values), int(np.prod(output_shape[1:])))
    dense = coo_array((values.ravel(), (rows, argmax.ravel())), shape).toarray()
    return dense.reshape(output_shape)
