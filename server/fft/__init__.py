"""The monthly figures of the Friends and Family Test, apart from every other figure."""
