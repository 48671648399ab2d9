"""The pages of improvement: from what was found to what was done about it, and to the answer that patients get."""
