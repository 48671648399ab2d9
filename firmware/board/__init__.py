"""The boards: the only place that knows hardware, sockets or TLS. `esp32` and `sim` have the same interface."""
