"""A filter of system calls: what no exercise needs and what could reach through the walls.

Written as BPF by hand, because the kernel takes it from `prctl` and a library would be one
dependency more. The namespaces are the walls; the filter keeps the parts of the kernel small that
a student's code can try its luck with.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import platform
import struct

# System calls by name: number on x86_64 (None where it does not exist), number on aarch64.
_Numbers = tuple["int | None", "int | None"]

REFUSED: dict[str, _Numbers] = {
    # namespaces and mounts
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    # parts of the kernel with a long history of holes
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "modify_ldt": (154, None),
    "iopl": (172, None),
    "ioperm": (173, None),
    "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "lookup_dcookie": (212, 18),
    "nfsservctl": (180, 42),
    "vhangup": (153, 58),
    # the machine
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "syslog": (103, 116),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    # memory that belongs to no process and so is not counted
    "shmget": (29, 194),
    "shmat": (30, 196),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "memfd_secret": (447, 447),
    "vmsplice": (278, 75),
}
# Answered as an old kernel would, so that libraries take their other way.
# clone3 has its flags in memory, where a filter cannot look; libc then takes clone.
# memfd_create makes files outside the scratch folder, of which nothing counts the size.
UNKNOWN: dict[str, _Numbers] = {"clone3": (435, 435), "memfd_create": (319, 279)}
_CLONE: _Numbers = (56, 220)
_SOCKET: _Numbers = (41, 198)

# NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
_NEW_NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000
_NEW_NAMESPACES |= 0x40000000
# Unix sockets and, though they lead nowhere, IPv4 and IPv6. AF_VSOCK must not be: it speaks to the
# machine that hosts this one, and network namespaces do not hold it.
_FAMILIES = (1, 2, 10)

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_X32 = 0x40000000


class Unsupported(OSError):
    """The machine has no such filter."""


@functools.cache
def program(machine: str) -> bytes:
    """The filter for an architecture.

    Parameters
    ----------
    machine : str
        As `platform.machine` says: ``x86_64`` or ``aarch64``.

    Returns
    -------
    bytes
        Instructions of classic BPF, eight bytes each.

    Raises
    ------
    Unsupported
        For other architectures.
    """
    if machine not in _ARCHITECTURES:
        raise Unsupported(errno.ENOSYS, f"no filter of system calls for {machine}")
    column, architecture = _ARCHITECTURES[machine]
    instructions: list[tuple[int, int, int, int]] = []

    def add(code: int, value: int, if_true: int = 0, if_false: int = 0) -> None:
        instructions.append((code, if_true, if_false, value))

    def refuse(numbers: _Numbers, error: int) -> None:
        number = numbers[column]
        if number is not None:
            add(_EQUAL, number, 0, 1)
            add(_RETURN, _ERROR | error)

    # A program of another architecture has other numbers: kill it.
    add(_LOAD, _ARCHITECTURE)
    add(_EQUAL, architecture, 1, 0)
    add(_RETURN, _KILL)
    add(_LOAD, _NUMBER)
    if machine == "x86_64":  # x32 marks its numbers
        add(_AT_LEAST, _X32, 0, 1)
        add(_RETURN, _KILL)
    for numbers in REFUSED.values():
        refuse(numbers, errno.EPERM)
    for numbers in UNKNOWN.values():
        refuse(numbers, errno.ENOSYS)
    clone, socket = _CLONE[column], _SOCKET[column]
    assert clone is not None and socket is not None
    add(_EQUAL, clone, 0, 4)
    add(_LOAD, _FIRST_ARGUMENT)
    add(_ANY_BIT, _NEW_NAMESPACES, 0, 1)
    add(_RETURN, _ERROR | errno.EPERM)
    add(_RETURN, _ALLOW)
    add(_EQUAL, socket, 0, 2 + len(_FAMILIES))
    add(_LOAD, _FIRST_ARGUMENT)
    for position, family in enumerate(_FAMILIES):
        add(_EQUAL, family, len(_FAMILIES) - position, 0)
    add(_RETURN, _ERROR | errno.EAFNOSUPPORT)
    add(_RETURN, _ALLOW)
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


_SET_SECCOMP, _MODE_FILTER = 22, 2


def filter_calls() -> None:
    """Put the filter on this process and all that it will start, for good.

    `no_new_privs` must be set before.

    Raises
    ------
    OSError
        If the kernel refuses it.
    """
    code = program(platform.machine())
    libc = ctypes.CDLL(None, use_errno=True)
    filled = _Program(len(code) // 8, code)
    if libc.prctl(_SET_SECCOMP, _MODE_FILTER, ctypes.byref(filled), 0, 0):
        number = ctypes.get_errno()
        raise Unsupported(number, f"the filter of system calls: {os.strerror(number)}")
