"""The report on a graded class: one page for instructors.

`gradebook` and `notebooks` read what grading left; `outline`, `statistics`, `failures` and
`privacy` work on what was read; `page` puts it on a page; `command` is what people type.
"""
