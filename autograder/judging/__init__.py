"""The trusted side of grading: it runs the test cells, and asks the student's process for values.

==============  ===================================================================================
``proxies``     objects that stand for the student's functions, classes and values
``namespace``   what a name in a test cell means
``cells``       one cell in this process: its outputs as a Jupyter kernel would give them
``judged_run``  a notebook in document order
``process``     the judge as a process of its own
==============  ===================================================================================
"""
