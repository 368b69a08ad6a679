"""Kanboard's API as the programs of others use it: through the official client, at a local run."""
