"""Who may see and do what: people, roles, tokens, share links, and the log of every change."""
