"""The pages of administration: people, tokens, share links, the audit log, and what anybody may read about the site."""
