"""NumPy only: an answer that leaves its work to a library gets no points."""

from __future__ import annotations

import contextlib
import gc
import linecache
import sys
import sysconfig
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

#: Packages that pool, blur or resize by themselves, and what to call them. An answer uses NumPy.
LIBRARIES = {
    "bottleneck": "Bottleneck",
    "cupy": "CuPy",
    "cv2": "OpenCV",
    "dask": "Dask",
    "jax": "JAX",
    "jaxlib": "JAX",
    "keras": "Keras",
    "pandas": "pandas",
    "PIL": "Pillow",
    "scipy": "SciPy",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "tensorflow": "TensorFlow",
    "tf_keras": "Keras",
    "torch": "PyTorch",
    "torchvision": "PyTorch",
    "xarray": "xarray",
}


#: Ways to let others do the work, where this watch would not see it, and what to call them. They
#: count only where an answer takes them itself; NumPy and Python's library may.
WAYS_OUT = {
    "asyncio": "asyncio",
    "concurrent": "threads or other processes",
    "ctypes": "ctypes",
    "multiprocessing": "other processes",
    "subprocess": "other processes",
}

#: The same, for single functions of modules that have harmless ones too.
_FUNCTIONS_OUT = {
    ("_thread", "start_joinable_thread"): "threads",
    ("_thread", "start_new_thread"): "threads",
    ("posix", "fork"): "other processes",
    ("posix", "forkpty"): "other processes",
    ("posix", "posix_spawn"): "other processes",
    ("posix", "system"): "other processes",
    ("sys", "getprofile"): "sys.getprofile",
    ("sys", "setprofile"): "sys.setprofile",
    ("sys", "settrace"): "sys.settrace",
    # Not all of it: NumPy's generators make locks, without a frame of their own.
    ("threading", "start"): "threads",
}

_WATCHED = LIBRARIES | WAYS_OUT | {module: module for module, _ in _FUNCTIONS_OUT}

#: Folders whose code is no student's: Python's library, what is installed, and this one.
_INSTALLED = (
    *{sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")},
    str(Path(__file__).parent),
    "<frozen",
)


class UsesLibrary(BaseException):
    """Raised inside a student's call that enters a library.

    Not an `Exception`: ``except Exception`` in an answer must not swallow it.
    """


def _package(module: Any) -> str:
    return module.partition(".")[0] if isinstance(module, str) else ""


class _Packages(dict[str, str]):
    """For the name of a module, its package if that is watched, else nothing."""

    def __missing__(self, module: str) -> str:
        package = _package(module)
        found = self[module] = package if package in _WATCHED else ""
        return found


_packages = _Packages()


@contextlib.contextmanager
def numpy_only() -> Iterator[list[str]]:
    """Let nothing in the body call a function of `LIBRARIES`, however it was imported.

    Replacing ``scipy.ndimage.maximum_filter`` would not do: a notebook that said ``from
    scipy.ndimage import maximum_filter`` keeps the original. So Python tells of every call that
    is made, and one that enters such a package ends there. Importing a package is no call of it.

    Yields
    ------
    list of str
        After a call of a library: its name, and the line that calls it. Whoever swallows what is
        raised in the body has to look here.
    """
    found: list[str] = []
    base = sys._getframe(2)  # the frame of the `with`, past contextlib
    # Looked at without being called, or called by Python itself.
    harmless = {"__del__", "__dir__", "__getattr__", "__instancecheck__", "__subclasscheck__"}
    # Importing a package runs it; showing a picture uses Pillow.
    others = {"IPython", "ipykernel", "matplotlib"}

    _no_thread_of_its_own(found)

    packages = _packages

    def watch(frame: FrameType, event: str, called: Any) -> None:
        # For every call and every return of whatever an answer calls: as little as can be.
        if event == "call":
            home = frame.f_globals.get("__name__")
            package = packages[home] if type(home) is str else ""
            if not package or frame.f_code.co_name in harmless:
                return
            caller = frame.f_back
        elif event == "c_call":
            owner = getattr(called, "__self__", None)
            home = owner.__name__ if isinstance(owner, ModuleType) else type(owner).__module__
            package = packages[home] if type(home) is str else ""
            if not package:
                return
            caller = frame
        else:
            return
        name = LIBRARIES.get(package)
        if name is None:
            function = frame.f_code.co_name if event == "call" else called.__name__
            name = WAYS_OUT.get(package) or _FUNCTIONS_OUT.get((package, function))
            if name is None or caller is None or not _is_own(caller):
                return
        line = ""
        while caller is not None and caller is not base:
            module = caller.f_globals.get("__name__")
            if module == "importlib._bootstrap" or _package(module) in LIBRARIES.keys() | others:
                return
            if not line and _package(module) not in ("numpy", "autograder"):
                line = source_line(
                    caller.f_code.co_filename, caller.f_lineno, caller.f_code.co_name
                )
            caller = caller.f_back
        found.extend((name, line))
        raise UsesLibrary

    before = sys.getprofile()
    collecting = gc.isenabled()
    gc.disable()  # it could end a library's object, and call the library, within the body
    sys.setprofile(watch)
    try:
        yield found
        if not found and sys.getprofile() is not watch:
            found.extend(("a way round the watch for libraries", ""))
            raise UsesLibrary(*found)
    finally:
        sys.setprofile(before)
        if collecting:
            gc.enable()


def _is_own(frame: FrameType) -> bool:
    """Whether a frame is the student's: of no installed package, and not the autograder's."""
    if _package(frame.f_globals.get("__name__")) == "autograder":
        return False
    return not frame.f_code.co_filename.startswith(_INSTALLED)


def _no_thread_of_its_own(found: list[str]) -> None:
    """Raise `UsesLibrary` if a thread that the student's code has started is still running.

    It could do an answer's work where no watch sees it.
    """
    here = threading.get_ident()
    for thread, top in sys._current_frames().items():
        frame: FrameType | None = top if thread != here else None
        while frame is not None:
            if _is_own(frame):
                place = frame.f_code
                line = source_line(place.co_filename, frame.f_lineno, place.co_name)
                found.extend(("a thread", line))
                raise UsesLibrary(*found)
            frame = frame.f_back


def source_line(filename: str, number: int, function: str) -> str:
    """A line of code, as messages show it."""
    return f"    line {number} in {function}:  {linecache.getline(filename, number).strip()}"


def no_points(name: str, library: str, line: str) -> str:
    """The message for a function that uses a library."""
    return (
        f"{name} uses {library}. It must do the work itself, with NumPy, and gets no points "
        "as it is.\n"
        + (f"\n  called at\n{line}" if line else "")
        + f"\n  way out   explore with {library} in other cells, not in the function"
    )
