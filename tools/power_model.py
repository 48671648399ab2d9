"""How long a battery lasts: the handheld's states, what each draws, and three ways of using it, as tables.

  python -m tools.power_model            print the tables
  python -m tools.power_model --write    and put them into docs/power.md

An estimate, not a measurement: no figure here comes from our own hardware. docs/first-run.md says what to measure.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "power.md"
BEGIN = "<!-- made by python -m tools.power_model -->\n"
END = "<!-- end of what it made -->\n"

DAY_S = 86400.0
MC_PER_MAH = 3600.0
BATTERY_MAH = (1000, 2000, 3000)
USABLE = 0.8  # of the capacity: ageing, cold, and what is left when BATTERY_LOW_MV stops new passes
SELF_DISCHARGE = 0.03 / 30  # of the capacity a day: 2 to 3 % a month


class Draw(NamedTuple):
    """A current in mA, and where the figure comes from."""

    name: str
    milliamperes: float
    source: str


class Charge(NamedTuple):
    """What something takes each time, in mC (mA times seconds), and where the figure comes from."""

    name: str
    millicoulombs: float
    source: str


ESP32_AWAKE = Draw("ESP32 awake, radio off", 35.0, "ESP32 datasheet, modem-sleep at 160 MHz: 27 to 44 mA")
ESP32_NAPS = Draw("ESP32 in light sleep", 0.9, "ESP32 datasheet: 0.8 mA; and 10 ms awake in every 5 s for the watchdog")
DISPLAY_LIT = Draw("display, a quarter of its pixels lit", 12.0, "usual for modules of 0.96 to 1.3 inch; measure yours")
ESP32_ASLEEP = Draw("ESP32 in deep sleep, RTC and its memory on", 0.010, "ESP32 datasheet")
DISPLAY_DARK = Draw("display, off", 0.010, "SSD1306 datasheet: at most 10 µA, logic and panel")
REGULATOR = Draw("regulator, no load", 0.008, "datasheets of the regulators in docs/hardware.md: 1 to 8 µA")
DIVIDER = Draw("battery divider, 2 x 1 MOhm", 0.002, "Ohm's law at 4 V")
PROTECTION = Draw("protection circuit of the cell", 0.006, "usual for a DW01: 3 to 6 µA")
DRAWS = (ESP32_AWAKE, ESP32_NAPS, DISPLAY_LIT, ESP32_ASLEEP, DISPLAY_DARK, REGULATOR, DIVIDER, PROTECTION)

WAKE = Charge("wake from deep sleep to the first screen", 23.6, "glenn20, upy-esp32-experiments: 350 ms")
JOIN_KNOWN = Charge(
    "Wi-Fi with the remembered access point and address", 100.0, "glenn20, upy-esp32-experiments: 734 ms"
)
JOIN_DHCP = Charge("Wi-Fi with a scan and DHCP", 204.0, "glenn20, upy-esp32-experiments: 1,626 ms")
EXCHANGE = Charge("TLS, status, batches and acks", 100.0, "our estimate: 1 s at 100 mA")
CHARGES = (WAKE, JOIN_KNOWN, JOIN_DHCP, EXCHANGE)


class Device(NamedTuple):
    """How the firmware spends it; the defaults are those of the firmware and its settings."""

    awake_s_per_pass: float = 2.0  # seven presses of 0.3 s each: the button is down, the word is drawn
    pass_s: float = 15.0
    thanks_s: float = 5.0
    sleep_after_s: float = 60.0
    sync_every_s: float = 3600.0
    sync_backlog: float = 20.0
    known_share: float = 0.75  # of the joins: an address is used for 4 hours, so about every fourth asks anew
    light_sleep: bool = True
    deep_sleep: bool = True
    board_extra_ma: float = 0.0  # what else is on the board: a USB chip, a power light


class Pattern(NamedTuple):
    """A day. People come in groups: within a group the device is handed on, after it it goes to sleep."""

    name: str
    responses: float
    groups: float
    gap_s: float  # between two passes of a group


PATTERNS = (
    Pattern("community nurse", 12, 8, 30),
    Pattern("ward", 40, 10, 30),
    Pattern("outpatient desk", 150, 25, 20),
)
VARIANTS: tuple[tuple[str, Callable[[Device], Device]], ...] = (
    ("as built", lambda device: device),
    ("sleep_after_s = 20", lambda device: device._replace(sleep_after_s=20.0)),
    ("sleep_after_s = 0 (never deep sleep)", lambda device: device._replace(deep_sleep=False)),
    ("no light sleep between presses", lambda device: device._replace(light_sleep=False)),
    ("sync every 10 minutes", lambda device: device._replace(sync_every_s=600.0)),
    ("sync every 4 hours", lambda device: device._replace(sync_every_s=14400.0)),
    ("scan and DHCP at every sync", lambda device: device._replace(known_share=0.0)),
    ("a development board (0.1 mA more, always)", lambda device: device._replace(board_extra_ma=0.1)),
    ("a board with a power light (2 mA more, always)", lambda device: device._replace(board_extra_ma=2.0)),
)


def day_mah(device: Device, pattern: Pattern) -> dict[str, float]:
    """What a day takes, in mAh, by what it is spent on. Self-discharge is not in it: see `days`."""
    quiet = sum(draw.milliamperes for draw in (ESP32_ASLEEP, DISPLAY_DARK, REGULATOR, DIVIDER, PROTECTION))
    awake_s = pattern.responses * device.awake_s_per_pass
    answering_s = pattern.responses * (device.pass_s + device.thanks_s)
    waiting_s = (pattern.responses - pattern.groups) * pattern.gap_s + pattern.groups * device.sleep_after_s
    if not device.deep_sleep:
        waiting_s = DAY_S - answering_s
    napping_ma = ESP32_NAPS.milliamperes if device.light_sleep else ESP32_AWAKE.milliamperes
    syncs = DAY_S / device.sync_every_s + pattern.responses / device.sync_backlog
    join = device.known_share * JOIN_KNOWN.millicoulombs + (1 - device.known_share) * JOIN_DHCP.millicoulombs
    wakes = syncs + pattern.groups if device.deep_sleep else 0
    lit_ma = napping_ma + DISPLAY_LIT.milliamperes
    spent = {
        "answering": awake_s * (ESP32_AWAKE.milliamperes - napping_ma) + answering_s * lit_ma,
        "waiting with the screen lit": waiting_s * lit_ma,
        "syncs": syncs * (join + EXCHANGE.millicoulombs),
        "waking": wakes * WAKE.millicoulombs,
        "deep sleep and what is always on": DAY_S * (quiet + device.board_extra_ma),
    }
    return {name: millicoulombs / MC_PER_MAH for name, millicoulombs in spent.items()}


def days(device: Device, pattern: Pattern, battery_mah: float) -> float:
    """Until the battery stops new passes."""
    return battery_mah * USABLE / (sum(day_mah(device, pattern).values()) + battery_mah * SELF_DISCHARGE)


def tables() -> str:
    """All of it as Markdown."""
    return "\n".join(["", *_states(), "", *_spent(), "", *_lasts(), "", *_variants(), ""])


def _states() -> Iterator[str]:
    yield "### What each state draws"
    yield ""
    yield "| | mA | Source |"
    yield "|---|---:|---|"
    for draw in DRAWS:
        yield f"| {draw.name} | {draw.milliamperes:g} | {draw.source} |"
    yield ""
    yield "| Each time | mC | Source |"
    yield "|---|---:|---|"
    for charge in CHARGES:
        yield f"| {charge.name} | {charge.millicoulombs:g} | {charge.source} |"


def _spent() -> Iterator[str]:
    yield "### What a day takes (mAh)"
    yield ""
    device = Device()
    spent = [day_mah(device, pattern) for pattern in PATTERNS]
    yield "| | " + " | ".join(pattern.name for pattern in PATTERNS) + " |"
    yield "|---|" + "---:|" * len(PATTERNS)
    yield "| responses a day | " + " | ".join(f"{pattern.responses:g}" for pattern in PATTERNS) + " |"
    yield "| in groups | " + " | ".join(f"{pattern.groups:g}" for pattern in PATTERNS) + " |"
    for name in spent[0]:
        yield f"| {name} | " + " | ".join(f"{day[name]:.2f}" for day in spent) + " |"
    yield "| **a day** | " + " | ".join(f"**{sum(day.values()):.2f}**" for day in spent) + " |"


def _lasts() -> Iterator[str]:
    yield "### Days of battery"
    yield ""
    yield "| Cell | " + " | ".join(pattern.name for pattern in PATTERNS) + " |"
    yield "|---|" + "---:|" * len(PATTERNS)
    for battery_mah in BATTERY_MAH:
        lasting = [days(Device(), pattern, battery_mah) for pattern in PATTERNS]
        yield f"| {battery_mah} mAh | " + " | ".join(f"{count:.0f}" for count in lasting) + " |"


def _variants() -> Iterator[str]:
    battery_mah = BATTERY_MAH[1]
    yield f"### What would change it (days, {battery_mah} mAh)"
    yield ""
    yield "| | " + " | ".join(pattern.name for pattern in PATTERNS) + " |"
    yield "|---|" + "---:|" * len(PATTERNS)
    for name, change in VARIANTS:
        lasting = [days(change(Device()), pattern, battery_mah) for pattern in PATTERNS]
        yield f"| {name} | " + " | ".join(f"{count:.0f}" for count in lasting) + " |"


def written(document: str) -> str:
    """The document with the tables of today in it. Raises ValueError when it has no place for them."""
    before, begun, rest = document.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not begun or not ended:
        raise ValueError(f"docs/power.md lacks the lines {BEGIN.strip()} and {END.strip()}")
    return before + BEGIN + tables() + "\n" + END + after


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0."""
    parser = argparse.ArgumentParser(description="Days of battery, as tables.")
    parser.add_argument("--write", action="store_true", help="put them into docs/power.md")
    if parser.parse_args(arguments).write:
        DOCUMENT.write_text(written(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(tables())
    return 0


if __name__ == "__main__":
    sys.exit(main())
