"""Who may do what: users, passwords, tokens, access and the settings of an administrator."""
