"""Tests of the book and of the site built from it."""
