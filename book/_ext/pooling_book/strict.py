"""Make a plain ``jupyter-book build .`` fail on any warning, each time."""

from __future__ import annotations

from pathlib import Path

from sphinx.application import ENV_PICKLE_FILENAME, Sphinx


def forget_pages_with_warnings(app: Sphinx, exception: Exception | None) -> None:
    """After a build that warned, let the next one read all pages again.

    Sphinx reads only the pages that changed, so a second build would not warn and would pass. The
    code cells do not run again: their results are kept elsewhere.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    exception : Exception or None
        What stopped the build, if anything did.
    """
    # Sphinx sets `statuscode` only after this event.
    if app.statuscode or app._warncount:
        Path(app.doctreedir, ENV_PICKLE_FILENAME).unlink(missing_ok=True)


def setup(app: Sphinx) -> None:
    """Turn warnings into a non-zero exit status.

    Parameters
    ----------
    app : Sphinx
        The running Sphinx application.
    """
    # Jupyter Book always sets this value; `sphinx_comments`, which declares it, is not loaded, and
    # an undeclared value is a warning.
    app.add_config_value("comments_config", {}, "html", dict)
    # Sphinx derives this attribute from `-W --keep-going` alone, and `_config.yml` has no key for
    # either. With it set, a build that warned reports every warning and then exits with 1. A build
    # that was started with `-W` only stops at the first warning, as its user asked.
    if not app.warningiserror:
        app.keep_going = True
    app.connect("build-finished", forget_pages_with_warnings)
