"""Users, passwords, tokens, access rights and the administrator's settings."""
