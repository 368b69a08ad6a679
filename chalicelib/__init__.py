"""Taskhook: a URL adds a task, and configured URLs hear of it."""

__version__ = "0.1.0"
