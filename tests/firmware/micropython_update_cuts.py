"""An update that loses power in every operation on flash and counters: a working version starts, and the update ends.

The file system is littlefs, as on the device, over flash whose every program and erase can be cut, undone, half done or
done. Afterwards the device starts, goes on with the update as it would, and is cut once more on the way.
"""

import gc

from firmware.board.faulty_nor import PowerCut
from firmware.slots import FAILED_TRIES_MAX, mark_good
from firmware.update import APPLICATION_NEW
from tests.firmware.archives import make_archive
from tests.firmware.updated_device import ROOT, Device, exists, provisioned

ARCHIVE = make_archive()
TORN = (0, 5, 1 << 20)  # bytes of the operation that are done; more than it has is all of it


def survivor(device):
    """The same device, power back."""
    gc.collect()
    return Device(device.flash.image(), device.counters)


def cut_runs(before, action):
    """For each operation of `action` on a copy of this device, and each way to tear it: the copy, cut there."""
    whole = survivor(before)
    whole.mounted(lambda: action(whole))
    operations, stores = whole.flash.operations, whole.stores
    assert operations + stores > 1
    for operation in range(operations):
        for torn in TORN:
            device = survivor(before)
            device.flash.cut_after(operation, torn)
            yield cut(device, action), (operation, torn)
    for store in range(stores):
        for cut_before in (True, False):
            device = survivor(before)
            device.cut_counter, device.cut_before = store, cut_before
            yield cut(device, action), ("counter", store, cut_before)


def cut(device, action):
    try:
        device.mounted(lambda: action(device))
    except PowerCut:
        return survivor(device)
    except OSError:  # unmounting, without power
        return survivor(device)
    raise AssertionError("the power did not go")


def update(device):
    """What the application does at its start: it installs what waits, and a version that is new proves itself."""
    version, slot = device.start()
    if version == 1:
        if exists(ROOT + APPLICATION_NEW):
            assert device.install(slot) == 2
        return
    if exists(ROOT + APPLICATION_NEW):
        assert device.install(slot) == 0
    device.as_running(slot, mark_good)


def until_updated(device, where):
    for _ in range(3):
        assert device.mounted(device.start)[0] in (1, 2), where
        device.mounted(lambda: update(device))
    assert device.mounted(device.start) == (2, "b"), where
    assert device.counters["app_version"] == 2, where
    assert not device.mounted(lambda: exists(ROOT + APPLICATION_NEW)), where


def installs(device):
    assert device.install() == 2


def test_an_install_cut_anywhere_leaves_a_working_version_and_ends_in_the_new_one():
    cuts = 0
    for device, where in cut_runs(provisioned(ARCHIVE), installs):
        cuts += 1
        until_updated(device, where)
    print(cuts, "cuts of an install")
    assert cuts > 60


def test_cut_again_while_it_recovers():
    number = 0
    for device, where in cut_runs(provisioned(ARCHIVE), installs):
        number += 1
        if number % 9:
            continue
        again = survivor(device)
        again.flash.cut_after(number % 71, TORN[number % 3])
        try:
            again.mounted(lambda: update(again))
        except (PowerCut, OSError):
            pass
        until_updated(survivor(again), where)


def test_the_first_starts_of_the_new_version_cut_anywhere():
    device = provisioned(ARCHIVE)
    device.mounted(device.install)
    device.mounted(lambda: device.deliver(ARCHIVE))  # as if the power had gone before it was deleted
    for survived, where in cut_runs(survivor(device), update):
        until_updated(survived, where)


def falls_back(device):
    """A version 2 that never gets as far as saying that it is good."""
    for _ in range(FAILED_TRIES_MAX + 1):
        device.start()


def test_going_back_cut_anywhere():
    """The starter's own bookkeeping: three tries of the new version, then the old one, which remembers."""
    before = provisioned(ARCHIVE)
    before.mounted(before.install)
    whole = survivor(before)
    whole.mounted(lambda: falls_back(whole))
    assert whole.mounted(whole.start) == (1, "a")
    assert whole.counters["app_bad"] == 2
    cuts = 0
    for device, where in cut_runs(before, falls_back):
        cuts += 1
        starts = [device.mounted(device.start)[0] for _ in range(FAILED_TRIES_MAX + 1)]
        assert starts == sorted(starts, key=lambda version: -version), (starts, where)
        assert starts[-1] == 1, where
        assert device.counters["app_bad"] == 2, where
        device.mounted(lambda: device.deliver(ARCHIVE))
        assert "has failed on this device" in device.mounted(device.install), where
        assert device.mounted(device.start) == (1, "a")
    print(cuts, "cuts on the way back")


def test_the_cuts_find_an_install_in_the_wrong_order():
    """The pointer first and the files afterwards: somewhere in between nothing whole can be started."""

    from firmware import installing

    write = installing._write

    def write_last(board, archive, manifest, into):
        if into:
            installing._make_directories(into, "release")
            installing.replace_file(into + "release", "2 0.2")
            installing.replace_file(ROOT + "/slot", "b")
        write(board, archive, manifest, into)

    before = provisioned(ARCHIVE)
    installing._write = write_last
    lost = 0
    for device, where in cut_runs(before, installs):
        try:
            until_updated(device, where)
        except (AssertionError, OSError):
            lost += 1
    installing._write = write
    print(lost, "lost by the wrong order")
    assert lost > 10
