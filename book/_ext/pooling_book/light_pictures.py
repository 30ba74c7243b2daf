"""Send the pictures that code drew in a format that takes half the bytes or less.

matplotlib writes PNG files of four channels, eight bits each. A photograph at the resolution of a
good screen takes 300 kB that way. WebP without loss takes about half of that, and a third when each
channel is first rounded to a multiple of four, which changes no colour by more than 2 of 255.
"""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms.images import ImageConverter

#: Colour values are rounded to multiples of this; pure white stays white.
STEP = 4


def rounded(value: int) -> int:
    """Return the multiple of `STEP` that is nearest to a colour value; 255 for what is above."""
    nearest = (value + STEP // 2) // STEP * STEP
    return min(nearest, 255)


class LightPictures(ImageConverter):
    """Replaces PNG pictures by WebP pictures in the HTML pages."""

    conversion_rules = [("image/png", "image/webp")]  # noqa: RUF012 - as Sphinx declares it

    # Before Sphinx's converters for formats that a builder cannot use.
    default_priority = 190

    def match(self, node: nodes.image) -> bool:
        """Whether the picture is a PNG file on its way into an HTML page."""
        return (
            self.app.builder.format == "html"
            and "?" not in node.get("candidates", {"?": ""})
            and node["uri"] in self.env.images  # a file that is missing: Sphinx has said so
            and "image/png" in self.guess_mimetypes(node)
        )

    def get_conversion_rule(self, node: nodes.image) -> tuple[str, str]:
        """Return the one rule: Sphinx does not list WebP among what HTML can show."""
        return self.conversion_rules[0]

    def handle(self, node: nodes.image) -> None:
        """Convert the picture and leave the page no choice of another format."""
        super().handle(node)
        if node["uri"].endswith(".webp"):
            node["candidates"] = {"*": node["uri"]}

    def convert(self, _from: str, _to: str) -> bool:
        """Write the WebP file, unless it is there already; keep the PNG where that is smaller."""
        source, target = Path(_from), Path(_to)
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            with Image.open(source) as picture:
                opaque = "A" not in picture.getbands() or picture.getextrema()[-1] == (255, 255)
                plain = picture.convert("RGB" if opaque else "RGBA")
            table = [rounded(value) for value in range(256)] * 3
            # How transparent a point is stays as it is.
            plain = plain.point(table if opaque else table + list(range(256)))
            plain.save(target, "WEBP", lossless=True, quality=100, method=4)
        return target.stat().st_size < source.stat().st_size


def setup(app: Sphinx) -> None:
    """Register the conversion.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    """
    app.add_post_transform(LightPictures)
