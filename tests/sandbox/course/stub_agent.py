"""An agent that runs what it is told, and answers with what is said in `answer`."""

from __future__ import annotations

import importlib
import json
import socket
from collections.abc import Sequence
from typing import Any


class Agent:
    def serve(self, channel: socket.socket) -> None:
        stream = channel.makefile("rwb")
        for line in stream:
            names: dict[str, Any] = {"channel": channel}
            try:
                exec(json.loads(line), names)
                answer = {"answer": names.get("answer")}
            except BaseException as error:  # noqa: BLE001
                answer = {"error": type(error).__name__, "text": str(error)}
            stream.write(json.dumps(answer).encode() + b"\n")
            stream.flush()


def prepare(preload: Sequence[str]) -> Agent:
    for name in preload:
        importlib.import_module(name)
    return Agent()
