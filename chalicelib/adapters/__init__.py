"""The world outside: the only importers of pynamodb, boto3 and requests."""
