"""The playground in 'What is pooling?': its results against Keras', and its use by readers."""

from __future__ import annotations

import importlib.resources
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .conftest import ROOT
from .record_playground_cases import FILE, questions

CHAPTER = "book/what-is-pooling.html"
CASES = json.loads(FILE.read_text(encoding="utf-8"))

#: Reads what the playground shows; `data-value` holds the numbers before they were rounded.
SHOWN = """host => {
  const root = host.shadowRoot;
  const texts = selector => [...root.querySelectorAll(selector)].map(e => e.textContent);
  const rows = [...root.querySelectorAll(".output [role=row]")].map(
    row => [...row.children].map(cell => Number(cell.dataset.value)));
  return {rows, texts: texts(".output .cell"), result: texts(".result")[0],
    sizes: texts(".sizes li").join(" "), hint: texts(".hint")[0],
    inputs: [...root.querySelectorAll(".input input")].map(e => e.value),
    numpy: texts(".numpy")[0], keras: texts(".keras")[0]};
}"""

#: Runs pieces of Python, each by itself, and prints what each called `y`.
RUN_LINES = """
import contextlib, io, json, sys
results = []
for code in json.load(sys.stdin):
    names, printed = {}, io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, names)
    assert printed.getvalue().strip() == str(names["y"])
    results.append(names["y"].tolist())
print(json.dumps(results))
"""


def python(*arguments: str, standard_input: str = "") -> Any:
    """Run Python in a process of its own, as TensorFlow must not run in the tests' process."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        input=standard_input,
        text=True,
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def link(
    operation: str = "max",
    padding: str = "valid",
    window: tuple[Any, Any] = (2, 2),
    stride: tuple[Any, Any] = (2, 2),
    image: Any = ((1, 2, 3), (4, 5, 6), (7, 8, 9)),
    step: int = 0,
) -> str:
    """Write the state of a link, as the playground does."""
    cells = ",".join(str(value) for row in image for value in row)
    pairs = [",".join(map(str, pair)) for pair in (window, stride, (len(image), len(image[0])))]
    return ":".join([operation, padding, *pairs, str(step), cells])


class Playground:
    """A page with the playground, and how to read it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.host = page.locator("pooling-playground")

    def shown(self) -> dict[str, Any]:
        """Return what can be seen."""
        return self.host.evaluate(SHOWN)

    def find(self, selector: str) -> Any:
        """Find something inside the playground."""
        return self.host.locator(selector)

    def press(self, name: str) -> None:
        """Press the button with this text."""
        self.host.get_by_role("button", name=name, exact=True).click()

    def focused(self) -> str:
        """Return the name of what has the focus."""
        return self.host.evaluate("host => host.shadowRoot.activeElement?.ariaLabel ?? ''")

    def axe(self) -> list[str]:
        """Return serious faults of the playground that axe-core finds."""
        axe = importlib.resources.files("axe_playwright_python").joinpath("axe.min.js")
        self.page.evaluate(axe.read_text())
        rules = "{rules: {'label-content-name-mismatch': {enabled: true}}}"
        report = self.page.evaluate(f"axe.run('pooling-playground', {rules})")
        assert report["passes"], "axe looked at nothing"
        return [
            f"{fault['id']}: {fault['nodes'][0]['html'][:200]}"
            for fault in report["violations"]
            if fault["impact"] in ("serious", "critical")
        ]


Open = Callable[..., Playground]


@pytest.fixture
def playground(browser: Any, address: str) -> Iterator[Open]:
    """Open the chapter: ``playground(state, **options of the browser's context)``."""
    opened: list[Playground] = []

    def open_page(state: str = "", base: str = address, **options: Any) -> Playground:
        options = {"viewport": {"width": 1280, "height": 900}, **options}
        opened.append(Playground(browser.new_context(**options).new_page()))
        fragment = f"#playground={state}" if state else ""
        # The deferred scripts have run by then; the formulas need not be ready.
        opened[-1].page.goto(f"{base}/{CHAPTER}{fragment}", wait_until="domcontentloaded")
        return opened[-1]

    yield open_page
    for one in opened:
        assert one.errors == []
        one.page.context.close()


def test_recorded_cases_are_keras_answers() -> None:
    """The recorded questions are those of the script, and Keras still gives these answers."""
    asked = [{key: case[key] for key in case if key != "output"} for case in CASES]
    assert asked == questions()
    again = python("-m", "tests.book.record_playground_cases", "--every", "5")
    for case, recorded in zip(again, CASES[::5], strict=True):
        np.testing.assert_allclose(case["output"], recorded["output"], atol=1e-6)


def test_results_equal_keras(playground: Open) -> None:
    """All recorded cases, through links and the page: what is shown is what Keras computed."""
    assert len(CASES) >= 200
    links = [link(**{key: case[key] for key in case if key != "output"}) for case in CASES]
    page = playground()
    shown = page.host.evaluate(
        f"(host, links) => links.map(text => {{ host.load(text); return ({SHOWN})(host).rows; }})",
        links,
    )
    for case, rows in zip(CASES, shown, strict=True):
        assert np.shape(rows) == np.shape(case["output"]), case
        np.testing.assert_allclose(rows, case["output"], rtol=0, atol=1e-5, err_msg=str(case))


def test_python_lines_give_what_is_shown(playground: Open) -> None:
    """The NumPy and the Keras lines of a sample run, and give the numbers in the page."""
    sample = [*CASES[::5], *CASES[-11::5]]
    assert {case["operation"] for case in sample} == {case["operation"] for case in CASES}
    links = [link(**{key: case[key] for key in case if key != "output"}) for case in sample]
    page = playground()
    shown = page.host.evaluate(
        f"(host, links) => links.map(text => {{ host.load(text); return ({SHOWN})(host); }})", links
    )
    codes = [state[kind] for state in shown for kind in ("numpy", "keras")]
    assert max(len(line) for code in codes for line in code.splitlines()) < 100
    results = python("-c", RUN_LINES, standard_input=json.dumps(codes))
    for state, numpy, keras in zip(shown, results[::2], results[1::2], strict=True):
        np.testing.assert_allclose(numpy, state["rows"], rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(keras, state["rows"], rtol=1e-5, atol=1e-5)


def test_examples_show_what_they_claim(playground: Open) -> None:
    """The sentence of each example is true of its output."""
    page = playground()
    seen = {}
    names = page.find(".examples button").all_text_contents()
    for name in names:
        page.press(name)
        assert page.find(".examples [aria-pressed=true]").all_text_contents() == [name]
        seen[name] = page.shown()
        assert len(seen[name]["hint"].split()) > 5
    assert seen["1 to 9"]["rows"] == [[3, 4], [6, 7]]
    assert "(1 + 2 + 4 + 5) / 4 = 3" in seen["1 to 9"]["result"]
    assert "No window reads column 7." in seen["A column left over"]["sizes"]
    assert seen["Uneven padding"]["rows"] == [[3, 4.5], [7.5, 9]]
    assert "= 1, of which 0 above and 1 below" in seen["Uneven padding"]["sizes"]
    assert "= 1, of which 0 on the left and 1 on the right" in seen["Uneven padding"]["sizes"]
    assert seen["All −1 under same"]["texts"] == ["−1"] * 9
    assert seen["Ties"]["texts"] == ["7"] * 4
    assert seen["Overlap"]["texts"] == ["9"] * 9
    assert seen["A dark line"]["texts"] == ["9"] * 6
    assert seen["Stripes"]["rows"] == [[0, 1, 0, 1]]
    assert seen["Global"]["rows"] == [[5]]
    assert len(seen) == len(names) == 9

    page.press("1 to 9")
    page.find("[name=stride-0]").fill("2")
    page.find("[name=stride-1]").fill("2")
    assert page.shown()["rows"] == [[3]]
    page.press("A column left over")
    for index in (7, 15, 23):
        page.find(f".input input[data-index='{index}']").fill("-500")
    assert page.shown()["rows"] == seen["A column left over"]["rows"]
    page.press("Ties")
    page.find(".output .cell").nth(3).click()
    assert "7 stands in 4 of the cells" in page.shown()["result"]
    page.press("A dark line")
    page.find("[name=operation]").select_option("min")
    assert page.shown()["rows"] == [[9, 1, 9]] * 2
    page.press("Stripes")
    page.press("Move right")
    assert page.shown()["rows"] == [[1, 1, 1, 1]]
    page.press("Move right")
    assert page.shown()["rows"] == [[1, 0, 1, 0]]


def test_by_keyboard_alone(playground: Open) -> None:
    """Numbers are edited and windows stepped through without a pointer; focus can be seen."""
    page = playground(link(stride=(1, 1)))
    keys = page.page.keyboard
    page.page.evaluate(
        "document.addEventListener('keydown', e => { window.leaked ||= e.ctrlKey ? '' : e.key; })"
    )
    page.find("[name=move]").focus()
    keys.press("Tab")
    assert page.focused() == "Input row 0, column 0"
    keys.press("ArrowDown")
    keys.press("ArrowRight")
    assert page.focused() == "Input row 1, column 1"
    outline = (
        page.find(".input input")
        .nth(4)
        .evaluate("e => [getComputedStyle(e).outlineStyle, getComputedStyle(e).outlineWidth]")
    )
    assert outline == ["dashed", "3px"]
    keys.type("-12.5")  # replaces the 5, which was selected
    assert page.shown()["inputs"][4] == "-12.5"
    keys.press("ArrowLeft")  # the caret moves, the focus stays
    assert page.focused() == "Input row 1, column 1"
    keys.press("Home")
    keys.press("ArrowLeft")
    assert page.focused() == "Input row 1, column 0"
    keys.press("Control+End")
    assert page.focused() == "Input row 2, column 2"
    assert page.find(".input [tabindex='0']").count() == 1
    assert page.shown()["texts"] == ["4", "6", "8", "9"]

    keys.press("Tab")
    assert page.focused() == "Output row 0, column 0: 4"
    keys.press("ArrowRight")
    assert page.focused() == "Output row 0, column 1: 6"
    assert page.shown()["result"].startswith(
        "Window 2 of 4, output row 0, column 1: max(2, 3, −12.5, 6) = 6."
    )
    keys.press("ArrowDown")
    keys.press("ArrowDown")  # at the edge
    assert page.focused() == "Output row 1, column 1: 9"
    assert page.find(".output [aria-selected=true]").all_text_contents() == ["9"]
    assert page.find(".output [tabindex='0']").count() == 1
    frames = page.find(".frame").evaluate_all("all => all.map(e => e.style.gridArea)")
    assert frames == ["2 / 2 / span 2 / span 2", "2 / 2"]
    keys.press("Tab")
    keys.press("Tab")
    keys.press("Enter")  # Next window: from the last to the first
    assert page.shown()["result"].startswith("Window 1 of 4")
    assert page.find(".result").get_attribute("role") == "status"
    assert not page.page.evaluate("window.leaked"), "the theme would take keys as its own"


def test_by_pointer(playground: Open) -> None:
    """A click on an output, or on a button, shows that window; the numbers in it are marked."""
    page = playground()
    page.find(".output .cell").nth(2).click()
    assert page.shown()["result"].startswith("Window 3 of 4, output row 1, column 0: (4 + 5 + 7")
    used = page.find(".input .cell.in input").evaluate_all("all => all.map(e => e.value)")
    assert used == ["4", "5", "7", "8"]
    page.press("Next window")
    page.press("Next window")
    page.press("Previous window")
    assert page.shown()["result"].startswith("Window 4 of 4")
    page.press("Clear")
    assert set(page.shown()["inputs"]) == {"0"}
    page.press("Random")
    assert all(re.fullmatch(r"-?\d", text) for text in page.shown()["inputs"])


def test_input_can_be_resized(playground: Open) -> None:
    """What fits is kept, the rest is zero; windows and strides may have unequal sides."""
    page = playground(link())
    page.find("[name=size-0]").fill("2")
    page.find("[name=size-1]").fill("5")
    assert page.shown()["inputs"] == ["1", "2", "3", "0", "0", "4", "5", "6", "0", "0"]
    page.find("[name=window-0]").fill("1")
    page.find("[name=window-1]").fill("3")
    page.find("[name=stride-0]").fill("1")
    assert page.shown()["rows"] == [[3, 3], [6, 6]]
    page.find("[name=operation]").select_option("global-max")
    assert page.shown()["rows"] == [[6]]
    assert page.find("[name=window-0]").is_disabled()


def test_the_address_restores_the_state(playground: Open) -> None:
    """The address follows without new steps in the history, and brings the state back."""
    page = playground()
    before = page.page.evaluate("history.length")
    page.press("Uneven padding")
    page.find("[name=operation]").select_option("l2")
    page.find(".input input").nth(4).fill("x,:%")
    page.find(".input input").nth(4).fill("0.5")
    page.press("Next window")
    page.page.wait_for_timeout(500)
    state = page.shown()
    assert page.page.evaluate("history.length") == before
    restored = "#playground=l2:same:2,2:2,2:3,3:1:1,2,3,4,0.5,6,7,8,9"
    assert page.page.evaluate("location.hash") == restored
    assert page.find(".link a").get_attribute("href") == restored
    page.page.reload(wait_until="domcontentloaded")
    assert page.shown() == {**state, "hint": ""}

    # Half-typed states survive as well, and a link on the page itself is followed.
    page.find(".input input").nth(4).fill("x,:%")
    page.page.wait_for_timeout(500)
    page.page.reload(wait_until="domcontentloaded")
    assert page.shown()["inputs"][4] == "x,:%"
    page.page.evaluate("text => { location.hash = `playground=${text}`; }", link("min"))
    page.page.wait_for_function(
        "document.querySelector('pooling-playground').state.operation === 'min'"
    )
    assert page.shown()["rows"] == [[1]]


def test_a_link_leads_to_the_playground(playground: Open) -> None:
    """Who opens a link sees the playground, not the top of the chapter; others see the top."""
    top = "host => host.getBoundingClientRect().top"
    page = playground(link())
    page.page.wait_for_timeout(500)
    assert 0 <= page.host.evaluate(top) < 200
    page = playground()
    page.page.wait_for_timeout(500)
    assert page.page.evaluate("scrollY") == 0


NO_STATES = (
    "x", "max", "%", ":" * 6, link() + ",1", link("mean"), link(padding="full"), link(step=-1),
    link(image=[range(11)]), link().replace("3,3", "0,0"), link(image=[["%zz"]]),
    link(image=[["9" * 13]]), link(window=("<b>x</b>", 1, 2)), "constructor" + link()[3:],
)  # fmt: skip


def test_a_broken_link_shows_an_example(playground: Open) -> None:
    """What is no state gives a sentence and the first example, at the start and later."""
    page = playground("x")
    for state in NO_STATES:
        if state != "x":
            page.host.evaluate("(host, text) => host.load(text)", link())
            page.page.evaluate(
                "text => new Promise(done => {"
                " addEventListener('hashchange', () => setTimeout(done), {once: true});"
                " location.hash = `playground=${text}`; })",
                state,
            )
        shown = page.shown()
        assert shown["hint"].startswith("The link could not be read."), state
        assert shown["rows"] == [[3, 4], [6, 7]], state


LIMITS = "has to be a whole number from 1 to 10."


INVALID = (
    ("window-0", "4", "The window has 4 rows, the input 3: under valid no window fits."),
    ("window-1", "10", "The window has 10 columns, the input 3: under valid no window"),
    ("window-0", "", f"Each side of the window {LIMITS}"),
    ("window-0", "1.5", f"Each side of the window {LIMITS}"),
    ("stride-1", "0", f"Each stride {LIMITS}"),
    ("stride-0", "-1", f"Each stride {LIMITS}"),
    ("size-0", "11", f"Each side of the input {LIMITS}"),
    ("size-1", "", f"Each side of the input {LIMITS}"),
    ("cell", "", "The cell in row 1, column 1 is empty: type a number."),
    ("cell", "-", "The cell in row 1, column 1 holds “-”, which is not a number."),
    ("cell", "1,5", "The cell in row 1, column 1 holds “1,5”, which is not a number."),
    ("cell", "0x10", "The cell in row 1, column 1 holds “0x10”, which is not a number."),
    ("cell", "NaN", "The cell in row 1, column 1 holds “NaN”, which is not a number."),
    ("cell", "<b>1</b>", "The cell in row 1, column 1 holds “<b>1</b>”, which is not"),
    ("cell", "1e999", "The cell in row 1, column 1 is too large"),
)


def test_an_invalid_state_gives_a_sentence(playground: Open) -> None:
    """No output, no code, one sentence; the same control leads back to a result."""
    page = playground()
    for name, text, sentence in INVALID:
        page.host.evaluate("(host, text) => host.load(text)", link())
        selector = f"[name={name}]" if name != "cell" else ".input input[data-index='4']"
        page.find(selector).fill(text)
        assert page.shown()["result"].startswith(f"No result. {sentence}")
        assert page.shown()["rows"] == [], sentence
        assert not page.find(".lines").is_visible(), sentence
        assert page.find("[name=next]").is_disabled(), sentence
        assert page.find("[aria-invalid=true]").count() == (name == "cell"), sentence
        page.find(selector).fill("2")
        assert page.shown()["rows"], page.shown()["result"]


def test_numbers_are_read_as_people_type_them(playground: Open) -> None:
    """A typographic minus, a leading point, blanks and an exponent are numbers."""
    page = playground(link("min", image=[["%E2%88%922", ".5"], ["%20-1.%20", "1e-3"]]))
    assert page.shown()["rows"] == [[-2]]
    assert page.shown()["result"].startswith(
        "Window 1 of 1, output row 0, column 0: min(−2, 0.5, −1, 0.001) = −2."
    )


def test_same_says_that_padding_is_ignored(playground: Open) -> None:
    """Cells outside are counted, called ignored, hatched, and not part of the grid's numbers."""
    page = playground(link("average", "same", step=3))
    shown = page.shown()
    assert "9 / 1 = 9. 3 cells of the window lie outside and are ignored." in shown["result"]
    assert "⌈3 / 2⌉ = 2. Added: max((2 − 1) · 2 + 2 − 3, 0) = 1" in shown["sizes"]
    assert page.find(".outside").count() == 7
    assert "gradient" in page.find(".outside").first.evaluate(
        "e => getComputedStyle(e).backgroundImage"
    )


def test_works_from_the_disk(playground: Open, site: Path) -> None:
    """A reader who opens the file itself has the playground, and its links work."""
    page = playground(link("average"), base=site.as_uri())
    assert page.shown()["rows"] == [[3]]
    page.find("[name=operation]").select_option("max")
    page.page.wait_for_timeout(500)
    page.page.reload(wait_until="domcontentloaded")
    assert page.shown()["rows"] == [[5]]


def test_only_its_own_page_loads_it(site: Path) -> None:
    """Pages without the element do not fetch its scripts."""
    users = {
        path.name
        for path in site.rglob("*.html")
        if "_static/playground/" in path.read_text(encoding="utf-8")
    }
    assert users == {"what-is-pooling.html"}
    scripts = (site / "_static" / "playground").glob("*.js")
    assert sum(path.stat().st_size for path in scripts) < 60_000


def test_without_javascript_there_is_a_picture(playground: Open) -> None:
    """Without scripts, the page shows a described picture and says what is missing."""
    page = playground(java_script_enabled=False)
    picture = page.find("svg[role=img]")
    assert picture.is_visible()
    assert "the average of the four" in picture.get_attribute("aria-label")
    assert page.find("p").get_by_text("runs in the page of the book").is_visible()
    assert page.page.locator("pooling-playground button").count() == 0


def test_the_notebook_shows_the_picture(site: Path) -> None:
    """The downloaded chapter carries the cell that draws the picture; no script is needed."""
    notebook = json.loads((site / "_sources/book/what-is-pooling.ipynb").read_text("utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"]]
    assert sum("<pooling-playground>" in cell for cell in cells) == 1
    assert not any("<script" in cell for cell in cells)


def test_on_paper(playground: Open) -> None:
    """Printed: the grids, the state in words, the result and the code, but no controls."""
    page = playground()
    page.page.emulate_media(media="print")
    for selector in (".examples", ".controls", ".hint", "[name=next]", ".link"):
        assert not page.find(selector).first.is_visible(), selector
    for selector in (".input", ".output", ".result", ".sizes", ".numpy", ".paper"):
        assert page.find(selector).first.is_visible(), selector
    words = page.find(".paper").text_content()
    assert words == "Operation: average; window 2 × 2; stride 1 × 1; valid"


def test_nothing_moves(playground: Open) -> None:
    """No transition and no animation, so there is nothing to reduce."""
    page = playground(reduced_motion="reduce")
    page.press("Next window")
    moving = page.host.evaluate(
        "host => [...host.shadowRoot.querySelectorAll('*')].filter(e => e.getAnimations().length"
        " || getComputedStyle(e).transitionDuration !== '0s').length"
    )
    assert moving == 0


WIDE = link("max", "same", (10, 10), (1, 1), [[-1000.25] * 10] * 10, step=9)
STATES = {
    "padded": WIDE,
    "broken": link(image=[["abc", 1], [2, 3]]),
    "global": link("global-average"),
}


def test_a_phone_does_not_scroll_sideways(playground: Open) -> None:
    """At 390 pixels the largest grid scrolls in its own box, and follows the window."""
    for state in STATES.values():
        page = playground(state, viewport={"width": 390, "height": 800})
        assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    page = playground(WIDE, viewport={"width": 390, "height": 800})
    box = page.find(".scroll").first
    assert box.evaluate("e => e.scrollWidth > e.clientWidth && e.scrollLeft > 0")
    frame = page.find(".output .frame")
    assert frame.evaluate(
        "e => e.getBoundingClientRect().right"
        " <= e.closest('.scroll').getBoundingClientRect().right + 1"
    )


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_no_serious_fault(playground: Open, state: str, colours: str) -> None:
    """axe-core reports nothing serious or critical in other states than the first either."""
    assert playground(STATES[state], color_scheme=colours).axe() == []
