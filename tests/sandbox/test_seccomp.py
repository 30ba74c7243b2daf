"""The filter's numbers are those of the kernel's headers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from autograder.sandbox import seccomp

_HEADERS = {
    0: ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h"),
    1: ("/usr/include/asm-generic/unistd.h",),
}
# In newer headers than some machines have: open_tree_attr came with Linux 6.15.
_NEW = {"open_tree_attr"}


@pytest.mark.parametrize("column", [0, 1], ids=["x86_64", "aarch64"])
def test_numbers(column: int) -> None:
    header = next((path for path in map(Path, _HEADERS[column]) if path.exists()), None)
    if header is None:
        pytest.skip("this machine has no kernel headers (package linux-libc-dev)")
    numbers = {
        name: int(number)
        for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text())
    }
    table = {
        **seccomp.REFUSED,
        **seccomp.UNKNOWN,
        "clone": seccomp._CLONE,
        "socket": seccomp._SOCKET,
    }
    for name, pair in table.items():
        if pair[column] is not None and (name in numbers or name not in _NEW):
            assert numbers[name] == pair[column], name
        elif name not in _NEW:
            assert name not in numbers


def test_unknown_architectures_are_refused() -> None:
    with pytest.raises(seccomp.Unsupported, match="riscv64"):
        seccomp.program("riscv64")
