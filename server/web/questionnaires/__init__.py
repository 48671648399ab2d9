"""The pages of questionnaires: what is asked where, in which words, and how each screen of it looks."""
