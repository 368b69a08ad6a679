"""Where the engines under test differ from DynamoDB; docs/engines.md is the table of it."""
