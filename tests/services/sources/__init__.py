"""Tests of what other tools send in."""
