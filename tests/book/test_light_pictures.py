"""Pictures leave as WebP: a fraction of the bytes, and no colour changes visibly."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image, ImageChops

from .conftest import build_book
from .test_strict_build import small_book

#: A coloured picture with fine detail, drawn and shown by the chapter.
PICTURE = """
from PIL import Image
grey = Image.effect_mandelbrot((300, 200), (-2, -1, 1, 1), 100)
Image.merge("RGB", (grey, Image.radial_gradient("L").resize((300, 200)), grey))
"""


def test_a_picture_is_sent_as_webp(tmp_path: Path) -> None:
    """The page shows a WebP file; its colours differ by at most 2 of 255 from what was drawn."""
    # An alternative text, so that nothing but the format is in question.
    alternative = (
        "---\nmystnb:\n  image:\n    alt: Two gradients and a fractal in three colours.\n---"
    )
    code = f"```\n\n```{{code-cell}} ipython3\n{alternative}\n{PICTURE.strip()}"
    result = build_book(small_book(tmp_path, code=code))
    assert result.returncode == 0, result.stdout
    page = tmp_path / "_build" / "html" / "book" / "chapter.html"
    (source,) = re.findall(
        r'<img[^>]*output[^>]*src="([^"]+)"|<img[^>]*src="([^"]*_images[^"]*)"',
        page.read_text("utf-8"),
    )
    sent = (page.parent / "".join(source)).resolve()
    assert sent.suffix == ".webp"
    assert [path.suffix for path in sent.parent.iterdir()] == [".webp"], "the PNG went along"
    (drawn,) = (tmp_path / "_build" / "jupyter_execute").rglob("*.png")
    assert sent.stat().st_size < drawn.stat().st_size
    with Image.open(sent) as one, Image.open(drawn) as other:
        difference = ImageChops.difference(one.convert("RGB"), other.convert("RGB"))
    assert max(high for _, high in difference.getextrema()) <= 2
