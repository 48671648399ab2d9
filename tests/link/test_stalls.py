"""A network that becomes a black hole, at any byte of connecting, subscribing, publishing and receiving.

The device gives each operation DEADLINE_MS and must come back from every one of them. How long that took is measured
on the device, and bounded generously: on a slow machine a step may time out before the stall is reached. Those are
done again with a deadline that is never short, so that every stall has been met where it was meant to be.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain

import pytest

from tests.link.conftest import DEVICES
from tests.link.stalling import Plan, StallingProxy

DEADLINE_MS = 150
PATIENT_MS = 3000
LATE_MS = 10000  # for the machine, not for the device: a hang lasts for ever
GOODBYE_BYTES = 4 + 2  # PUBACK of what was received, DISCONNECT: the sync is over by then
TLS_RECORD_BYTES = 29  # around each of them, and around the broker's goodbye
TLS_VARIES_BYTES = 9  # no two signatures in a handshake are equally long
TLS_SAMPLE_BYTES = 37  # prime, so that samples fall on different places of TLS records


def sync(script, port, plans, **settings):
    """How each of the syncs ended, one for each plan."""
    with StallingProxy(port, plans) as proxy:
        return script.run("syncs", runs=[{"port": proxy.port}] * len(plans), **settings)


def whole(device, port, **settings):
    """The bytes that an undisturbed sync passes, without its goodbye."""
    plan = Plan()
    (end,) = sync(device, port, [plan], timeout_ms=20000, **settings)
    assert end["done"] == ["open", "subscribe", "publish", "receive"], end
    up, down = plan.passed["up"] - GOODBYE_BYTES, plan.passed["down"]
    if settings["tls"]:
        up, down = up - 2 * TLS_RECORD_BYTES, down - TLS_RECORD_BYTES - 2
        return up - TLS_VARIES_BYTES, down - TLS_VARIES_BYTES
    return up, down


def stall(device, port, plans, **settings):
    """Run the plans; each must end by a time-out of one step, in time.

    Returns the plans whose stall was not reached, the steps at which runs ended, and how late the latest was.
    """
    workers = len(DEVICES)  # all at once: they do nothing but wait
    parts = [plans[number::workers] for number in range(workers)]
    with ThreadPoolExecutor(workers) as pool:
        run = partial(sync, device, port, **settings)
        lists = list(pool.map(lambda part, name: run(part, device=name), parts, DEVICES))
    missed, steps, latest_ms = [], set(), 0
    for plan, end in zip(chain(*parts), chain(*lists), strict=True):
        # A message of which not one byte has come is no failure of the link.
        assert end["kind"] == "timed out" or end["words"] == "nothing was received", (plan.limits, end)
        # Receiving may wait for a first byte and then for the rest.
        late_ms = end["took_ms"] - settings["timeout_ms"] * (2 if end["done"][-1:] == ["publish"] else 1)
        assert late_ms <= LATE_MS, (plan.limits, end)
        latest_ms = max(latest_ms, late_ms)
        steps.add(len(end["done"]))
        if not plan.kept_to:
            missed.append(Plan(**plan.limits))
    return missed, steps, latest_ms


def stall_everywhere(device, port, every, **settings):
    up, down = whole(device, port, **settings)
    plans = [Plan(up=limit) for limit in range(0, up, every)] + [Plan(down=limit) for limit in range(0, down, every)]
    missed, steps, latest_ms = stall(device, port, plans, timeout_ms=DEADLINE_MS, **settings)
    again, more_steps, _ = stall(device, port, missed, timeout_ms=PATIENT_MS, **settings)
    assert not again
    assert steps | more_steps == {0, 1, 2, 3}, "a stall in each of open, subscribe, publish, receive"
    print(f"{len(plans)} stalls, every {every} of {up} bytes up and {down} down: ", end="")
    print(f"{latest_ms} ms late at most, {len(missed)} done again")


@pytest.mark.parametrize("esp32", [False, True], ids=["unix", "esp32"])
def test_a_stall_at_every_byte_ends_in_time(device, broker, esp32):
    stall_everywhere(device, broker.plain_port, 1, tls=False, esp32=esp32)


@pytest.mark.parametrize("esp32", [False, True], ids=["unix", "esp32"])
def test_a_stall_within_tls_ends_in_time(device, broker, esp32):
    stall_everywhere(device, broker.port, TLS_SAMPLE_BYTES, tls=True, esp32=esp32)
