"""Grades the assignments: a layer over nbgrader that no damaged submission can stop."""
