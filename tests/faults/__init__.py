"""Whatever can go wrong between the parts: nothing that was said OK to is lost, doubled or out of order."""
