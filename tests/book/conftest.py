"""The built site, a server for it, and a browser; shared by the tests of the book."""

from __future__ import annotations

import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
SITE = ROOT / "_build" / "html"

#: The options of `make book`.
STRICT = ("-W", "-n", "--keep-going")


def build_book(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run ``jupyter-book build`` in `folder` and return its exit status and output."""
    program = str(Path(sys.executable).with_name("jupyter-book"))
    command = [program, "build", ".", *options]
    return subprocess.run(
        command,
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=900,
        check=False,
    )


def newest(paths: Iterator[Path]) -> float:
    """Return the latest modification time of some files."""
    return max(path.stat().st_mtime for path in paths if path.is_file())


@pytest.fixture(scope="session")
def site() -> Path:
    """Folder of the built site; built first when it is missing or older than its sources."""
    sources = [path for path in BOOK.rglob("*") if "__pycache__" not in path.parts]
    sources += [ROOT / "_config.yml", ROOT / "_toc.yml"]
    index = SITE / "index.html"
    if not index.exists() or index.stat().st_mtime < newest(iter(sources)):
        result = build_book(ROOT, *STRICT)
        assert result.returncode == 0, result.stdout[-4000:]
    return SITE


@pytest.fixture(scope="session")
def pages(site: Path) -> list[str]:
    """Address of each chapter within the site, such as ``"book/what-is-pooling.html"``."""
    found = sorted(path.relative_to(site).as_posix() for path in (site / "book").glob("*.html"))
    assert found, "the site has no chapters"
    return found


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Address of a local server that serves the site."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(site))

        def log_message(self, *arguments: Any) -> None:
            """Stay quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
