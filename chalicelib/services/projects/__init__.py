"""Projects with their columns, categories and tags."""
