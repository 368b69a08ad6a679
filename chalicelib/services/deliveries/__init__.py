"""Deliveries: dispatch, attempts, retries, the sweep, redelivery, the log."""
