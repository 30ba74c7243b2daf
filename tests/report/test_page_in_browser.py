"""The page in a real browser: on its own, readable in both colours, on a phone and on paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.__main__ import main
from tests.browsing import Visit, opened, serious_faults, unfold


@pytest.fixture(scope="module")
def address(graded_class: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of the class with the hostile message, as a file with nothing beside it."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    assert main(["report", "forward", "--course", str(graded_class), "--output", str(path)]) == 0
    return path.as_uri()


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Callable[..., Visit]]:
    visits = []

    def open_page(**how: Any) -> Visit:
        visits.append(opened(browser, address, (address,), **how))
        return visits[-1]

    yield open_page
    for seen in visits:
        seen.page.context.close()


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_it_is_quiet_and_asks_for_nothing(visit: Callable[..., Visit], colours: str) -> None:
    seen = visit(colours=colours)
    unfold(seen.page)
    seen.page.wait_for_timeout(300)
    assert (seen.blocked, seen.failed, seen.errors) == ([], [], [])
    assert seen.page.evaluate("window.hit") is None, "a student's script ran"
    assert seen.page.locator("body").is_visible(), "a student's style hid the page"


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_no_serious_fault(visit: Callable[..., Visit], colours: str, width: int) -> None:
    page = visit(colours=colours, width=width).page
    unfold(page)
    assert serious_faults(page) == []


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_it_does_not_scroll_sideways(visit: Callable[..., Visit], width: int) -> None:
    page = visit(width=width).page
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_bars_are_as_long_as_their_numbers(visit: Callable[..., Visit]) -> None:
    """Of the histogram and of what was earned; what is negative is hatched and to the left."""
    page = visit().page
    pairs = page.locator("#scores ~ .histogram td").evaluate_all(
        "all => all.map(c => [+c.querySelector('.n').textContent,"
        " c.querySelector('.column').getBoundingClientRect().width - 1])"
    )
    longest = max(width for _, width in pairs)
    most = max(count for count, _ in pairs)
    assert longest > 100
    assert all(abs(width / longest - count / most) < 0.02 for count, width in pairs)
    shares = page.locator(".groups td:has(.bar)").evaluate_all(
        "all => all.map(c => [parseInt(c.querySelector('.n').textContent),"
        " c.querySelector('.bar span').getBoundingClientRect().width"
        " / c.querySelector('.bar').clientWidth])"
    )
    assert len(shares) > 10
    assert all(abs(percent / 100 - share) < 0.02 for percent, share in shares)
    against = page.locator("tr:has-text('size-errors') .both span").first
    assert "repeating-linear-gradient" in against.evaluate(
        "b => getComputedStyle(b).backgroundImage"
    )
    box, whole = against.bounding_box(), against.locator("..").bounding_box()
    assert box["x"] + box["width"] <= whole["x"] + whole["width"] / 2 + 1


def test_by_keyboard(visit: Callable[..., Visit]) -> None:
    """Links and folds are reached with Tab, show it, and work with Enter."""
    page = visit().page
    page.keyboard.press("Tab")
    style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert (page.evaluate("document.activeElement.hash"), style) == ("#scores", "solid")
    page.keyboard.press("Enter")
    assert page.url.endswith("#scores")
    fold = page.locator("article summary").first
    fold.focus()
    page.keyboard.press("Enter")
    assert page.locator("article pre").first.is_visible()


def test_on_paper(visit: Callable[..., Visit]) -> None:
    """Printed light from a dark screen, with its bars, without the links to sections."""
    page = visit(colours="dark").page
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.emulate_media(media="print")
    assert page.evaluate(background) == "rgb(255, 255, 255)" != dark
    assert not page.locator("nav").is_visible()
    bar = page.locator(".bar span").first
    assert bar.evaluate("b => getComputedStyle(b).printColorAdjust") == "exact"


def test_without_script(browser: Any, address: str) -> None:
    """Everything is there with JavaScript off."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.locator("article").count() > 3
    page.locator("article summary").first.click()
    assert page.locator("article pre").first.is_visible()
    context.close()
