"""People who sign in, and people whom a link has proven: one kind of account, with or without a key of its own."""
