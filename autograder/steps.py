"""The steps of grading as nbgrader's settings name them.

`nbgrader_config.py` uses them, so that every nbgrader command takes them; and
`python -m autograder grade --course DIR` uses them for a course that knows nothing of them.
"""

from __future__ import annotations

from typing import Any

SANITIZE = [
    # In place of DeduplicateIds, OverwriteCells and CheckCellMetadata: it builds the cells anew
    # from what the gradebook says was released, so nothing of theirs is left to be overwritten.
    "autograder.sanitize.RepairSubmission",
    "nbgrader.preprocessors.OverwriteKernelspec",
]
AUTOGRADE = [
    "autograder.run.RunSubmission",  # in place of Execute
    "autograder.judge.JudgeTests",
    "nbgrader.preprocessors.LimitOutput",
    "autograder.marks.SaveMarks",  # in place of SaveAutoGrades
    "nbgrader.preprocessors.AssignLatePenalties",
]
FEEDBACK = [
    "nbgrader.preprocessors.GetGrades",
    "autograder.feedback.PrepareFeedback",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]


def use_steps(config: Any) -> None:
    """Set the steps in a configuration, each unless it is set there already.

    Parameters
    ----------
    config : traitlets.config.Config
        Changed in place.
    """
    config.Autograde.setdefault("sanitize_preprocessors", SANITIZE)
    config.Autograde.setdefault("autograde_preprocessors", AUTOGRADE)
    config.GenerateFeedback.setdefault("preprocessors", FEEDBACK)
    # The pages that show submissions, the formgrader's among them.
    config.HTMLExporter.setdefault(
        "filters", {"markdown2html": "autograder.safe_html.markdown_to_safe_html"}
    )
    config.ExchangeFactory.setdefault("collect", "autograder.exchange.Collect")
    config.ExchangeFactory.setdefault("release_feedback", "autograder.exchange.ReleaseFeedback")
    config.ExportApp.setdefault("plugin_class", "autograder.export.GradesCsv")


def are_ours(autograde: Any) -> bool:
    """Whether nbgrader's converter would do our steps and nothing else.

    Parameters
    ----------
    autograde : nbgrader.converters.Autograde
    """
    steps = [*autograde.sanitize_preprocessors, *autograde.autograde_preprocessors]
    hooks = autograde.pre_convert_hook, autograde.post_convert_hook
    return steps == [*SANITIZE, *AUTOGRADE] and hooks == (None, None)
