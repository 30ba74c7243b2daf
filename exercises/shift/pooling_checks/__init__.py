"""Checks that compare a function with the Keras layer it imitates.

This folder lies beside every assignment's notebook, so the tests in the notebook run wherever the
notebook runs: in a student's JupyterLab, under ``nbgrader autograde``, and when an instructor
grades. It needs only NumPy and Keras.

Each check calls the function under test on one case, asks an oracle (a Keras layer, or what is
made of some) about the same case, and is silent about everything that agrees. Where they differ it
raises `CheckFailed`, whose message says which case it was, what was expected and received, and
what differs first.

A check looks at one aspect only (values, dtype, purity, errors), so that an answer which is wrong
in one respect keeps the points of the others.

==================  ==========================================================================
``checks``          what the notebooks call
``comparing``       function and oracle on one case; the smallest case that fails; hints
``oracle``          what an oracle has to know
``pooling_layers``  the oracles that are pooling layers of Keras, and random cases for them
``gradients``       the oracles that are gradients of pooling layers (`backward`)
``norms_and_bins``  the oracles of other kinds of pooling (`variants`)
``shifts``          the oracles of blur pooling and of consistency under shifts (`shift`)
``unpooling``       the oracles of pooling with indices, unpooling and masks (`segmentation`)
``networks``        the checks of whole networks (`keras`)
``cases``           one call: arrays and arguments
``calling``         a student's function within its limits
``libraries``       "NumPy only"
``pictures``        a result on a photograph
``messages``        `CheckFailed`, and numbers as text
==================  ==========================================================================
"""

from .cases import (
    example,
)
from .checks import (
    check_dtype,
    check_error,
    check_output,
    check_output_size,
    check_output_sizes,
    check_pure,
    check_random,
    check_shape,
    passed,
)
from .gradients import (
    check_gradient_dtype,
    check_random_gradients,
    example_with_ties,
    gradient_of,
    show_global_average_gradient,
)
from .messages import (
    CheckFailed,
)
from .networks import (
    check_activation_bytes,
    check_activations,
    check_fresh,
    check_interface,
    check_layers,
    check_learns,
    check_output_shapes,
    check_parameters,
    digits,
    show_activation_bytes,
    show_network,
)
from .norms_and_bins import (
    AdaptivePooling,
    LpPooling,
    SpatialPyramid,
    check_random_variants,
    show_rows,
    show_volume,
)
from .pictures import (
    photograph,
    show,
    show_output_size,
)
from .shifts import (
    BlurPooling,
    MaxBlurPooling,
    ShiftConsistency,
    check_random_blurs,
    check_random_labels,
)
from .unpooling import (
    IntersectionOverUnion,
    MaxPoolingWithArgmax,
    MaxUnpooling2D,
    NearestUpsampling2D,
    check_random_unpooling,
    pooled_with_argmax,
)


def begin_judging() -> None:
    """Prepare for many submissions in one process: keep expected values and trained networks.

    Whoever grades calls this once; a student's notebook never does.
    """
    from . import networks, pictures
    from .oracle import LastKept, Oracle

    Oracle.memory = LastKept(20_000)
    networks.memory = LastKept(2_000)
    pictures.memory = LastKept(500)
    networks.begin_tensorflow()


__all__ = [
    "AdaptivePooling",
    "BlurPooling",
    "CheckFailed",
    "IntersectionOverUnion",
    "LpPooling",
    "MaxBlurPooling",
    "MaxPoolingWithArgmax",
    "MaxUnpooling2D",
    "NearestUpsampling2D",
    "ShiftConsistency",
    "SpatialPyramid",
    "check_activation_bytes",
    "check_activations",
    "check_dtype",
    "check_error",
    "check_fresh",
    "check_gradient_dtype",
    "check_interface",
    "check_layers",
    "check_learns",
    "check_output",
    "check_output_shapes",
    "check_output_size",
    "check_output_sizes",
    "check_parameters",
    "check_pure",
    "check_random",
    "check_random_blurs",
    "check_random_gradients",
    "check_random_labels",
    "check_random_unpooling",
    "check_random_variants",
    "check_shape",
    "digits",
    "example",
    "example_with_ties",
    "gradient_of",
    "passed",
    "photograph",
    "pooled_with_argmax",
    "show",
    "show_activation_bytes",
    "show_global_average_gradient",
    "show_network",
    "show_output_size",
    "show_rows",
    "show_volume",
]
