"""The operators' command line, and the builder of what it puts on a device."""
