"""A real browser before a local run."""
