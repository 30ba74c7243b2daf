"""Give the pages a font that holds only the icons they show: 5 kB instead of 157 kB.

The theme's font of icons holds 1,400 of them. A second declaration of the same font, for the few
characters that the book's pages use, takes precedence for these; any other icon still comes from
the theme's font, which a browser fetches only then.
"""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pydata_sphinx_theme
from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx

#: The characters, by the names that Font Awesome gives them.
ICONS = {
    "magnifying-glass": 0xF002,
    "check": 0xF00C,
    "download": 0xF019,
    "list": 0xF03A,
    "pencil": 0xF303,
    "circle-half-stroke": 0xF042,
    "chevron-left": 0xF053,
    "chevron-right": 0xF054,
    "circle-xmark": 0xF057,
    "circle-check": 0xF058,
    "circle-info": 0xF05A,
    "arrow-up": 0xF062,
    "share": 0xF064,
    "expand": 0xF065,
    "circle-exclamation": 0xF06A,
    "triangle-exclamation": 0xF071,
    "chevron-up": 0xF077,
    "chevron-down": 0xF078,
    "bars": 0xF0C9,
    "lightbulb": 0xF0EB,
    "bell": 0xF0F3,
    "angle-left": 0xF104,
    "angle-right": 0xF105,
    "angle-up": 0xF106,
    "angle-down": 0xF107,
    "code": 0xF121,
    "file": 0xF15B,
    "sun": 0xF185,
    "moon": 0xF186,
    "file-pdf": 0xF1C1,
}

RULE = """@font-face {{
  font-family: "Font Awesome 6 Free";
  font-style: normal;
  font-weight: 900;
  font-display: block;
  src: url(data:font/woff;base64,{data}) format("woff");
  unicode-range: {characters};
}}
"""


def font_of_the_theme() -> Path | None:
    """Return the theme's font of icons, or None where the theme keeps it elsewhere."""
    folder = Path(pydata_sphinx_theme.__file__).parent
    return next(folder.glob("theme/*/static/vendor/fontawesome/**/fa-solid-900.ttf"), None)


def style_sheet(font: Path) -> str:
    """Return a style sheet that contains the few icons.

    Parameters
    ----------
    font : pathlib.Path
        The whole font, a TrueType file.

    Returns
    -------
    str
        One ``@font-face`` rule.
    """
    options = subset.Options(flavor="woff", hinting=False, layout_features=[])
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=ICONS.values())
    with TTFont(font) as icons:
        subsetter.subset(icons)
        icons.flavor = "woff"
        small = io.BytesIO()
        icons.save(small)
    return RULE.format(
        data=base64.b64encode(small.getvalue()).decode("ascii"),
        characters=", ".join(f"U+{character:X}" for character in sorted(ICONS.values())),
    )


def add_icons(app: Sphinx) -> None:
    """Write the style sheet into a folder of its own, which Sphinx copies into the site.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    """
    font = font_of_the_theme()
    if font is None or app.builder.format != "html":
        return
    folder = Path(app.doctreedir) / "icons"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "icons.css").write_text(style_sheet(font), encoding="utf-8")
    app.config.html_static_path.append(str(folder))
    # After the theme's own declaration of the font.
    app.add_css_file("icons.css", priority=900)


def setup(app: Sphinx) -> None:
    """Register the icons.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    """
    app.connect("builder-inited", add_icons)
