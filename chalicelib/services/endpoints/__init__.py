"""Endpoints, their circuit breakers and secrets, and Kanboard's URL lists."""
