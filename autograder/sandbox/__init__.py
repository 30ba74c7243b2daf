"""What runs a student's code, and the walls around it.

Outside the walls:

==============  ===================================================================================
``host``        starts the warm process and asks it for runners
``bubblewrap``  the outer walls
``doctor``      what this machine can enforce, by trying (``probe`` tries from inside)
==============  ===================================================================================

Inside the outer walls, and trusted:

==============  ===================================================================================
``warm``        a supervisor that measures and ends runners
``zygote``      has imported everything, and is copied for each submission (``rehearsal``)
``namespaces``  a room for each copy, with ``limits`` and a ``seccomp`` filter
==============  ===================================================================================

In the copy, where the student's code can do as it likes:

==============  ===================================================================================
``agent``       answers the judge: runs cells, calls functions, tells of names (``models``)
``shell``       cells as a Jupyter kernel runs them (``capture``, ``outputs``)
==============  ===================================================================================
"""
