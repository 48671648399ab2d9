"""What the demo and the tests start beside the server: a PostgreSQL, a broker, certificates."""
