"""What device and server must agree on: bytes, names and limits. Pure; one source for both interpreters."""

PROTOCOL_VERSION = 1
