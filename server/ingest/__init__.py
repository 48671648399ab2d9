"""Ingest: bytes from the broker become rows, and only then an ack. Its own process, without any web."""
