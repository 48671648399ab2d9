"""The device application; the package has this name on the device too."""
