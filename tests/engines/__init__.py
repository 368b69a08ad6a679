"""What the engines that tests run on do otherwise than DynamoDB; docs/engines.md is the table of it."""
