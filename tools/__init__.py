"""What builds Taskhook and brings it to AWS; never packaged itself."""
