"""From changes of tasks to posts, and their record: dispatch, attempts, retries, the sweep, redelivery, the log."""
