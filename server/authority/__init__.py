"""The authority that devices and servers of one installation believe: its certificates, made, renewed and replaced."""
