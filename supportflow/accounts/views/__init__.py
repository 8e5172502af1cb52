"""A person's own settings, and those of users, teams and invitations."""
