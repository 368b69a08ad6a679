"""Tasks: lifecycle, fields, moves, lists and search; comments and history."""
