"""Submissions that want points they did not earn, and submissions that want to hurt.

==============  ===================================================================================
``course``      a small assignment, and submissions to it
``attack``      what an attack is, and what must hold after it
``test_…``      tables of attacks, by what they are after
==============  ===================================================================================

Where it is harmless, the same notebook is also run the stock way, in the tests' own process tree
and with the tests in the student's namespace. There it must succeed: an attack that never works
proves nothing.
"""
