"""Make a plain ``jupyter-book build .`` fail on any warning."""

from __future__ import annotations

from sphinx.application import Sphinx


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
