"""Tests of Taskhook."""
