"""The world outside: the only importers of pynamodb, botocore and requests."""
