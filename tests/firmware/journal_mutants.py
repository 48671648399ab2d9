"""Journals that are broken on purpose, made from the real source: each must be caught by the campaign that it names."""

import sys

MODULES = (
    "journal_blocks",
    "journal_ring",
    "journal_slots",
    "journal_room",
    "journal_mount",
    "journal_reading",
    "journal_writing",
    "journal",
)
HERE = __file__.replace("\\", "/")
FIRMWARE = (HERE[: HERE.rfind("tests/firmware/")] if "tests/firmware/" in HERE else "") + "firmware/"

# The journal imports these when they are used: too late for modules that only stand in for a while.
LATE_IMPORTS = (
    "from firmware.journal_mount import Mount, create, mend",
    "from firmware.journal_writing import append",
    "from firmware.journal_reading import rows",
)

# name -> ((module, line as it stands, broken line), ...)
CAUGHT_BY_CUTS = {
    "no CRC on the header": (("journal_mount", "if magic != MAGIC or not crc_is_good(slot):", "if magic != MAGIC:"),),
    "no CRC on a record": (
        ("journal_mount", "            if crc_is_good(content):\n", "            if content[0] < 6:\n"),
        ("journal_reading", "!= KIND_MARK and crc_is_good(content):", "!= KIND_MARK:"),
    ),
    "ack applied, its mark never written": (
        ("journal", "if not self._write_mark(through, 0 if frees else ACK_SLOTS_FREEING) and frees:", "if False:"),
    ),
    "header acks what was not acked": (
        ("journal", "+ 1, acked_through, self.device_id", "+ 1, ring.last_sequence, self.device_id"),
    ),
    "header forgets the ack": (("journal", "+ 1, acked_through, self.device_id", "+ 1, 0, self.device_id"),),
    "header begins with the wrong sequence": (
        ("journal", "epoch, ring.last_sequence + 1, acked_through", "epoch, ring.last_sequence, acked_through"),
    ),
    "un-acked blocks are erased": (
        ("journal_room", "return self.first[block] == 0 or self.end_of(block) <= acked_through + 1", "return True"),
    ),
    "a torn slot is programmed again": (
        (
            "journal_mount",
            "            ring.next_slot = slot + 1\n            if crc_is_good(content):\n",
            "            if crc_is_good(content):\n                ring.next_slot = slot + 1\n",
        ),
    ),
    "a torn slot takes a sequence": (
        ("journal_mount", "elif was_whole(content, ring.last_sequence + unreadable + 1):", "elif content != VOID:"),
    ),
    "the sequence starts again after a restart": (
        ("journal_mount", "ring.last_sequence = ring.first[ring.current] - 1", "ring.last_sequence = 0"),
    ),
}
CAUGHT_BY_WEAK_PROGRAMS = {
    "no read-back": (("journal_room", "return bool(self._check == content)", "return True"),),
    "a failed slot is used again": (("journal", "        ring.next_slot += 1\n", "        ring.next_slot += 0\n"),),
}


class Namespace:
    """Stands for a module: its names are attributes."""


def load(changes):
    """The journal's modules with these changes, as an object with the names of firmware.journal."""
    kept = {}
    module = None
    try:
        for name in MODULES:
            module = Namespace()
            space = {"__name__": name}
            exec(_changed(name, changes), space)  # noqa: S102  # our own source
            for key, value in space.items():
                setattr(module, key, value)
            kept[name] = sys.modules.get("firmware." + name)
            sys.modules["firmware." + name] = module
    finally:
        for name, original in kept.items():
            del sys.modules["firmware." + name]
            if original:
                sys.modules["firmware." + name] = original
    return module


def _changed(name, changes):
    with open(FIRMWARE + name + ".py") as file:  # no pathlib there
        source = file.read()
    if name == "journal":
        for late in LATE_IMPORTS:
            assert source.count(" " + late) == 1
            source = late + "\n" + source.replace(" " + late, " pass")
    for module, line, broken in changes:
        if module == name:
            assert source.count(line) == 1, f"{name}.py has changed: {line!r}"
            source = source.replace(line, broken)
    return source
