"""The descriptions for other programs."""
