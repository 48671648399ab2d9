"""What of the device's application is in memory together: the modules of each bundle.

A device is in one phase at a time, and only that phase's bundles are in memory (docs/adr/0006). A module that stands
in no list is not built: `tools.application` refuses, so that nothing becomes resident by being forgotten here.
"""

# In memory at all times.
RESIDENT = {
    "firmware.device": (
        "firmware",
        "firmware.application",
        "firmware.board",
        "firmware.board.retained",
        "firmware.files",
        "firmware.memory",
        "firmware.sync_result",
        "firmware.version",
        "protocol",
        "protocol.errors",
        "protocol.instants",
        "protocol.packing",
    ),
    "firmware.chip": (
        "firmware.board.displays",
        "firmware.board.esp32",
        "firmware.board.nor",
        "firmware.board.sim",
    ),
}
# Loaded when they are needed, and forgotten at the end of the phase or sooner.
ON_DEMAND = {
    # always, but for the steps of a connection that do without
    "firmware.logging": (
        "firmware.journal",
        "firmware.journal_errors",
        "firmware.journal_room",
        "firmware.journal_slots",
        "firmware.journal_writing",
    ),
    "firmware.flashing": ("firmware.journal_blocks", "firmware.journal_ring"),
    "firmware.recalled": ("firmware.battery", "firmware.clock", "firmware.schedule", "firmware.visit"),
    "firmware.told": ("firmware.board.nor_making", "firmware.commands"),
    # the start
    "firmware.starting": ("firmware.main", "firmware.journal_mount", "protocol.identity"),
    "firmware.setup": ("firmware.settings",),
    # asking patients, or going through a checklist
    "firmware.patients": (
        "firmware.asking",
        "firmware.dialogue",
        "firmware.faces",
        "firmware.language_choice",
        "firmware.misuse",
        "firmware.screens",
        "firmware.texts",
    ),
    "firmware.beginning": ("firmware.phases",),
    "firmware.picturing": ("firmware.buttons", "firmware.pictures", "firmware.questionnaire", "protocol.screen"),
    "firmware.keeping": ("firmware.recording", "protocol.record"),
    "firmware.packages": ("firmware.package_file", "firmware.readying", "protocol.package"),
    "firmware.waiting": ("firmware.lacking",),
    # staff
    "firmware.personnel": ("firmware.staffing", "firmware.staff", "firmware.staff_words"),
    "firmware.choosable": ("firmware.choosing", "firmware.declining"),
    "firmware.writing": ("firmware.staff_screens", "firmware.staff_view", "firmware.service_font"),
    "firmware.testing": ("firmware.self_test",),
    # a sync, and what comes of it
    "firmware.passage": ("firmware.between",),
    "firmware.syncing": (
        "firmware.sync",
        "firmware.link",
        "firmware.link_error",
        "firmware.board.deadline",
        "firmware.board.stream",
        "protocol.bodies",
        "protocol.topics",
    ),
    "firmware.dialing": ("firmware.opening", "firmware.board.joining", "firmware.board.wifi"),
    "firmware.talking": (
        "firmware.conversation",
        "firmware.outbox",
        "protocol.envelope",
        "protocol.messages",
    ),
    "firmware.hello": ("firmware.greeting", "protocol.status"),
    "firmware.shelved": ("firmware.shelf",),
    "firmware.meeting_server": ("firmware.meeting",),
    "firmware.delivering": ("firmware.handing",),
    "firmware.recalling": ("firmware.journal_reading",),
    "firmware.holding": ("firmware.held",),
    "firmware.planned": ("firmware.planning",),
    "firmware.changing": ("firmware.changes",),
    "firmware.trying": ("firmware.trial",),
    "firmware.bringing": ("firmware.fetching",),
    "firmware.exchanging": ("firmware.switching",),
    "firmware.failing": ("firmware.failures",),
    # a new version of all this
    "firmware.slotting": ("firmware.slots",),
    "firmware.updating": ("firmware.update",),
    "firmware.proving": ("firmware.provenance", "firmware.signature", "protocol.archive"),
    "firmware.unpacking": ("firmware.installing",),
}
# Of these bundles the device tells an error's reason at most: no screen ever shows its words.
WIRE_ONLY = frozenset({"protocol.envelope", "protocol.packing", "protocol.status"})
# Not part of the application: the tests' side of the simulator, what draws screens for people who look at them
# beforehand, and what is on a device beside the application.
OUTSIDE = (
    "firmware.board.faulty_nor",
    "firmware.board.choose_esp32",
    "firmware.board.choose_sim",
    "firmware.board.start_esp32",
    "firmware.board.start_sim",
    "firmware.drawing",
    "firmware.starter",
)
# What the other board has for itself.
LEFT_OUT = {
    "esp32": (
        "firmware.simulator",
        "firmware.commands",
        "firmware.board.sim",
        "firmware.board.nor",
        "firmware.board.nor_making",
    ),
    "sim": ("firmware.handheld", "firmware.board.esp32", "firmware.board.displays", "firmware.board.wifi"),
}
ENTRIES = {"esp32": ("firmware.handheld", "run"), "sim": ("firmware.simulator", "main")}  # module and function
