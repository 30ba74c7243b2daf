"""nbgrader's settings. Every stock nbgrader command works from this folder."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
# nbgrader starts `alembic` by its bare name to make the gradebook: find it without an activated
# environment too.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
sys.path.insert(0, str(ROOT))  # the `nbgrader` command does not look here by itself

from autograder.sources import text_sources, write_notebooks  # noqa: E402

SOLUTIONS = ROOT / "solutions"
write_notebooks(SOLUTIONS)  # nbgrader reads .ipynb; the assignments are kept as text

c = get_config()  # noqa: F821 - traitlets defines it when it reads this file

# The project's folders, in nbgrader's words.
c.CourseDirectory.course_id = "pooling"
c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"

# nbgrader hands out every file that lies beside a source notebook, unless it is named here. The
# text sources and the sample class hold answers.
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    "__pycache__",
    "*.pyc",
    "feedback",
    "sample_class",
    *(source.name for source in text_sources(SOLUTIONS)),
]

# Grading: autograder/ plugs in where nbgrader lets it, so `nbgrader autograde` and the formgrader
# page do the same as `python -m autograder grade`.
c.Autograde.sanitize_preprocessors = [
    # In place of DeduplicateIds, OverwriteCells and CheckCellMetadata: it builds the cells anew
    # from what the gradebook says was released, so nothing of theirs is left to be overwritten.
    "autograder.sanitize.RepairSubmission",
    "nbgrader.preprocessors.OverwriteKernelspec",
]
c.Autograde.autograde_preprocessors = [
    "autograder.run.RunSubmission",  # in place of Execute
    "autograder.judge.JudgeTests",
    "nbgrader.preprocessors.LimitOutput",
    "autograder.save_scores.SaveScores",  # in place of SaveAutoGrades
    "nbgrader.preprocessors.AssignLatePenalties",
]
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "autograder.feedback.PrepareFeedback",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
# The pages that show submissions, the formgrader's among them.
c.HTMLExporter.filters = {"markdown2html": "autograder.safe_html.markdown_to_safe_html"}
c.ExportApp.plugin_class = "autograder.export.GradesCsv"

# Limits on a submission: see `autograder/run.py` for all of them.
c.RunSubmission.cell_seconds = 30
c.RunSubmission.submission_seconds = 120

# The cells that draw a student's result ask the oracle, so they run where it is.
c.RunSubmission.judge_only = ["picture-*"]
