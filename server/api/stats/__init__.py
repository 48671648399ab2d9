"""The statistics of the interface: each file one kind of figure, with its route, its shape and what it reads."""
