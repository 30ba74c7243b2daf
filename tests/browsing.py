"""Opening pages in Chromium and asking what is wrong with them; shared by the tests of pages."""

from __future__ import annotations

import importlib.resources
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Visit:
    """A page that was opened, and what went wrong on the way."""

    page: Any
    blocked: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def opened(
    browser: Any,
    url: str,
    allowed: tuple[str, ...],
    width: int = 1280,
    colours: str = "light",
    motion: str = "no-preference",
) -> Visit:
    """Open a page in a context of its own; whatever does not begin with `allowed` is blocked."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=colours, reduced_motion=motion
    )
    seen = Visit(context.new_page())

    def local_only(route: Any) -> None:
        if route.request.url.startswith(allowed):
            route.continue_()
        else:
            seen.blocked.append(route.request.url)
            route.abort()

    context.route("**/*", local_only)
    seen.page.on("requestfailed", lambda request: seen.failed.append(request.url))
    seen.page.on(
        "response",
        lambda answer: answer.status >= 400 and seen.failed.append(answer.url),
    )
    seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
    seen.page.on(
        "console",
        lambda message: message.type == "error" and seen.errors.append(message.text),
    )
    seen.page.goto(url, wait_until="networkidle")
    return seen


def unfold(page: Any) -> None:
    """Open everything that is folded."""
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")


def serious_faults(page: Any) -> list[tuple[str, str, int]]:
    """What axe-core finds serious or critical: rule, first element, number of elements."""
    axe = importlib.resources.files("axe_playwright_python").joinpath("axe.min.js").read_text()
    page.evaluate(axe)
    # Off by default in axe, as its check is young; people who speak to their computer need it.
    report = page.evaluate("axe.run({rules: {'label-content-name-mismatch': {enabled: true}}})")
    return [
        (fault["id"], fault["nodes"][0]["html"][:200], len(fault["nodes"]))
        for fault in report["violations"]
        if fault["impact"] in ("serious", "critical")
    ]
