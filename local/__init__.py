"""The embedded cloud of `make run`; never packaged."""
