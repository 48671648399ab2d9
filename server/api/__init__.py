"""The interface for programs, /api/v1. The pages draw what it answers, so both say the same."""
