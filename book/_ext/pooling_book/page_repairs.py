"""Repair faults in the pages that the theme and its extensions write.

Every repair is a small function from a page's HTML to its HTML. They work on the finished text,
not on copies of the theme's templates, because the templates differ between the theme's versions
that the supported Pythons install. ``tests/book`` checks the outcome in a browser.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

Repair = Callable[[str], str]


def drop_fontawesome_script(page: str) -> str:
    """Remove the 1.5 MB script that draws the icons; web fonts draw the same icons."""
    # `scripts/fontawesome.js`; in the theme of Python 3.10, `vendor/fontawesome/*/js/all.min.js`.
    page = re.sub(r"<link[^>]*fontawesome[^>]*\.js[^>]*>", "", page)
    return re.sub(r"\s*<script[^>]*fontawesome[^>]*\.js[^>]*></script>", "", page)


def drop_preloaded_icon_fonts(page: str) -> str:
    """Do not fetch whole fonts of icons in advance, as the theme of Python 3.10 does (300 kB).

    See ``light_icons.py``.
    """
    return re.sub(r"<link(?=[^>]*preload)[^>]*fontawesome[^>]*\.woff2[^>]*>\s*", "", page)


def drop_search_index(page: str) -> str:
    """Do not load the index of all words on every page; searching opens a page of its own.

    The theme would need it only with ``search_as_you_type``. It grows with the book.
    """
    if 'id="search-results"' in page or "search_as_you_type = true" in page:
        return page
    names = "searchtools|language_data|searchindex"
    return re.sub(rf'<script src="[^"]*(?:{names})\.js[^"]*"></script>\s*', "", page)


def name_buttons_by_their_text(page: str) -> str:
    """Drop labels that hide a button's visible text from people who speak to their computer.

    ``aria-label`` replaces the text "Search Ctrl+K" by "Search" and "Show code cell source" by
    "Toggle hidden content"; axe reports it as ``label-content-name-mismatch``.
    """
    page = re.sub(r'(<button[^>]*search-button-field[^>]*?)\s+aria-label="[^"]*"', r"\1", page)
    return page.replace('<summary aria-label="Toggle hidden content">', "<summary>")


def hide_icons_of_named_buttons(page: str) -> str:
    """Drop the icons' titles in the colour switch, whose name is on the button already."""
    return re.sub(r'(<i class="theme-switch[^>]*?)\s+title="[^"]*"', r'\1 aria-hidden="true"', page)


def list_bibliography_items(page: str) -> str:
    """Use a role that a list may contain; ``doc-biblioentry`` is deprecated inside lists."""
    return page.replace('role="doc-biblioentry"', 'role="listitem"')


def break_names_at_underscores(page: str) -> str:
    """Let a long name in a narrow column go on in the next line after an underscore.

    A browser sees one word in ``global_average_pool2d_backward`` and cuts it anywhere.
    """
    return re.sub(
        r'(?<=<span class="pre">)[a-z]\w{11,}(?=</span>)',
        lambda name: re.sub("_(?!_)", "_<wbr>", name[0]),
        page,
    )


REPAIRS: tuple[Repair, ...] = (
    drop_fontawesome_script,
    drop_preloaded_icon_fonts,
    drop_search_index,
    name_buttons_by_their_text,
    hide_icons_of_named_buttons,
    list_bibliography_items,
    break_names_at_underscores,
)


def repair(page: str) -> str:
    """Apply all repairs to one page.

    Parameters
    ----------
    page : str
        HTML of the page.

    Returns
    -------
    str
        HTML with the faults repaired.
    """
    for one in REPAIRS:
        page = one(page)
    return page


def repair_while_rendering(app: Sphinx) -> None:
    """Pass every page through :func:`repair` on its way from the template to the disk.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    """
    if app.builder.format != "html":
        return
    templates = app.builder.templates
    render = templates.render

    def render_and_repair(template: str, context: dict[str, Any]) -> str:
        return repair(render(template, context))

    templates.render = render_and_repair


def drop_repeated_scripts(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Drop scripts that Sphinx 7.4 lists twice, which stop with "already been declared".

    Parameters
    ----------
    app, pagename, templatename, doctree
        As Sphinx's ``html-page-context`` passes them (unused).
    context : dict
        The template's variables; ``script_files`` is changed.
    """
    unique = []
    for script in context.get("script_files", []):
        if script not in unique:
            unique.append(script)
    context["script_files"] = unique


def setup(app: Sphinx) -> None:
    """Register the repairs.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    """
    app.connect("builder-inited", repair_while_rendering)
    # After everything that adds scripts to a page.
    app.connect("html-page-context", drop_repeated_scripts, priority=900)
