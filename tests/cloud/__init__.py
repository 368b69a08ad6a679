"""The whole stack, deployed to a cloud on this machine by `make deploy`'s own code, and used from outside."""
