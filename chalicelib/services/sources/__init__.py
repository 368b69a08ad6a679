"""What other tools send in: sources, their payloads, and the tasks that come of them."""
