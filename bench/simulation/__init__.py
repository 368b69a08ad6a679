"""Taskhook on AWS as a discrete-event simulation: what it would do at rates that no machine here can make."""
