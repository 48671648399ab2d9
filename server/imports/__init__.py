"""Historic responses from files: read, checked row by row, counted like others, kept verbatim, taken back whole."""
