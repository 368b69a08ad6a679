"""Rules: standard library only; no AWS, no HTTP, no clock, no environment."""
