"""Do once, before any fork, what every child would have to do for the first time.

The first traceback of a process costs a quarter of a second, the first figure half a second, and
so on: modules are imported, grammars compiled, fonts found. Cells that need these are run here, and
then all that they have left behind is removed.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import linecache
import sys
from collections.abc import Iterator
from typing import Any

#: Modules that IPython imports when they are first needed.
MODULES = (
    "IPython.core.magics.execution",
    "IPython.core.magics.script",
    "IPython.core.pylabtools",
    "IPython.core.debugger",
    "IPython.external.pickleshare",
    "IPython.lib.pretty",
    "IPython.lib.display",
    "IPython.utils.capture",
    "asyncio",
    "asyncio.unix_events",
    "pexpect",
    "numpy.random",
    "timeit",
    "pdb",
)

CELLS = (
    "print('text'); _a = [1, 'a', None, 1.5, {'k': (1, 2)}]\n_a",
    "'text'",
    "class _Rich:\n    def _repr_html_(self):\n        return '<b>'\n_Rich()",
    "from IPython.display import HTML, clear_output, update_display\n"
    "display(HTML('<b>'), display_id='a')\nupdate_display(1, display_id='a')\nclear_output()",
    # Errors: in a function, one that led to another, in a library, in the syntax.
    "def _f(x: dict[str, int], *rest) -> 'float':\n"
    "    '''A text.'''\n"
    "    # and a comment\n"
    "    values = [f'{y!r}' for y in x if y != 'a' and not rest]\n"
    "    with open('/no/such/file') as file:\n"
    "        return values[1] / 0.5 + len(file.read())\n"
    "class _C:\n"
    "    @staticmethod\n"
    "    def method(array):\n"
    "        try:\n"
    "            return _f({'a': 1}, array)\n"
    "        except OSError as error:\n"
    "            raise ValueError('bad') from error\n"
    "_C.method(lambda x: x)",
    "1 / 0",
    "_undefined",
    "import json; json.loads('{')",
    "raise NotImplementedError()",
    "assert 1 == 2, 'differs'",
    "x = = 1",
    "def _g(:",
    "for i in range(3):\npass",
    "import warnings; warnings.warn('careful')",
    "import sys; sys.exit()",
    # Magics, and commands of the system.
    "%timeit -n1 -r1 pass",
    "%%time\npass",
    "%%capture _captured\nprint(1)",
    "%pwd",
    "%no_such_magic",
)

NUMPY_CELLS = (
    "import numpy as _np; _np.arange(6, dtype='float32').reshape(2, 3)",
    "_np.zeros((2, 3)).reshape(7)",
    "_np.pad(_np.zeros(3), 'a')",
    "_np.float64(1) / 0",
)

FIGURE_CELLS = (
    "import matplotlib.pyplot as _plt",
    "_figure, _axes = _plt.subplots(1, 2, figsize=(4, 2))\n"
    "_axes[0].plot([1, 2, 3], [2.5, -1, 1e3], 'o-', label='$x^2$')\n"
    "_axes[0].set(title='Title', xlabel='x', ylabel='y')\n"
    "_axes[0].legend()\n"
    "_axes[0].text(0, 0, 'text', weight='bold')\n"
    "_axes[1].imshow([[1, 2], [3, 4]], cmap='gray')\n"
    "_figure.suptitle('All')\n"
    "_figure.tight_layout()",
    "_plt.bar(['a', 'b'], [1, 2]); _plt.colorbar(_plt.scatter([1, 2], [1, 2], c=[1, 2]));",
)


def rehearse(ipython: Any) -> None:
    """Run cells of all kinds in a shell, and make it as new.

    Parameters
    ----------
    ipython : InteractiveShell
        Its output must be captured already.
    """
    for name in MODULES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    asyncio.new_event_loop().close()
    cells = list(CELLS)
    cells += NUMPY_CELLS if _is_there("numpy") else ()
    cells += FIGURE_CELLS if _is_there("matplotlib") else ()
    with _as_it_was(ipython):
        for cell in cells:
            ipython.run_cell(cell, store_history=True)
    gc.collect()


@contextlib.contextmanager
def _as_it_was(ipython: Any) -> Iterator[None]:
    """Remove what cells leave behind. (Figures are closed when they have been shown.)"""
    names = dict(ipython.user_ns)
    sources = set(linecache.cache)
    try:
        yield
    finally:
        ipython.reset()
        ipython.user_ns.clear()
        ipython.user_ns.update(names)
        ipython.payload_manager.clear_payload()
        for source in set(linecache.cache) - sources:
            del linecache.cache[source]
        for name in ("last_type", "last_value", "last_traceback", "last_exc"):
            vars(sys).pop(name, None)


def _is_there(module: str) -> bool:
    try:
        importlib.import_module(module)
    except ImportError:
        return False
    return True
