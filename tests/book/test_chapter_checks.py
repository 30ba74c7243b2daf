"""What must not be in a chapter: each fault is named with the chapter and its line or cell."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .conftest import BOOK, STRICT, build_book
from .test_strict_build import NOTEBOOK, small_book

sys.path.insert(0, str(BOOK / "_ext"))
from pooling_book.chapter_checks import (
    Finding,
    code_cells,
    pictures,
    prose,
    typed_numbers,
)

CHAPTERS = sorted(BOOK.glob("*.md"))
CELL = "```{code-cell} ipython3\nx = 1.5\n```\n"


def by_name(path: Path) -> str:
    """Name a test after its chapter."""
    return path.stem


@pytest.mark.parametrize("chapter", CHAPTERS, ids=by_name)
def test_chapters_have_no_such_fault(chapter: Path) -> None:
    text = chapter.read_text(encoding="utf-8")
    assert [*pictures(text), *typed_numbers(text)] == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("It takes 93 % of them.", "93 %"),
        ("It takes 93% of them.", "93%"),
        ("About 12 per cent are lost.", "12 per cent"),
        ("An accuracy of 0.93 is fine.", "0.93"),
        ("It fell by −2.5 grey levels.", "−2.5"),
        ("It has 211,690 parameters.", "211,690"),
        ("The epoch took 12 seconds.", "12 seconds"),
        ("The epoch took 12 s.", "12 s"),
        ("They fill 196 kB of memory.", "196 kB"),
        ("They are 3 percentage points apart.", "3 percentage points"),
        ("It is 4 times as large.", "4 times"),
        ("| a | 5.5 |", "5.5"),
        ("```{list-table} A table.\n* - a\n  - 0.75\n```", "0.75"),
        (":::{admonition} 99 % right\nText.\n:::", "99 %"),
        ("{glue:text}`a:.1f` of 2.5", "2.5"),
    ],
)
def test_a_typed_number_is_found(text: str, number: str) -> None:
    [finding] = typed_numbers(f"{CELL}\n{text}\n")
    assert f"“{number}”" in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "{glue:text}`a:.1f` %, {glue:text}`b` seconds, {glue:text}`c:,` times",
        "A 2 by 2 window with stride 2 on 28 × 28 pixels; the values 1, 2, 4 and 5; in 2015.",
        "You need Python 3.10 to 3.13, or Keras 3.12.",
        "The code `x = 2.5` and the formula $0.5 x + 1.5$ are definitions.",
        "## Section 2.5",
        "```{math}\n:label: eq\n\n0.5\n```",
        "```python\nx = 2.5\n```",
        "```{quiz}\n- question: |\n    Is it 2.5?\n```",
        "See [the 1st part](#part-2.5) and <a href='x2.5'>this</a>.",
        "It repeats each cell 2 by 2 times, or 3 × 3 times.",
        "The numbers 1,2,3 in a row, and 10.",
        "% a remark about 2.5",
        "---\n\nIt has 4 pointed corners and 3 sides.",
    ],
)
def test_what_is_no_measurement_may_be_typed(text: str) -> None:
    assert typed_numbers(f"{CELL}\n{text}\n") == []


def test_a_page_without_code_has_nothing_to_glue() -> None:
    assert typed_numbers("It has 5,000 digits.") == []


def test_a_reason_lets_a_number_stand() -> None:
    """For that number only, and only as long as it is in the text."""
    allowed = f"{CELL}\nThere are 5,000.\n\n% typed: 5,000 | asserted above\n"
    assert typed_numbers(allowed) == []
    [other] = typed_numbers(allowed.replace("are 5,000", "are 5,000 and 2.5"))
    assert "“2.5”" in other.message
    [unused] = typed_numbers(allowed.replace("are 5,000", "are many"))
    assert unused == Finding(7, unused.message)
    assert "not in the text" in unused.message
    without = typed_numbers(f"{CELL}\nThere are 5,000.\n\n% typed: 5,000\n")
    assert [finding.line for finding in without] == [5, 7]


def test_lines_are_those_of_the_file() -> None:
    text = f"---\njupytext: 1.5\n---\n\n# A chapter\n\n{CELL}\nIt has 2.5 of them.\n"
    assert [(f.line, "“2.5”" in f.message) for f in typed_numbers(text)] == [(11, True)]
    assert [line for line, _ in prose(text)] == [11]
    [cell] = code_cells(text)
    assert (cell.number, cell.line, cell.code) == (1, 7, "x = 1.5\n")


def test_options_of_a_cell_are_no_code() -> None:
    text = "```{code-cell} ipython3\n:tags: [hide-input]\n\ny = 1\n```\n\n"
    text += "```{code-cell} ipython3\n---\nmystnb:\n  image:\n    alt: a\n---\nz = 1\n```\n"
    assert [cell.code for cell in code_cells(text)] == ["y = 1\n", "z = 1\n"]


@pytest.mark.parametrize(
    "text",
    [
        "![](a.png)",
        "![ ](a.png)",
        "![a cat](https://example.org/a.png)",
        "![a cat](//example.org/a.png)",
        "```{image} a.png\n```",
        "```{image} a.png\n:alt:\n```",
        "```{figure} https://example.org/a.png\n:alt: a cat\n```",
        ":::{figure} a.png\n:name: fig\n\nA caption.\n:::",
        "<img src='a.png'>",
        "<img src='a.png' alt=''>",
        "<img src=https://example.org/a.png alt='a cat'>",
        '<img alt="a cat" srcset="//example.org/a.png">',
        "<script src='https://example.org/a.js'></script>",
        "<link rel=stylesheet href='https://example.org/a.css'>",
        '<image href="https://example.org/a.png"/>',
        "<style>a { background: url('https://example.org/a.png') }</style>",
        "<style>@import 'https://example.org/a.css';</style>",
    ],
)
def test_a_faulty_picture_is_found(text: str) -> None:
    [finding] = pictures(f"# A chapter\n\n{text}\n")
    assert finding.line == 3


@pytest.mark.parametrize(
    "text",
    [
        "![a cat](a.png)",
        "```{image} a.png\n:alt: a cat\n```",
        "<img src='a.png' alt='a cat'>",
        "[a link](https://example.org)",
        '<svg xmlns="http://www.w3.org/2000/svg"><use href="#a"/></svg>',
        "<a href='https://example.org'>a link</a>",
        "<style>a { fill: url(#pattern) }</style>",
    ],
)
def test_a_sound_picture_is_left_alone(text: str) -> None:
    assert pictures(text) == []


PLOT = "import matplotlib.pyplot as plt\n"
SECOND = "```\n\n```{code-cell} ipython3\n"
HIDDEN = "```\n\n```{code-cell} ipython3\n:tags: [remove-input]\n\n"


#: Chapters with a fault each: a cell after the first, prose, and what the build must say of them.
CELLS = {
    "false-claim": (
        f"{SECOND}answer = 4\nassert answer == VALUE, 'not so'",
        ["18", "code cell 2", "answer = 4", "AssertionError: not so"],
    ),
    "broken-cell": (
        f"{SECOND}undefined_name",
        ["18", "code cell 2", "undefined_name", "NameError"],
    ),
}
CHARTS = {
    "chart": (
        f"{PLOT}{SECOND}plt.plot([1, 2]);",
        ["19", "without alternative text", "code cell 2", "plt.plot([1, 2]);"],
    ),
    "chart-of-a-hidden-cell": (
        f"{PLOT}{HIDDEN}plt.plot([1, 2]);",
        ["19", "without alternative text", "code cell 2", "plt.plot([1, 2]);"],
    ),
}
TEXTS = {
    "citation": ("As {cite:t}`nobody1999` found.", ["19", "nobody1999"]),
    "figure": ("See {numref}`fig-none`.", ["19", "fig-none"]),
    "equation": ("See {eq}`eq-none`.", ["19", "eq-none"]),
    "chapter": ("See {doc}`nowhere`.", ["19", "nowhere"]),
    "alternative-text": ("![](picture.png)", ["19", "without alternative text"]),
    "typed-number": ("It takes 93 % of them.", ["19", "“93 %” is typed in"]),
    "hot-linked-picture": (
        "![a cat](https://example.org/cat.png)",
        ["19", "fetched from another host"],
    ),
}


def lines_of_a_build(folder: Path, codes: dict[str, str], texts: dict[str, str]) -> list[str]:
    """Build a book of a sound chapter and one for each fault, and return what it complains of."""
    small_book(folder)
    for name in [*codes, *texts]:
        text = NOTEBOOK.replace("CODE", codes.get(name, "")).replace("TEXT", texts.get(name, ""))
        (folder / "book" / f"fault-{name}.md").write_text(text, "utf-8")
    toc = "format: jb-book\nroot: book/chapter\nchapters:\n"
    toc += "".join(f"- file: book/fault-{name}\n" for name in [*codes, *texts])
    (folder / "_toc.yml").write_text(toc, "utf-8")
    result = build_book(folder, *STRICT)
    assert result.returncode != 0
    return [line for line in result.stdout.splitlines() if "WARNING:" in line or "ERROR:" in line]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What two builds say: one that ends because cells fail, one that gets to the end."""
    failing = {name: code for name, (code, _) in CELLS.items()}
    charts = {name: code for name, (code, _) in CHARTS.items()}
    texts = {name: text for name, (text, _) in TEXTS.items()}
    return [
        *lines_of_a_build(tmp_path_factory.mktemp("cells"), failing, {}),
        *lines_of_a_build(tmp_path_factory.mktemp("texts"), charts, texts),
    ]


FAULTS = CELLS | CHARTS | TEXTS


@pytest.mark.parametrize("name", FAULTS)
def test_the_build_names_chapter_and_place(told: list[str], name: str) -> None:
    line, *reasons = FAULTS[name][1]
    mine = [text for text in told if f"fault-{name}.md:{line}" in text]
    assert any(all(reason in text for reason in reasons) for text in mine), told


def test_a_sound_chapter_is_not_complained_of(told: list[str]) -> None:
    assert not [text for text in told if "/chapter.md" in text]


def test_a_warning_fails_the_second_build_too(tmp_path: Path) -> None:
    """Sphinx reads only what changed; a page that warned is read again all the same."""
    book = small_book(tmp_path, text="It takes 93 % of them.")
    for _ in range(2):
        result = build_book(book, *STRICT)
        assert result.returncode != 0
        assert "“93 %” is typed in" in result.stdout
    chapter = book / "book" / "chapter.md"
    chapter.write_text(chapter.read_text("utf-8").replace("93 %", "most"), "utf-8")
    assert build_book(book, *STRICT).returncode == 0
