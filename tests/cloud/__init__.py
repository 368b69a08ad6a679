"""The whole stack, deployed to a local cloud by `make deploy`'s own code, used from outside."""
