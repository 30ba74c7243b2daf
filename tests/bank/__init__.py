"""The bank of answers: right ones, wrong ones that students write, and mutants of the solutions.

``answers/<assignment>/<function>.py`` holds answers to one function. Each public function in it is
one answer; its docstring says what its author was thinking, and ends with the tests it must lose:

    Loses: nothing                    a right answer
    Loses: max-same, max-negative     these tests, and no other test of the function
    Loses: all                        every test of the function

Functions whose name begins with an underscore are helpers of that file's answers; what all the
assignment's answers may use stands in ``_shared.py``. The answers are never imported: their text
goes where a student's would.

``answers/<assignment>/equivalent.txt`` lists the mutants that behave as the solution does.
"""
