"""Cuts the power of a journal in every program and erase of a long run, and checks what a list remembers.

One run of appends and acks goes over a small ring several times. Before each of its operations the flash is copied,
and for every way in which that operation can be torn: the device starts again, is cut once more while it recovers,
starts again, and must know exactly what was completed. The run itself never notices.
"""

from firmware.board.faulty_nor import FaultyFlash, PowerCut
from tests.firmware.bystander import Bystander

BLOCKS = 8
BLOCK_BYTES = 512
APPENDS_AFTERWARDS = 40
SCATTERED_CUTS = 4  # of each operation


class Watched(FaultyFlash):
    """Calls `before(kind, address, length)` ahead of every operation; the flash is still untouched then."""

    before = None

    def _program(self, address, wanted):
        if self.before:
            self.before(wanted, address)
        super()._program(address, wanted)

    def _erase(self, block):
        if self.before:
            self.before(None, block)
        super()._erase(block)


class Sampler:
    """Seeded choices, the same on both interpreters."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self.state >> 12) % limit


def roomy(bystander, journal, appends):
    """Appends, with acks now and then: of a part, of all, again of what is acked already."""
    for number in range(1, appends + 1):
        bystander.append(journal)
        if number % 17 == 0:
            bystander.acknowledge(journal, number - (number * 7) % 23)
        if number % 80 == 0:
            bystander.acknowledge(journal, number)


def fill(bystander, journal):
    for _ in range(2 * BLOCKS * BLOCK_BYTES // 32):
        try:
            bystander.append(journal)
        except bystander.firmware.Full:
            bystander.appending = 0
            return
    raise AssertionError("the ring takes more records than it has slots")


def crowded(bystander, journal, rounds):
    """Fills the ring to the last slot again and again; acks that free nothing, then one that frees a block."""
    bystander.crowded = True
    for number in range(rounds):
        fill(bystander, journal)
        for _ in range(number % 7):
            bystander.acknowledge(journal, bystander.acked + 1)
        bystander.acknowledge(journal, bystander.acked + 9 + number % 30)


class Campaign:
    """`every`: of all (operation, torn at) pairs, take one in so many; 1 is all of them. `appends_every`: after one in
    so many, forty more appends. `weak`: while it recovers, a program fails silently too.
    """

    def __init__(self, firmware, every=1, seed=1, appends_every=1, weak=False):
        self.firmware = firmware
        self.every = every
        self.weak = weak
        self.appends_every = appends_every
        self.sampler = Sampler(seed)
        self.operations = 0
        self.first_cuts = 0
        self.second_cuts = 0
        self.flash = Watched(None, BLOCKS, BLOCK_BYTES)
        self.victim = FaultyFlash(None, BLOCKS, BLOCK_BYTES)
        self.bystander = Bystander(firmware)

    def run(self, workload, amount):
        """Drive `workload(bystander, journal, amount)`; AssertionError says which cut was not survived."""
        self.flash.before = self.cut_here
        journal = self.bystander.mount(self.flash)
        workload(self.bystander, journal, amount)
        self.flash.before = None
        self.bystander.check(journal)
        assert self.flash.violations == 0
        return self

    def wraps(self):
        return self.flash.erases / BLOCKS

    def cut_here(self, wanted, place):
        """Tear the coming operation: at each byte; an erase from either end, every 16 bytes; and scattered bits."""
        self.operations += 1
        image = self.flash.image()
        length = BLOCK_BYTES if wanted is None else len(wanted)
        for torn_bytes in range(0, length + 1, 16 if wanted is None else 1):
            for from_end in (False, True) if wanted is None else (False,):
                if self.sampler.below(self.every) == 0:
                    self.cut_in_order(image, wanted, place, torn_bytes, from_end)
        for _ in range(SCATTERED_CUTS):
            if self.sampler.below(self.every) == 0:
                self.cut_scattered(image, wanted, place)

    def cut_in_order(self, image, wanted, place, torn_bytes, from_end):
        """As the simulator tears: some bytes done, one by half, the others untouched."""
        victim = self.victim
        victim.power_on()
        victim.restore(image)
        victim.cut_after(0, torn_bytes, from_end=from_end)
        try:
            if wanted is None:
                victim.ioctl(6, place)
            else:
                victim.writeblocks(0, wanted, place)
        except PowerCut:
            self.first_cuts += 1
        self.survive(self.bystander.copy(), f"torn at {torn_bytes}")

    def cut_scattered(self, image, wanted, place):
        """As chips may: any of the bits to be cleared are; an erase leaves zeros or noise over part of the block."""
        sampler = self.sampler
        bystander = self.bystander.copy()
        if wanted is None:
            start = sampler.below(BLOCK_BYTES)
            noise = sampler.below(2)
            torn = bytes([noise * sampler.below(256) for _ in range(BLOCK_BYTES - start)])
            place = place * BLOCK_BYTES + (start if sampler.below(2) else 0)
        else:
            old = image[place : place + len(wanted)]
            torn = bytes([old[index] & (wanted[index] | sampler.below(256)) for index in range(len(wanted))])
            bystander.may_leave_tombstone = True
        self.victim.power_on()
        self.victim.restore(image)
        self.victim.damage(place, torn)
        self.first_cuts += 1
        self.survive(bystander, "with bits scattered")

    def survive(self, bystander, torn):
        try:
            self.recover(self.victim, bystander)
        except (AssertionError, OSError, ValueError, IndexError) as error:
            failure = repr(error)
        else:
            return
        raise AssertionError(f"operation {self.operations} {torn}: {failure}")

    def recover(self, victim, bystander):
        victim.violations = 0
        victim.cut_after(self.sampler.below(7), (0, 9, 29, 31, 32, 200, 512)[self.sampler.below(7)])
        if self.weak:
            bystander.may_leave_tombstone = True
            victim.weaken_after(self.sampler.below(4), self.sampler.below(32), 0xFF)
        try:
            self.use(victim, bystander, 3)
        except PowerCut:
            self.second_cuts += 1
        victim.power_on()
        journal = bystander.mount(victim)
        bystander.check(journal)
        bystander.settle(journal)
        if self.sampler.below(self.appends_every) == 0:
            self.use(victim, bystander, APPENDS_AFTERWARDS)
            bystander.check(bystander.mount(victim))
        assert victim.violations == 0, "a bit was to be set without an erase"

    def use(self, victim, bystander, appends):
        journal = bystander.mount(victim)
        bystander.check(journal)
        bystander.settle(journal)
        for number in range(appends):
            if number % 25 == 1 or journal.free_slots == 0:
                bystander.acknowledge(journal, bystander.acked + (bystander.unacked() + 1) // 2)
            bystander.append(journal)
        bystander.check(journal)


def weak_programs(firmware, runs, seed=1, faults=25):
    """Runs in which `faults` programs fail silently, checked after restarts all along; AssertionError when it shows."""
    sampler = Sampler(seed)
    for _ in range(runs):
        flash = FaultyFlash(None, BLOCKS, BLOCK_BYTES)
        bystander = Bystander(firmware)
        journal = bystander.mount(flash)
        for _ in range(faults):
            flash.weaken_after(sampler.below(220), sampler.below(32), 0xFF)
        for _ in range(8):
            roomy_part(bystander, journal, 20)
            bystander.check(journal)
            journal = bystander.mount(flash)
            bystander.check(journal)
        assert flash.violations == 0


def roomy_part(bystander, journal, appends):
    for _ in range(appends):
        bystander.append(journal)
    bystander.acknowledge(journal, bystander.acked + bystander.unacked() * 2 // 3)
