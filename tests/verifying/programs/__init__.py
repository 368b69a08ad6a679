"""A program for each language, which runs its libraries over the cases."""
