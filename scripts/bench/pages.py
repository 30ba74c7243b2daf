"""How heavy the built site's pages are, and how soon they can be read."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import statistics
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tornado.httpserver
import tornado.netutil
import tornado.web
from bs4 import BeautifulSoup
from rich.console import Console
from rich.table import Table

from . import BenchError, browser, load, over

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"

#: Bytes, gzipped where a web host would gzip: a page without its animations, and each animation.
PAGE_BYTES = 1_000_000
ANIMATION_BYTES = 1_000_000
#: Milliseconds from the request to a readable page.
READABLE = 1000
#: The largest page is opened this often; the median counts.
VISITS = 5

ANIMATION = ".pooling-animation"

#: Watches a page from inside, from its first moment on. A page can be read when its document is
#: complete, its text is painted, and in what is on the screen each formula is set, each picture is
#: there, and each font: then the browser draws it. Leaves `window.times`, milliseconds from the
#: request: when the first text is painted, when the page can be read, and when the last formula far
#: down is set.
WATCH = """addEventListener('DOMContentLoaded', async () => {
    const frame = () => new Promise(requestAnimationFrame);
    const painted = () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime;
    const seen = element => {
        const box = element.getBoundingClientRect();
        return (box.width || box.height) && box.bottom > 0 && box.top < innerHeight;
    };
    const set = formula => formula.querySelector('mjx-container')?.offsetWidth > 0;
    const all = selector => [...document.querySelectorAll(selector)];
    const there = () =>
        painted() !== undefined
        && all('.math').filter(seen).every(set)
        && all('img').filter(seen).every(picture => picture.complete)
        && [...document.fonts].every(font => font.status !== 'loading');
    do await frame(); while (!there());
    const readable = performance.now();
    if (document.querySelector('.math')) {
        while (!window.MathJax?.startup?.promise) await frame();
        await MathJax.startup.promise;
    }
    window.times = [painted(), readable, performance.now()];
})"""

#: Scrolls through a page, so that it fetches all that it would ever show.
SCROLL = """async () => {
    for (let top = 0; top < document.documentElement.scrollHeight; top += innerHeight) {
        scrollTo({top, behavior: 'instant'});
        await new Promise(go => setTimeout(go, 20));
    }
}"""


@dataclass
class Weight:
    """What one page costs.

    Attributes
    ----------
    path : str
        The page within the site.
    files : dict
        From the address of each file that was fetched to its bytes on the wire, headers included.
    animations : list of int
        Bytes of each animation, gzipped alone.
    share : int
        Bytes that the animations add to the page.
    painted : float
        Milliseconds from the request until the first text is painted.
    readable : float
        Milliseconds from the request until the page is complete, and what is on the screen has its
        formulas, pictures and fonts.
    finished : float
        Milliseconds from the request until the last formula far down is set.
    """

    path: str
    files: dict[str, int]
    animations: list[int]
    share: int
    painted: float
    readable: float
    finished: float

    @property
    def total(self) -> int:
        """Bytes of the page with everything that it fetches."""
        return sum(self.files.values())

    @property
    def without(self) -> int:
        """Bytes of the page without its animations."""
        return self.total - self.share


def gzipped(text: str) -> int:
    """Return the bytes of a text as a web host sends it."""
    return len(gzip.compress(text.encode("utf-8"), compresslevel=6))


def animations(html: str) -> tuple[list[int], int]:
    """Weigh the animations in a page.

    Parameters
    ----------
    html : str
        The page.

    Returns
    -------
    each : list of int
        Bytes of each animation, gzipped alone.
    share : int
        By how many gzipped bytes the page is shorter without them.
    """
    page = BeautifulSoup(html, "html.parser")
    found = page.select(ANIMATION)
    each = [gzipped(str(one)) for one in found]
    before = gzipped(str(page))
    for one in found:
        one.decompose()
    return each, before - gzipped(str(page))


@contextlib.contextmanager
def served(site: Path) -> Iterator[str]:
    """Serve a folder at a local address, gzipped as a web host does; yields the address."""
    application = tornado.web.Application(
        [(r"/(.*)", tornado.web.StaticFileHandler, {"path": str(site)})],
        compress_response=True,
        log_function=lambda handler: None,
    )
    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
    loop = asyncio.new_event_loop()

    def serve() -> None:
        asyncio.set_event_loop(loop)
        server = tornado.httpserver.HTTPServer(application)
        server.add_sockets(sockets)
        loop.run_forever()
        server.stop()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def visit(chromium: Any, address: str, path: str) -> tuple[dict[str, int], list[float]]:
    """Open a page as a reader does who was never here.

    Parameters
    ----------
    chromium : playwright.sync_api.Browser
        The browser.
    address : str
        The server.
    path : str
        The page within the site.

    Returns
    -------
    files : dict
        From each file's address to its bytes on the wire.
    times : list of float
        Milliseconds until the first text is painted, until the page can be read, and until its last
        formula is set.
    """
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    try:
        page = context.new_page()
        requests: list[Any] = []
        page.on("requestfinished", lambda request: requests.append(request))
        page.add_init_script(WATCH)
        page.goto(f"{address}/{path}")
        page.wait_for_function("window.times")
        times = page.evaluate("window.times")
        page.wait_for_load_state("networkidle")
        # What is fetched only when it comes into sight counts too.
        page.evaluate(SCROLL)
        page.wait_for_timeout(200)
        page.wait_for_load_state("networkidle")
        files: dict[str, int] = {}
        for request in requests:
            if request.url.startswith("http"):
                size = request.sizes()
                whole = size["responseBodySize"] + size["responseHeadersSize"]
                files[request.url] = files.get(request.url, 0) + whole
        return files, times
    finally:
        context.close()


def weigh(chromium: Any, address: str, site: Path, path: str) -> Weight:
    """Weigh one page of a site that is served at `address`."""
    files, times = visit(chromium, address, path)
    each, share = animations((site / path).read_text("utf-8"))
    return Weight(path, files, each, share, *times)


def pages_of(site: Path) -> list[str]:
    """Return the site's pages, without the front page, which only forwards."""
    found = [path.relative_to(site) for path in site.rglob("*.html")]
    return sorted(
        path.as_posix()
        for path in found
        if path.parts[0] not in ("_static", "_sources", "index.html")
    )


def broken_bounds(weights: list[Weight], largest: str, readable: float) -> list[str]:
    """Return a sentence for each bound that the pages did not keep."""
    broken = []
    for one in weights:
        broken += over(f"{one.path} weighs", one.without / 1000, PAGE_BYTES / 1000, "kB")
        for number, size in enumerate(one.animations, start=1):
            what = f"{one.path}: animation {number} weighs"
            broken += over(what, size / 1000, ANIMATION_BYTES / 1000, "kB")
    return broken + over(
        f"{largest}, the largest page, was readable after", readable, READABLE, "ms"
    )


def run(console: Console, site: Path = SITE) -> list[str]:
    """Weigh and time every page of the built site; print two tables.

    Parameters
    ----------
    console : rich.console.Console
        Where to print.
    site : pathlib.Path
        Folder of the built site.

    Returns
    -------
    list of str
        A sentence for each bound that was not kept.
    """
    if not (site / "index.html").exists():
        raise BenchError("there is no built site: run `make book` first.")
    executable = browser.find()
    if executable is None:
        raise BenchError("no Chromium on the PATH: install it to weigh the pages.")
    busy = load()
    with served(site) as address, browser.started(executable) as chromium:
        weights = [weigh(chromium, address, site, path) for path in pages_of(site)]
        weights.sort(key=lambda one: -one.without)
        largest = weights[0]
        times = [visit(chromium, address, largest.path)[1][1] for _ in range(VISITS)]
    readable = statistics.median(times)

    table = Table(title="Gzipped kB, without and of animations; one visit", caption=busy)
    table.add_column("page", no_wrap=True)
    for heading in ("kB", "anima- tions", "painted ms", "readable ms", "last formula ms"):
        table.add_column(heading, justify="right", min_width=max(map(len, heading.split())))
    for one in weights:
        table.add_row(
            one.path,
            f"{one.without / 1000:.0f}",
            " ".join(f"{size / 1000:.1f}" for size in one.animations) or "–",
            f"{one.painted:.0f}",
            f"{one.readable:.0f}",
            f"{one.finished:.0f}",
        )
    console.print(table)

    table = Table(title=f"The heaviest files of {largest.path} (kB)")
    table.add_column("file", no_wrap=True)
    table.add_column("kB", justify="right", min_width=4)
    for url, size in sorted(largest.files.items(), key=lambda pair: -pair[1])[:8]:
        table.add_row(url.removeprefix(address).partition("?")[0], f"{size / 1000:.0f}")
    console.print(table)
    console.print(
        f"{largest.path}, the largest page, is readable after {readable:.0f} ms "
        f"(median of {VISITS}: {min(times):.0f} to {max(times):.0f}; the bound is {READABLE}).",
        markup=False,
        soft_wrap=True,
    )
    return broken_bounds(weights, largest.path, readable)
