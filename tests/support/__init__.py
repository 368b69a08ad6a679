"""What helps tests, each module under a name that says what it gives."""
