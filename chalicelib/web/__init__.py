"""HTTP requests and answers; business rules are elsewhere."""
