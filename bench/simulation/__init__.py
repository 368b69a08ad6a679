"""Taskhook on AWS as a discrete-event simulation, at rates that no machine here can make."""
