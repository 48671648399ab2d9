"""What the battery's voltage allows: one lithium cell behind a regulator for 3.3 V.

The cell rests at 4.2 V full and about 3.5 V when a twentieth is left; below 3.4 V the regulator's drop (0.1 to 0.25 V)
meets the chip's need while Wi-Fi sends, and the brown-out detector resets it. The journal survives that, a patient's
pass does not.
"""

# No new pass: what is left is for the answers that wait. A pass takes 0.01 mAh, so one that has begun can end.
BATTERY_LOW_MV = 3500
BATTERY_EMPTY_MV = 3400  # no sync either: sending would reset the chip, again and again
BATTERY_RECOVERED_MV = 3600  # a resting cell rises by some 50 mV: the words must not come and go


def battery_is_low(battery_mv: int, was_low: bool = False) -> bool:
    """Whether no new pass may begin. 0 is not measured, and not low."""
    return 0 < battery_mv < (BATTERY_RECOVERED_MV if was_low else BATTERY_LOW_MV)


def battery_is_empty(battery_mv: int) -> bool:
    """Whether not even a sync may begin."""
    return 0 < battery_mv < BATTERY_EMPTY_MV
