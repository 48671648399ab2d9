"""The pages of the fleet: which handhelds there are, how they are, what to see to, what became of each."""
