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
from autograder.steps import use_steps  # noqa: E402

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
use_steps(c)

# Limits on a submission: see `autograder/run.py` for all of them.
c.RunSubmission.cell_seconds = 30
c.RunSubmission.submission_seconds = 120

# The cells that draw a student's result ask the oracle, so they run where it is.
c.RunSubmission.judge_only = ["picture-*"]
