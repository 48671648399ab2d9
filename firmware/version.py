"""What this application calls itself, and a time it cannot have run before."""

APPLICATION = "0.1.0"
BUILD_TIME = 217468800  # PET time of 2026-11-22T00:00:00Z: the clock is never believed to be earlier
