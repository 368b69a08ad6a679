"""Libraries of others that verify what Taskhook sends, run: docs/verifying.md says what they do."""
