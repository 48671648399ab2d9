"""Puts PET on devices by cable, and never touches the answers that wait there."""
