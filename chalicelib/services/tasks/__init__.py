"""Tasks: their life, fields, places, lists and search; their comments and their history."""
