"""One POST within one deadline."""
