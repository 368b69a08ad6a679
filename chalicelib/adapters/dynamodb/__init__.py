"""DynamoDB: the client, rows, streams and tables."""
