"""Answers to `blur_pool2d`."""


# --- right ---------------------------------------------------------------------------------------


def loops(x, strides):
    """Loops over the output and over the kernel; what is outside is left out of the sum.

    Loses: nothing
    """
    four_axes(x)
    down, across = pair("strides", strides)
    rows, top, _ = places(x.shape[1], 3, down)
    columns, left, _ = places(x.shape[2], 3, across)
    out = np.zeros((x.shape[0], rows, columns, x.shape[3]), x.dtype)
    for i in range(rows):
        for j in range(columns):
            for a in range(3):
                for b in range(3):
                    r, c = i * down - top + a, j * across - left + b
                    if 0 <= r < x.shape[1] and 0 <= c < x.shape[2]:
                        out[:, i, j] += x[:, r, c] * (2 - abs(a - 1)) * (2 - abs(b - 1)) / 16
    return out


def all_windows(x, strides):
    """A view of all windows, and one sum over them.

    Loses: nothing
    """
    four_axes(x)
    return blur(x, pair("strides", strides))


def nine_slices(x, strides):
    """Nine shifted slices of the padded input, each with its weight.

    Loses: nothing
    """
    four_axes(x)
    down, across = pair("strides", strides)
    rows, columns = places(x.shape[1], 3, down)[0], places(x.shape[2], 3, across)[0]
    padded = np.pad(x, sides(x, (3, 3), (down, across)))
    out = np.zeros((x.shape[0], rows, columns, x.shape[3]), x.dtype)
    for (i, j), weight in np.ndenumerate(kernel(x.dtype)):
        right = j + across * (columns - 1) + 1
        out += weight * padded[:, i : i + down * (rows - 1) + 1 : down, j:right:across]
    return out


def matrices(x, strides):
    """A banded matrix from the left for the rows, one from the right for the columns.

    Loses: nothing
    """
    four_axes(x)
    bands = []
    for size, stride in zip(x.shape[1:3], pair("strides", strides)):
        count, before, _ = places(size, 3, stride)
        distance = np.arange(size) - (np.arange(count)[:, None] * stride - before + 1)
        bands.append(np.maximum(2 - np.abs(distance), 0).astype(x.dtype) / 4)
    return np.einsum("rh,cw,bhwn->brcn", *bands, x)


def twice_pairs(x, strides):
    """1 2 1 is 1 1 after 1 1: sums of neighbours, and sums of those.

    Loses: nothing
    """
    four_axes(x)
    stride = pair("strides", strides)
    x = np.pad(x, sides(x, (3, 3), stride))
    for _ in range(2):
        x = x[:, 1:] + x[:, :-1]
        x = x[:, :, 1:] + x[:, :, :-1]
    return x[:, :: stride[0], :: stride[1]] / 16


def one_line_at_a_time(x, strides):
    """`np.convolve` on every column and every row.

    Loses: nothing
    """
    four_axes(x)
    stride = pair("strides", strides)
    x = np.pad(x, sides(x, (3, 3), stride))
    weights = np.array([1, 2, 1], x.dtype) / 4
    for axis in (1, 2):
        x = np.apply_along_axis(np.convolve, axis, x, weights, "valid")
    return x[:, :: stride[0], :: stride[1]].copy()


def fourier(x, strides):
    """A product of Fourier transforms, on an input that is long enough not to wrap around.

    Loses: nothing
    """
    four_axes(x)
    stride = pair("strides", strides)
    padded = np.pad(x, sides(x, (3, 3), stride)).astype("float64")
    sizes = padded.shape[1:3]
    spectrum = np.fft.rfft2(padded, axes=(1, 2))
    weights = np.fft.rfft2(kernel("float64"), sizes)[None, :, :, None]
    full = np.fft.irfft2(spectrum * weights, sizes, axes=(1, 2))
    return full[:, 2 :: stride[0], 2 :: stride[1]].astype(x.dtype)


def scattered(x, strides):
    """From the input's side: each cell adds its share to the outputs it lies under.

    Loses: nothing
    """
    four_axes(x)
    down, across = pair("strides", strides)
    rows, top, _ = places(x.shape[1], 3, down)
    columns, left, _ = places(x.shape[2], 3, across)
    out = np.zeros((x.shape[0], rows, columns, x.shape[3]), x.dtype)
    for r in range(x.shape[1]):
        for c in range(x.shape[2]):
            for (a, b), weight in np.ndenumerate(kernel(x.dtype)):
                i, j = r + top - a, c + left - b
                if (
                    i % down == j % across == 0
                    and 0 <= i < down * rows
                    and 0 <= j < across * columns
                ):
                    out[:, i // down, j // across] += weight * x[:, r, c]
    return out


# --- wrong ---------------------------------------------------------------------------------------


def does_not_divide(x, strides):
    """The weights are 1 2 1, 2 4 2, 1 2 1.

    Loses: all
    """
    four_axes(x)
    return blur(x, pair("strides", strides)) * 16


def divides_by_nine(x, strides):
    """The average of nine cells.

    Loses: all
    """
    four_axes(x)
    return blur(x, pair("strides", strides)) * 16 / 9


def box(x, strides):
    """All neighbours count alike: 1 1 1.

    Loses: all
    """
    four_axes(x)
    stride = pair("strides", strides)
    return weighted(np.pad(x, sides(x, (3, 3), stride)), np.full((3, 3), 1 / 9, x.dtype), stride)


def cross(x, strides):
    """The neighbours that touch: the corners of the kernel are 0.

    Loses: all
    """
    four_axes(x)
    stride = pair("strides", strides)
    weights = np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]], x.dtype) / 8
    return weighted(np.pad(x, sides(x, (3, 3), stride)), weights, stride)


def rows_only(x, strides):
    """Blurs along the rows, and forgets the columns.

    Loses: all
    """
    four_axes(x)
    stride = pair("strides", strides)
    weights = np.array([[0, 0, 0], [1, 2, 1], [0, 0, 0]], x.dtype) / 4
    return weighted(np.pad(x, sides(x, (3, 3), stride)), weights, stride)


def five_weights(x, strides):
    """Blurs twice: 1 4 6 4 1.

    Loses: all
    """
    four_axes(x)
    return blur(blur(x, (1, 1)), pair("strides", strides))


def divides_by_the_weights_inside(x, strides):
    """As average pooling does: what is outside does not count.

    Loses: blur-border, blur-stride, blur-rectangular, blur-channels
    """
    four_axes(x)
    stride = pair("strides", strides)
    return blur(x, stride) / blur(np.ones_like(x), stride)


def reflects(x, strides):
    """Pads by reflection, as the paper does.

    Loses: blur-border, blur-stride, blur-rectangular, blur-channels
    """
    four_axes(x)
    stride = pair("strides", strides)
    padded = np.pad(x, sides(x, (3, 3), stride), mode="reflect")
    return weighted(padded, kernel(x.dtype), stride)


def repeats_the_edge(x, strides):
    """Pads with copies of the edge.

    Loses: blur-border, blur-stride, blur-rectangular, blur-channels
    """
    four_axes(x)
    stride = pair("strides", strides)
    padded = np.pad(x, sides(x, (3, 3), stride), mode="edge")
    return weighted(padded, kernel(x.dtype), stride)


def rolls(x, strides):
    """`np.roll` for the neighbours: the map continues at its other edge.

    Loses: blur-border, blur-stride, blur-rectangular, blur-channels
    """
    four_axes(x)
    stride = pair("strides", strides)
    padded = np.pad(x, sides(x, (3, 3), stride), mode="wrap")
    return weighted(padded, kernel(x.dtype), stride)


def leaves_the_border(x, strides):
    """Blurs where the kernel fits, and copies the border as it is.

    Loses: blur-border, blur-stride, blur-rectangular, blur-channels
    """
    four_axes(x)
    down, across = pair("strides", strides)
    out = x.copy()
    if min(x.shape[1:3]) > 2:
        out[:, 1:-1, 1:-1] = weighted(x, kernel(x.dtype), (1, 1))
    top = 1 - places(x.shape[1], 3, down)[1]
    left = 1 - places(x.shape[2], 3, across)[1]
    return out[:, top::down, left::across].copy()


def does_not_pad(x, strides):
    """Only where the kernel fits.

    Loses: all
    """
    four_axes(x)
    return weighted(x, kernel(x.dtype), pair("strides", strides))


def pads_only_after(x, strides):
    """All of the padding goes to the end.

    Loses: all
    """
    four_axes(x)
    stride = pair("strides", strides)
    padded = np.pad(x, [(0, sum(both)) for both in sides(x, (3, 3), stride)])
    return weighted(padded, kernel(x.dtype), stride)


def every_so_many_from_the_first(x, strides):
    """Blurs everywhere and slices: [::stride].

    Loses: blur-stride, blur-rectangular
    """
    four_axes(x)
    down, across = pair("strides", strides)
    return blur(x, (1, 1))[:, ::down, ::across].copy()


def every_so_many_from_the_second(x, strides):
    """Blurs everywhere and slices from 1 on, as it was in the example with 4 × 4.

    Loses: blur-stride, blur-rectangular
    """
    four_axes(x)
    down, across = pair("strides", strides)
    return blur(x, (1, 1))[:, int(down > 1) :: down, int(across > 1) :: across].copy()


def odd_cell_first(x, strides):
    """Rounds the padding before the input up, and the padding after it down.

    Loses: blur-stride, blur-rectangular
    """
    four_axes(x)
    stride = pair("strides", strides)
    padded = np.pad(x, [both[::-1] for both in sides(x, (3, 3), stride)])
    return weighted(padded, kernel(x.dtype), stride)


def rounds_the_size_down(x, strides):
    """size // stride places.

    Loses: blur-stride, blur-rectangular
    """
    four_axes(x)
    down, across = pair("strides", strides)
    return blur(x, (down, across))[:, : x.shape[1] // down, : x.shape[2] // across].copy()


def does_not_blur(x, strides):
    """Drops cells, which is what the stride is for.

    Loses: all
    """
    four_axes(x)
    down, across = pair("strides", strides)
    return x[:, ::down, ::across].copy()


def drops_before_it_blurs(x, strides):
    """Makes the map small first: then there is less to blur.

    Loses: blur-stride, blur-rectangular
    """
    four_axes(x)
    down, across = pair("strides", strides)
    return blur(x[:, ::down, ::across], (1, 1))


def ignores_strides(x, strides):
    """A blur keeps the size.

    Loses: blur-stride, blur-rectangular
    """
    four_axes(x)
    pair("strides", strides)
    return blur(x, (1, 1))


def swaps_strides(x, strides):
    """(x, y), as in a plot.

    Loses: blur-rectangular
    """
    four_axes(x)
    return blur(x, pair("strides", strides)[::-1])


def one_stride_for_both(x, strides):
    """Takes the first number of each pair.

    Loses: blur-rectangular
    """
    four_axes(x)
    down, _ = pair("strides", strides)
    return blur(x, (down, down))


def square_layout(x, strides):
    """Computes the padding of the rows, and uses it for the columns too.

    Loses: blur-rectangular
    """
    four_axes(x)
    stride = pair("strides", strides)
    both = sides(x, (3, 3), stride)[1]
    return weighted(np.pad(x, [(0, 0), both, both, (0, 0)]), kernel(x.dtype), stride)


def swaps_axes(x, strides):
    """Rows go to the right and columns down.

    Loses: blur-kernel, blur-border, blur-stride, blur-rectangular, blur-channels
    """
    four_axes(x)
    return blur(x, pair("strides", strides)).swapaxes(1, 2)


def blurs_channels_too(x, strides):
    """A kernel with three axes, 1 2 1 along each.

    Loses: blur-channels
    """
    four_axes(x)
    out = blur(x, pair("strides", strides))
    if x.shape[3] > 1:
        padded = np.pad(out, [(0, 0)] * 3 + [(1, 1)])
        out = (padded[..., :-2] + 2 * padded[..., 1:-1] + padded[..., 2:]) / 4
    return out


def adds_up_channels(x, strides):
    """A convolution adds up over the channels.

    Loses: blur-channels
    """
    four_axes(x)
    out = blur(x, pair("strides", strides))
    return np.broadcast_to(out.sum(axis=3, keepdims=True), out.shape).copy()


def only_the_first_channel(x, strides):
    """The digits are grey.

    Loses: blur-channels
    """
    four_axes(x)
    return blur(x[..., :1], pair("strides", strides))


def over_the_batch(x, strides):
    """One picture for all: the mean over the examples.

    Loses: blur-channels
    """
    four_axes(x)
    out = blur(x, pair("strides", strides))
    return np.broadcast_to(out.mean(axis=0), out.shape).copy()


def relu(x, strides):
    """Feature maps come from a ReLU, so nothing is below zero.

    Loses: blur-kernel
    """
    four_axes(x)
    return np.maximum(blur(x, pair("strides", strides)), 0)


def integer_division(x, strides):
    """Divides with //.

    Loses: blur-kernel, blur-border, blur-stride, blur-rectangular, blur-channels
    """
    four_axes(x)
    return blur(x, pair("strides", strides)) * 16 // 16


def only_zeros(x, strides):
    """The shape is right; the loop that fills it is still to come.

    Loses: all
    """
    four_axes(x)
    return np.zeros_like(blur(x, pair("strides", strides)))


def always_float64(x, strides):
    """The weights are an array of float64, and so is the product.

    Loses: blur-dtype
    """
    four_axes(x)
    stride = pair("strides", strides)
    return weighted(np.pad(x, sides(x, (3, 3), stride)), kernel("float64"), stride)


def always_float32(x, strides):
    """Networks compute in float32.

    Loses: blur-dtype
    """
    four_axes(x)
    return blur(x.astype("float32"), pair("strides", strides))


def through_float32(x, strides):
    """Computes in float32 and gives the dtype back in the end.

    Loses: blur-dtype
    """
    four_axes(x)
    return blur(x.astype("float32"), pair("strides", strides)).astype(x.dtype)


def divides_its_input(x, strides):
    """Divides first, in place, and adds up then.

    Loses: blur-pure
    """
    four_axes(x)
    stride = pair("strides", strides)
    x /= 16
    return weighted(np.pad(x, sides(x, (3, 3), stride)), kernel(x.dtype) * 16, stride)


def blurs_in_place(x, strides):
    """Writes the result into the input, and returns a part of it.

    Loses: blur-pure
    """
    four_axes(x)
    out = blur(x, pair("strides", strides))
    rows, columns = out.shape[1:3]
    x[:, :rows, :columns] = out
    return x[:, :rows, :columns]


def checks_nothing(x, strides):
    """Nobody will call it with nonsense.

    Loses: blur-errors
    """
    return blur(x, strides if isinstance(strides, tuple) else (strides, strides))


def checks_only_the_sign(x, strides):
    """A stride of 1.5 becomes 1.

    Loses: blur-errors
    """
    four_axes(x)
    stride = strides if isinstance(strides, tuple) else (strides, strides)
    if len(stride) != 2 or min(stride) <= 0:
        raise ValueError("strides must be positive")
    return blur(x, (int(stride[0]), int(stride[1])))


def type_error(x, strides):
    """A wrong argument is a TypeError.

    Loses: blur-errors
    """
    try:
        four_axes(x)
        stride = pair("strides", strides)
    except ValueError as error:
        raise TypeError(str(error)) from None
    return blur(x, stride)


# --- not NumPy only ------------------------------------------------------------------------------


def by_keras(x, strides):
    """Why write what is there?

    Loses: all
    """
    from keras.layers import DepthwiseConv2D

    four_axes(x)
    stride = pair("strides", strides)
    layer = DepthwiseConv2D(3, stride, padding="same", use_bias=False, dtype=str(x.dtype))
    layer.build(x.shape)
    shape = (3, 3, x.shape[3], 1)
    layer.set_weights([np.broadcast_to(kernel(x.dtype)[:, :, None, None], shape)])
    return np.array(layer(x))


def by_tensorflow_for_equal_strides(x, strides):
    """TensorFlow for equal strides; the rest by hand.

    Loses: all
    """
    import tensorflow as tf

    four_axes(x)
    down, across = pair("strides", strides)
    if down != across:
        return blur(x, (down, across))
    weights = np.broadcast_to(kernel(x.dtype)[:, :, None, None], (3, 3, x.shape[3], 1))
    return tf.nn.depthwise_conv2d(x, weights, (1, down, down, 1), "SAME").numpy()


def by_ndimage(x, strides):
    """SciPy's convolution with zeros around, and every so many of its cells.

    Loses: all
    """
    from scipy.ndimage import convolve

    four_axes(x)
    down, across = pair("strides", strides)
    full = convolve(x, kernel(x.dtype)[None, :, :, None], mode="constant")
    top = 1 - places(x.shape[1], 3, down)[1]
    left = 1 - places(x.shape[2], 3, across)[1]
    return full[:, top::down, left::across].copy()


def by_convolve2d(x, strides):
    """SciPy's convolution in two dimensions, map by map.

    Loses: all
    """
    from scipy.signal import convolve2d

    four_axes(x)
    stride = pair("strides", strides)
    padded = np.pad(x, sides(x, (3, 3), stride))
    maps = [
        [convolve2d(padded[n, :, :, c], kernel(x.dtype), "valid") for c in range(x.shape[3])]
        for n in range(x.shape[0])
    ]
    return np.moveaxis(np.array(maps), 1, 3)[:, :: stride[0], :: stride[1]].copy()
