"""The measuring of `make bench` finds known sizes, and says which bound was not kept."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from scripts.bench import book, over, pages

from .conftest import ROOT

#: What each answer carries beside its content.
HEADERS = 600

ANIMATION = '<div class="pooling-animation"><svg>' + "<g>step</g>" * 50 + "</svg></div>"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site of one page with a style sheet that shrinks and a picture that does not."""
    page = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>A page</title>'
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="style.css"></head>'
        f'<body><h1>A page</h1>{ANIMATION}<img src="noise.png" alt=""></body></html>'
    )
    (tmp_path / "page.html").write_text(page, "utf-8")
    (tmp_path / "index.html").write_text("forwards", "utf-8")
    (tmp_path / "style.css").write_text("h1 { color: black; }\n" * 5000, "utf-8")
    noise = Image.frombytes("RGB", (80, 80), os.urandom(80 * 80 * 3))
    noise.save(tmp_path / "noise.png")
    return tmp_path


def test_a_page_weighs_what_its_files_weigh(site: Path, browser: Any) -> None:
    """Text counts gzipped, a picture as it is; the page is painted some time after the request."""
    assert pages.pages_of(site) == ["page.html"]
    with pages.served(site) as address:
        weight = pages.weigh(browser, address, site, "page.html")
    sizes = {url.rpartition("/")[2]: size for url, size in weight.files.items()}
    assert set(sizes) == {"page.html", "style.css", "noise.png"}
    noise = (site / "noise.png").stat().st_size
    assert noise <= sizes["noise.png"] < noise + HEADERS
    for name in ("page.html", "style.css"):
        small = len(gzip.compress((site / name).read_bytes(), 6))
        assert small - 30 <= sizes[name] < small + HEADERS, name
    assert weight.total == sum(sizes.values())
    assert 0 < weight.painted <= weight.readable <= weight.finished < 60_000
    assert len(weight.animations) == 1
    assert weight.without == weight.total - weight.share


def test_animations_are_weighed_alone() -> None:
    """An animation's bytes are those of its element; its share is what the page saves."""
    text = "<p>words</p>"
    each, share = pages.animations(f"<html><body>{text}{ANIMATION}{text}</body></html>")
    assert each == [pages.gzipped(ANIMATION)]
    assert 0 < share < each[0]
    assert pages.animations(text) == ([], 0)


def test_a_page_over_a_bound_is_named() -> None:
    """Only what is over its bound is said, with the figure and the bound."""
    light = pages.Weight("light.html", {"a": 900_000}, [], 0, 100, 100, 100)
    heavy = pages.Weight("heavy.html", {"a": 3_200_000}, [1_500_000], 1_200_000, 100, 100, 100)
    assert pages.broken_bounds([light], "light.html", 999) == []
    said = pages.broken_bounds([light, heavy], "heavy.html", 1500)
    assert said == [
        "heavy.html weighs 2,000.0 kB; the bound is 1,000 kB.",
        "heavy.html: animation 1 weighs 1,500.0 kB; the bound is 1,000 kB.",
        "heavy.html, the largest page, was readable after 1,500.0 ms; the bound is 1,000 ms.",
    ]
    assert over("x", 1, 1, "s") == []


def test_a_chapter_that_ran_without_need_is_named() -> None:
    """After a change, the changed chapter may run and no other."""
    clean = book.Build("clean", 299, {"a": 20, "b": 30})
    good = [clean, book.Build("unchanged", 19), book.Build("code", 40, {"a": 20})]
    assert book.broken_bounds([*good, book.Build("prose", 10)], "a") == []
    (said,) = book.broken_bounds([*good, book.Build("prose", 10, {"a": 20, "b": 1})], "a")
    assert said == "After the change “prose” these ran: a, b; expected: none."


def test_an_unknown_bench_is_told_which_there_are() -> None:
    """`make bench BENCH=boook` says what to choose from."""
    command = [sys.executable, "-m", "scripts.bench", "boook"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "there is no bench named boook; there are book, pages" in done.stderr
