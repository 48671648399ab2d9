"""Ingest: bytes from the broker become rows, and only then an ack. Its own process; knows nothing of the web."""
