"""Serve MathJax from the site itself, and let it set the formulas in view first."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util.fileutil import copy_asset

#: The PyPI package ``sphinx-mathjax-offline`` installs a folder of this name, hyphens included.
PACKAGE = "sphinx-mathjax-offline"

#: The one bundle the pages load. Beside it go only the parts it may fetch later: fonts, TeX
#: packages, and what a reader can switch on in the formula menu. The package's other bundles
#: (16 MB) stay out of the site.
BUNDLE = "tex-chtml.js"
PARTS = ("output/chtml/fonts", "input/tex/extensions", "a11y", "sre", "ui")

#: The package's own Sphinx extension is not used: it sets ``mathjax_path`` before the user's
#: configuration is read and copies all 24 MB.
TARGET = "mathjax"

#: Tells MathJax in which order to set a page's formulas.
ORDER = Path(__file__).parent / "formulas" / "view-first.js"


def mathjax_folder() -> Path:
    """Return the folder of the installed package that holds MathJax.

    Returns
    -------
    pathlib.Path
        Folder with ``tex-chtml.js``.

    Raises
    ------
    sphinx.errors.ExtensionError
        If the package is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ExtensionError(f"The package {PACKAGE} is missing: run `make` to install it.")
    return Path(spec.origin).parent / "static" / "mathjax"


def use_local_bundle(app: Sphinx, config: Config) -> None:
    """Point Sphinx's MathJax extension to the local bundle.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application (unused).
    config : Config
        The configuration, changed in place.
    """
    # Relative to `_static`.
    config["mathjax_path"] = f"{TARGET}/{BUNDLE}"


def copy_order(app: Sphinx) -> None:
    """Copy the script that orders the formulas into the site.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    """
    if app.builder.format != "html":
        return
    # Before the pages are written, as Sphinx adds a file's checksum to its address. Not through
    # `html_static_path`, for the same reason as in `copy_mathjax`.
    target = Path(app.outdir) / "_static" / TARGET
    target.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ORDER, target / ORDER.name)


def load_only_for_formulas(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Drop the 1.2 MB bundle from pages without a formula of their own; order those of the others.

    Sphinx also loads it on a page that merely lists chapters with formulas.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    pagename, templatename
        As Sphinx's ``html-page-context`` passes them (unused).
    context : dict
        The template's variables; ``script_files`` is changed.
    doctree : docutils.nodes.document or None
        The page's content; None for generated pages.
    """
    if doctree is not None and any(
        isinstance(node, (nodes.math, nodes.math_block)) for node in doctree.findall()
    ):
        # Before the bundle, which Sphinx adds with priority 500. Sphinx forgets it before it writes
        # the next page.
        app.add_js_file(f"{TARGET}/{ORDER.name}", priority=490, loading_method="defer")
        return
    context["script_files"] = [
        script
        for script in context.get("script_files", [])
        if not str(getattr(script, "filename", script)).endswith(BUNDLE)
    ]


def copy_mathjax(app: Sphinx, exception: Exception | None) -> None:
    """Copy MathJax into the finished site.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    exception : Exception or None
        What stopped the build, if anything did.
    """
    if exception is not None or app.builder.format != "html":
        return
    source = mathjax_folder()
    target = Path(app.outdir) / "_static" / TARGET
    # Only now, not through `html_static_path`: Jupyter Book loads every script that it finds in
    # the book's static folders on every page.
    copy_asset(str(source / BUNDLE), str(target))
    for part in PARTS:
        copy_asset(str(source / part), str(target / part))


def setup(app: Sphinx) -> None:
    """Register the local MathJax.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    """
    app.connect("config-inited", use_local_bundle)
    app.connect("builder-inited", copy_order)
    app.connect("html-page-context", load_only_for_formulas, priority=800)
    app.connect("build-finished", copy_mathjax)
