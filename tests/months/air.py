"""Between the device and its server: Wi-Fi, sockets in memory, a broker that speaks MQTT, and what goes wrong there.

Time is virtual: each look at a wire on which nothing happens takes LOOK_MS of the board's clock, or as long as it is
until something happens.
"""

import errno

from firmware.board.faulty_nor import PowerCut
from protocol.topics import down_filter
from tests.link.wire import PUBLISH, Broker, Wire, message
from tests.months.board import IDENTITY

LOOK_MS = 700
OF_SYNC_BYTES = 6000  # a sync seldom passes more
HEARD_MAX = 40  # messages that the broker can replay
LATE_MAX = 6
SUBSCRIBE = 8


class Luck:
    """What goes wrong on one connection. All are drawn beforehand, so that nothing depends on how it goes."""

    def __init__(self, sampler, badness):
        def strikes(per_mille):
            return sampler.below(1000) < per_mille * badness

        def somewhere():
            return sampler.below(400) if sampler.below(2) else sampler.below(OF_SYNC_BYTES)

        self.no_wifi = strikes(30)
        self.refused = strikes(30)
        self.stall_after = somewhere() if strikes(25) else None
        self.hang_up_after = somewhere() if strikes(40) else None
        self.power_after = somewhere() if strikes(8) else None  # bytes
        self.power_counter = sampler.below(4) if strikes(4) else -1  # writes of counters
        self.power_flash = (sampler.below(3), sampler.below(33)) if strikes(8) else None  # operations, bytes
        self.press_ms = sampler.below(3000) if strikes(40) else -1
        self.drops_up = [number for number in range(12) if strikes(12)]  # PUBACK, and never handed on
        self.late_up = [number for number in range(12) if strikes(8)]  # handed on after the connection
        self.twice_up = [number for number in range(12) if strikes(15)]
        self.drops_down = [number for number in range(24) if strikes(8)]
        self.late_down = [number for number in range(24) if strikes(8)]  # to the next connection
        self.twice_down = [number for number in range(24) if strikes(15)]
        self.slow_down = [(number, sampler.below(14000)) for number in range(24) if strikes(15)]
        self.replays = [(sampler.below(12), sampler.below(HEARD_MAX)) for _ in range(6) if strikes(40)]
        self.swaps_down = strikes(20)  # the two answers to a status
        self.restarts = sampler.below(8) if strikes(10) else -1  # the server, before this message: it has forgotten
        self.ack_beyond = sampler.below(4) if strikes(25) else -1
        self.takes_max = 1 + sampler.below(600) if strikes(20) else None
        self.trickle = strikes(5)


class Air:
    """`luck()` gives the next connection's. `server` answers; `pressed_in` is told when a finger will come."""

    def __init__(self, board, server, luck, pressed_in):
        self.board = board
        self.server = server
        self.luck = luck
        self.pressed_in = pressed_in
        self.connections = 0
        self.plan = None
        self.heard = []  # the last messages that came down
        self.late_up = []
        self.late_down = []

    @property
    def passed_ms(self):
        """The clock of the wires."""
        return self.board.true_ms()

    @passed_ms.setter
    def passed_ms(self, ms):
        self.board.pass_time(ms - self.board.true_ms())

    def come_up(self):
        self.plan = self.luck()
        if self.plan.power_flash:
            operations, torn_bytes = self.plan.power_flash
            self.board.journal.cut_after(operations, torn_bytes)
        if self.plan.press_ms >= 0:
            self.pressed_in(self.plan.press_ms)
        self.board.pass_time(1500)
        if self.plan.no_wifi:
            raise OSError("no network in reach")

    def power_fails(self):
        """Whether it does in this write of a counter."""
        plan = self.plan
        if plan is None or plan.power_counter < 0:
            return False
        plan.power_counter -= 1
        return plan.power_counter < 0

    def make_socket(self):
        self.connections += 1
        return Socket(self)

    def release(self):
        """What the broker has kept back on its way up reaches the server now; its answers come too late."""
        late, self.late_up = self.late_up, []
        for topic, payload in late:
            self.late_down += self.server.take(topic, payload)
        self.late_down = self.late_down[-LATE_MAX:]


class Socket(Wire):
    """A wire to a broker of its own, which lasts as long as this connection."""

    def __init__(self, air):
        plan = air.plan
        super().__init__(
            air,
            Exchange(air, self),
            stall_after=plan.stall_after,
            hang_up_after=plan.hang_up_after,
            refuses_connect=plan.refused,
            takes_max=plan.takes_max,
            trickle=plan.trickle,
        )
        self.power_after = plan.power_after
        self.coming = []  # (at ms, bytes)

    def read(self, size):
        self._pass_bytes()
        while self.coming and self.coming[0][0] <= self.clock.passed_ms:
            self.waiting += self.coming.pop(0)[1]
        return super().read(size)

    def write(self, data):
        self._pass_bytes()
        if self.hang_up_after is not None and self.passed >= self.hang_up_after:
            raise OSError(errno.ECONNRESET)
        return super().write(data)

    def ioctl(self, request, flags):
        if request != 3:
            return -errno.EINVAL
        left_ms = self.coming[0][0] - self.clock.passed_ms if self.coming else LOOK_MS
        self.clock.passed_ms += 1 if self.waiting else max(1, min(LOOK_MS, left_ms))
        return flags & 5

    def _may(self, count):
        count = super()._may(count)
        if self.hang_up_after is not None:
            count = max(0, min(count, self.hang_up_after - self.passed))
        return count

    def _pass_bytes(self):
        if self.power_after is not None and self.passed >= self.power_after:
            raise PowerCut("in a sync, after %d bytes" % self.passed)


class Exchange(Broker):
    """The broker as this connection sees it."""

    def __init__(self, air, wire):
        super().__init__()
        self.air = air
        self.wire = wire
        self.up = 0
        self.down = 0

    def _answer(self, first, body):
        answer = super()._answer(first, body)
        if first >> 4 == SUBSCRIBE:
            late, self.air.late_down = self.air.late_down, []
            for topic, payload in late:
                self._send(topic, payload)
        if first >> 4 != PUBLISH:
            return answer
        topic, payload = self.published.pop()
        answer = b"\x40\x02" + body[2 + len(topic) : 4 + len(topic)]
        self._hand_on(topic.decode(), payload)
        return answer

    def _hand_on(self, topic, payload):
        air, plan, number = self.air, self.air.plan, self.up
        self.up += 1
        for before, which in plan.replays:
            if before == number and air.heard:
                self._send(*air.heard[which % len(air.heard)])
        if plan.restarts == number:
            air.server.restart()
        if number in plan.drops_up:
            return
        if number in plan.late_up:
            air.late_up.append((topic, payload))
            return
        replies = air.server.take(topic, payload)
        if number in plan.twice_up:
            replies += air.server.take(topic, payload)
        if plan.swaps_down:
            replies.reverse()
        if plan.ack_beyond == number:
            self._send(*air.server.ack_beyond())
        for reply in replies:
            self._reply(reply)

    def _reply(self, reply):
        air, plan, number = self.air, self.air.plan, self.down
        self.down += 1
        air.heard = air.heard[1 - HEARD_MAX :] + [reply]
        if number in plan.drops_down:
            return
        if number in plan.late_down:
            air.late_down.append(reply)
            return
        delay_ms = 30 + sum([delay for which, delay in plan.slow_down if which == number])
        self._send(*reply, delay_ms)
        if number in plan.twice_down:
            self._send(*reply, delay_ms)

    def _send(self, topic, payload, delay_ms=30):
        """Only what has been subscribed to comes down; never overtakes what is on its way."""
        if down_filter(IDENTITY.device_id).encode() not in self.topics:
            return
        at_ms = self.wire.clock.passed_ms + delay_ms
        if self.wire.coming:
            at_ms = max(at_ms, self.wire.coming[-1][0])
        self.wire.coming.append((at_ms, message(topic, payload)))
