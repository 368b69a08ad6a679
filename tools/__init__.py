"""What builds, deploys and operates Taskhook; never packaged itself."""
