"""Every page in a real browser with the network off: complete, quiet, readable, accessible."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browsing import Visit, opened, serious_faults, unfold

ANIMATION = ".pooling-animation"


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Callable[..., Visit]]:
    """Open a page with all other hosts blocked; ``visit(path, width=..., colours=...)``."""
    visits = []

    def open_page(path: str, **how: Any) -> Visit:
        allowed = (f"{address}/", "data:", "blob:")
        seen = opened(browser, f"{address}/{path}", allowed, **how)
        visits.append(seen)
        if seen.page.locator(".math").count():
            seen.page.wait_for_selector("mjx-container", state="attached", timeout=20_000)
            seen.page.evaluate("MathJax.startup.promise")
            seen.page.wait_for_load_state("networkidle")  # the fonts of the formulas
        return seen

    yield open_page
    for seen in visits:
        seen.page.context.close()


def test_index_leads_to_the_first_page(visit: Callable[..., Visit]) -> None:
    """The front page forwards to 'Start here' and is itself complete."""
    seen = visit("index.html")
    seen.page.wait_for_url("**/book/start-here.html")
    assert seen.page.locator("h1").first.inner_text().startswith("Start here")
    assert (seen.blocked, seen.failed, seen.errors) == ([], [], [])


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_pages_need_nothing_from_elsewhere(
    visit: Callable[..., Visit], pages: list[str], colours: str
) -> None:
    """No request leaves the site, none fails, and no script reports an error."""
    for path in [*pages, "search.html", "genindex.html"]:
        seen = visit(path, colours=colours)
        assert seen.blocked == [], path
        assert seen.failed == [], path
        assert seen.errors == [], path


def test_formulas_render(visit: Callable[..., Visit], pages: list[str]) -> None:
    """Each formula becomes one typeset box with a size; no TeX is left to read."""
    total = 0
    for path in pages:
        page = visit(path).page
        formulas = page.locator(".math").count()
        boxes = page.locator("mjx-container").evaluate_all(
            "boxes => boxes.map(box => [box.offsetWidth, box.offsetHeight])"
        )
        assert len(boxes) == formulas, path
        assert all(width > 0 and height > 0 for width, height in boxes), path
        assert page.locator("mjx-merror").count() == 0, path
        # MathJax shows a command it does not know as red text, which is no error to it.
        spoken = page.locator("mjx-assistive-mml").all_text_contents()
        assert not [text for text in spoken if "\\" in text], path
        fonts = page.evaluate("[...document.fonts].filter(f => f.status === 'error').length")
        assert fonts == 0, path
        total += formulas
    assert total > 0, "no page has a formula"


#: The page with most formulas, and the ones far down in it.
FORMULAS = "book/types-of-pooling.html"

#: Tells, when the document is complete, of formulas on the screen and elsewhere: how many are set.
#: With `PRINT`, printing has begun by then.
COUNT = """addEventListener('DOMContentLoaded', () => {
    PRINT && dispatchEvent(new Event('beforeprint'));
    window.counted = {near: [0, 0], far: [0, 0]};
    for (const formula of document.querySelectorAll('.math')) {
        const box = formula.getBoundingClientRect();
        const count = counted[box.bottom > 0 && box.top < innerHeight ? 'near' : 'far'];
        count[formula.querySelector('mjx-container') ? 0 : 1] += 1;
    }
})"""


def counted(page: Any, address: str, printing: bool = False) -> dict[str, list[int]]:
    """Open an address; return how many formulas were set and how many not, near and far."""
    page.add_init_script(COUNT.replace("PRINT", str(printing).lower()))
    page.goto(address)
    return page.evaluate("window.counted")


def test_formulas_on_the_screen_come_first(browser: Any, address: str) -> None:
    """When the document is complete, these are set; others wait, and are set unasked."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        found = counted(page, f"{address}/{FORMULAS}")
        assert found["near"][0] > 0, found
        assert found["near"][1] == 0, found
        assert found["far"][1] > 50, found
        page.evaluate("MathJax.startup.promise")
        formulas, boxes = page.locator(".math").count(), page.locator("mjx-container").count()
        assert boxes == formulas
        assert page.evaluate("scrollY") == 0


def test_formulas_at_a_place_that_is_asked_for_come_first(browser: Any, address: str) -> None:
    """A link to a section far down shows it with its formulas; it stays while others are set."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{address}/{FORMULAS}")
        sections = page.locator("article section section:has(> p .math)").evaluate_all(
            "all => all.map(section => section.id)"
        )
        near = f"[id='{sections[-1]}'] > p .math"
        page.goto("about:blank")
        page.add_init_script(
            "addEventListener('DOMContentLoaded', () => { window.there = "
            f'document.querySelector("{near} mjx-container") !== null; }})'
        )
        found = counted(page, f"{address}/{FORMULAS}#{sections[-1]}")
        assert page.evaluate("window.there"), "the formula that was asked for waits"
        assert found["far"][1] > 50, found
        page.evaluate("MathJax.startup.promise")
        page.wait_for_load_state("networkidle")
        heading = page.locator(f"[id='{sections[-1]}'] :is(h2, h3)").first
        assert 0 <= heading.bounding_box()["y"] < 200
        assert page.locator(f"{near} mjx-container").first.bounding_box()["width"] > 0


def test_a_place_that_is_spelt_wrongly_does_no_harm(visit: Callable[..., Visit]) -> None:
    """A percent sign that encodes nothing, and a name that is not there: all formulas are set."""
    for place in ("#100%", "#nowhere"):
        seen = visit(FORMULAS + place)
        assert seen.errors == []
        formulas, boxes = seen.page.locator(".math"), seen.page.locator("mjx-container")
        assert boxes.count() == formulas.count()


def test_printing_sets_all_formulas_at_once(browser: Any, address: str) -> None:
    """Who prints before the last formula's turn gets a whole page."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        found = counted(page, f"{address}/{FORMULAS}", printing=True)
        assert (found["near"][1], found["far"][1]) == (0, 0), found
        assert found["far"][0] > 50, found
        page.evaluate("MathJax.startup.promise")
        formulas, boxes = page.locator(".math").count(), page.locator("mjx-container").count()
        assert boxes == formulas, "a formula was set twice"


@pytest.mark.parametrize("width", [390, 1280])
def test_pictures_keep_their_place(
    visit: Callable[..., Visit], pages: list[str], width: int
) -> None:
    """All but the first are fetched when the reader comes near; each has its size before that."""
    total = 0
    for path in pages:
        page = visit(path, width=width, colours="dark").page
        found = page.locator("article img").evaluate_all(
            "all => all.map(i => [i.getAttribute('width'), i.getAttribute('height'), i.loading])"
        )
        assert [kind for _, _, kind in found[1:]] == ["lazy"] * len(found[1:]), path
        for number, picture in enumerate(page.locator("article img").all()):
            before = picture.bounding_box()
            picture.evaluate("i => { i.loading = 'eager'; return i.decode(); }")
            natural = picture.evaluate("i => [`${i.naturalWidth}`, `${i.naturalHeight}`]")
            assert found[number][:2] == natural, path
            if before is not None:  # not in a closed fold
                after = picture.bounding_box()
                assert abs(before["height"] - after["height"]) < 1, path
        total += len(found)
    assert total > 20


def test_printing_fetches_all_pictures(browser: Any, address: str) -> None:
    """A page that is printed from its top has the pictures that were never on the screen."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{address}/{FORMULAS}", wait_until="networkidle")
        missing = "[...document.querySelectorAll('article img')].filter(i => !i.complete).length"
        assert page.evaluate(missing) > 0, "there is nothing to fetch"
        page.pdf()
        assert page.evaluate(missing) == 0


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_phone_does_not_scroll_sideways(
    visit: Callable[..., Visit], pages: list[str], colours: str
) -> None:
    """At 390 pixels the page fits; what is wider scrolls inside its own box."""
    for path in pages:
        page = visit(path, width=390, colours=colours).page
        unfold(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


#: The parts of names in tables that stand in more than one line: how often the browser broke them.
BROKEN_PARTS = """() => [...document.querySelectorAll("article td code .pre")].flatMap(name => {
  const texts = document.createTreeWalker(name, NodeFilter.SHOW_TEXT), found = [];
  while (texts.nextNode())
    for (const part of texts.currentNode.data.matchAll(/[^\\W_]+/g)) {
      const range = new Range();
      range.setStart(texts.currentNode, part.index);
      range.setEnd(texts.currentNode, part.index + part[0].length);
      if (new Set([...range.getClientRects()].map(r => r.top)).size > 1) found.push(part[0]);
    }
  return found;
})"""


@pytest.mark.parametrize("width", [390, 1280])
def test_names_in_tables_break_between_words(
    visit: Callable[..., Visit], pages: list[str], width: int
) -> None:
    """A long name goes on in the next line after an underscore, not in the middle of a word."""
    for path in pages:
        assert visit(path, width=width).page.evaluate(BROKEN_PARTS) == [], path


def test_pictures_say_what_they_show(visit: Callable[..., Visit], pages: list[str]) -> None:
    """Alternative texts are sentences, not file names; drawings have a role and a label."""
    for path in pages:
        page = visit(path).page
        for text in page.locator("article img").evaluate_all("all => all.map(i => i.alt)"):
            assert len(text.split()) > 5, f"{path}: {text!r}"
            assert not re.search(r"\.(png|svg|jpe?g|gif)\b|/", text), f"{path}: {text!r}"
        for label in page.locator("article figure svg").evaluate_all(
            "all => all.map(s => s.getAttribute('role') === 'img' && s.ariaLabel || '')"
        ):
            assert len(label.split()) > 5, path
        for picture in page.locator("article img").all():
            if picture.is_visible():
                picture.scroll_into_view_if_needed()  # it may not have been fetched before
            picture.evaluate("i => { i.loading = 'eager'; return i.decode(); }")
            box = picture.evaluate("i => [i.complete, i.naturalWidth, i.offsetWidth]")
            assert box[0] and box[1] > 0 and box[2] > 0, path


def shown(page: Any, selector: str, box: str = ANIMATION) -> list[bool]:
    """Return, for each element of an animation, by default the first, whether it can be seen."""
    return page.locator(box).first.evaluate(
        "(box, selector) => [...box.querySelectorAll(selector)]"
        ".map(e => getComputedStyle(e).visibility === 'visible')",
        selector,
    )


CHAPTER = "book/what-is-pooling.html"
GRADIENTS = "book/gradients-through-pooling.html"

#: The animations, by what they show: their page and their element.
ANIMATIONS = {
    "max": (CHAPTER, "#window-steps"),
    "average": (CHAPTER, "#average-steps"),
    "same": (CHAPTER, "#same-steps"),
    "overlapping": (CHAPTER, "#overlap-steps"),
    "backward routing": (GRADIENTS, "#routing-steps"),
}


def test_no_animation_is_left_out_of_the_tests(
    visit: Callable[..., Visit], pages: list[str]
) -> None:
    """Each page has the animations listed above and no others."""
    found = [
        (path, f"#{name}")
        for path in pages
        for name in visit(path).page.locator(ANIMATION).evaluate_all("all => all.map(a => a.id)")
    ]
    assert sorted(found) == sorted(ANIMATIONS.values())


@pytest.mark.parametrize(("chapter", "box"), ANIMATIONS.values(), ids=ANIMATIONS)
def test_the_animation_moves_and_can_be_paused(
    visit: Callable[..., Visit], chapter: str, box: str
) -> None:
    """The window moves by itself; the keyboard pauses it; a number shows that step."""
    page = visit(chapter).page
    first = shown(page, ".step", box)
    page.wait_for_timeout(2500)
    assert shown(page, ".step", box) != first, "the animation stands still"

    # By keyboard: from Play one step on to Pause.
    page.locator(f"{box} input[value=play]").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(f"{box} input[value=pause]").is_checked()
    paused = shown(page, ".step, .out, .partial", box)
    page.wait_for_timeout(2500)
    assert shown(page, ".step, .out, .partial", box) == paused, "pausing does not stop it"

    # And back: it goes on.
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(2500)
    assert shown(page, ".step, .out, .partial", box) != paused, "it does not play on"

    # By pointer: the third window.
    page.locator(f"{box} label:has(input[value='3'])").click()
    seen = shown(page, ".step", box)
    assert [i for i, visible in enumerate(seen, start=1) if visible] == [3]


@pytest.mark.parametrize(("chapter", "box"), ANIMATIONS.values(), ids=ANIMATIONS)
def test_the_animation_is_light_and_has_a_caption(
    visit: Callable[..., Visit], chapter: str, box: str
) -> None:
    """It weighs far less than 1 MB, style and all, fetches nothing, and its figure is numbered."""
    page = visit(chapter).page
    source = page.locator(box).evaluate("box => box.outerHTML")
    assert len(source.encode()) < 1_000_000
    assert not re.search(r"url\(|src=|href=|<script", source)
    caption = page.locator(f"figure:has({box}) figcaption").inner_text()
    assert re.match(r"Figure \d", caption), caption


def test_a_step_shows_the_output_so_far(visit: Callable[..., Visit]) -> None:
    """At the third window, three values of the output are filled in."""
    page = visit(CHAPTER).page
    page.locator(f"{ANIMATION} label:has(input[value='3'])").first.click()
    assert sum(shown(page, ".out")) == 3


@pytest.mark.parametrize(
    ("step", "sums"),
    [
        (1, {(1, 1): 1}),
        (5, {(1, 1): 12, (1, 2): 3}),
        (9, {(1, 1): 12, (1, 2): 9, (2, 2): 17, (3, 0): 7}),
    ],
)
def test_a_step_shows_the_gradient_so_far(
    visit: Callable[..., Visit], step: int, sums: dict[tuple[int, int], int]
) -> None:
    """Each cell of the gradient shows one number: what has been added to it by then."""
    page = visit(GRADIENTS).page
    page.locator(f"{ANIMATION} label:has(input[value='{step}'])").first.click()
    texts = page.locator(ANIMATION).first.evaluate(
        "box => [...box.querySelectorAll('.out text, .partial text')]"
        ".filter(t => getComputedStyle(t).visibility === 'visible')"
        ".map(t => [+t.getAttribute('y'), +t.getAttribute('x'), +t.textContent])"
    )
    expected = [sums.get(divmod(cell, 4), 0) for cell in range(16)]
    assert [number for _, _, number in sorted(texts)] == expected


@pytest.mark.parametrize(("chapter", "box"), ANIMATIONS.values(), ids=ANIMATIONS)
def test_the_animation_stands_still_for_those_who_ask(
    visit: Callable[..., Visit], chapter: str, box: str
) -> None:
    """With reduced motion it is a still picture: one window and the whole output."""
    page = visit(chapter, motion="reduce").page
    before = shown(page, ".step, .out, .partial", box)
    page.wait_for_timeout(2500)
    assert shown(page, ".step, .out, .partial", box) == before
    assert sum(shown(page, ".step", box)) == 1
    assert all(shown(page, ".out", box))
    assert not any(shown(page, ".partial", box))
    running = page.evaluate(
        "document.getAnimations().filter(a => a.playState === 'running').length"
    )
    assert running == 0


@pytest.mark.parametrize(("chapter", "box"), ANIMATIONS.values(), ids=ANIMATIONS)
def test_the_animation_prints_as_a_still(
    visit: Callable[..., Visit], chapter: str, box: str
) -> None:
    """On paper there is one window, the whole output, and no buttons."""
    page = visit(chapter).page
    page.emulate_media(media="print")
    assert sum(shown(page, ".step", box)) == 1
    assert all(shown(page, ".out", box))
    assert not any(shown(page, ".partial", box))
    assert not page.locator(f"{box} fieldset").is_visible()


def test_dark_pages_print_in_light_colours(visit: Callable[..., Visit]) -> None:
    """Printing switches a dark page to light, and back afterwards."""
    page = visit(CHAPTER, colours="dark").page
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(background) == "rgb(255, 255, 255)" != dark
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(background) == dark


def test_fold_buttons_show_their_focus(visit: Callable[..., Visit]) -> None:
    """A fold button that has the keyboard's focus has a frame, and Enter opens it."""
    page = visit(CHAPTER).page
    button = page.locator("details summary").first
    button.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    style = button.evaluate(
        "b => [getComputedStyle(b).outlineStyle, getComputedStyle(b).outlineWidth]"
    )
    assert style == ["solid", "3px"]
    page.keyboard.press("Enter")
    assert page.locator("details").first.get_attribute("open") is not None


def test_pages_are_light(site: Path, visit: Callable[..., Visit]) -> None:
    """The HTML stays under 1 MB; icons and the search index do not weigh on the page."""
    page = visit(CHAPTER).page
    assert (site / CHAPTER).stat().st_size < 1_000_000
    scripts = page.locator("script[src]").evaluate_all("all => all.map(s => s.src)")
    assert not [url for url in scripts if "fontawesome" in url]
    assert len(scripts) == len(set(scripts)), "a script is loaded twice"
    assert not [url for url in scripts if "searchindex" in url]
    fetched = page.evaluate("performance.getEntriesByType('resource').map(r => r.name)")
    assert not [url for url in fetched if "fontawesome" in url], "the whole font of icons"
    icon = page.locator(".fa-bars").first
    assert icon.evaluate("i => i.getBoundingClientRect().width") > 0
    loaded = page.evaluate(
        "[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)"
    )
    assert [family for family in loaded if "Awesome" in family], "no font of icons"


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_no_serious_fault(
    visit: Callable[..., Visit], pages: list[str], colours: str
) -> None:
    """axe-core reports nothing serious or critical, with everything unfolded."""
    for path in pages:
        page = visit(path, colours=colours).page
        unfold(page)
        page.wait_for_timeout(1000)  # what unfolds fades in, and is pale until then
        assert serious_faults(page) == [], path
