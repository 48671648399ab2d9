"""A whole copy of what a server holds, and the way back from it (docs/operations.md, docs/adr/0012)."""
