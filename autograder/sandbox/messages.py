"""Messages between the trusted processes of the sandbox: JSON and open descriptors on a socket.

Both ends are ours; what a student's process says never goes this way.
"""

from __future__ import annotations

import array
import json
import os
import socket
import struct
from collections.abc import Sequence
from typing import Any

_LENGTH = struct.Struct("!I")
_MOST_DESCRIPTORS = 8


def send(link: socket.socket, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
    """Send a message; the receiver gets copies of the descriptors."""
    body = json.dumps(message).encode()
    data = _LENGTH.pack(len(body)) + body
    ancillary = (
        [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
        if descriptors
        else []
    )
    sent = link.sendmsg([data], ancillary)
    if sent < len(data):  # sending nothing would fail where the receiver has closed already
        link.sendall(data[sent:])


def receive(link: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """The next message and its descriptors, which are the caller's to close; None at the end."""
    size = array.array("i").itemsize * _MOST_DESCRIPTORS
    data, ancillary, _, _ = link.recvmsg(_LENGTH.size, socket.CMSG_SPACE(size))
    descriptors = array.array("i")
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            usable = len(content) - len(content) % descriptors.itemsize
            descriptors.frombytes(content[:usable])
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    try:
        head = data + _exactly(link, _LENGTH.size - len(data)) if data else b""
        if not head:
            return None
        message = json.loads(_exactly(link, _LENGTH.unpack(head)[0]))
    except BaseException:
        for descriptor in descriptors:
            os.close(descriptor)
        raise
    return message, list(descriptors)


def _exactly(link: socket.socket, count: int) -> bytes:
    chunks = []
    while count:
        chunk = link.recv(count)
        if not chunk:
            raise EOFError("the other end closed in the middle of a message")
        chunks.append(chunk)
        count -= len(chunk)
    return b"".join(chunks)
