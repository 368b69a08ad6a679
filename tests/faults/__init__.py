"""Whatever fails between the parts: nothing that was accepted is lost, doubled, reordered."""
