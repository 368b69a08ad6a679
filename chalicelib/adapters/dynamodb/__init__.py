"""DynamoDB: the client, rows, streams and tables."""

from chalicelib.adapters.dynamodb import postponed as postponed  # before PynamoDB is imported
