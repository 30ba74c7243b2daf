"""Faults that the person at the keyboard can mend."""

from __future__ import annotations


class Fault(Exception):
    """One sentence that says what is wrong and what to do; the commands print it and end with 1."""
