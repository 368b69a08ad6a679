"""Tests of what operates Taskhook."""
