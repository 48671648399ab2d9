"""One device, from a blank chip to one that is flashed again with answers waiting on it."""

import pytest

from tests.tools.flashing.rehearsal import area, content, digest, flash_port, identity, identity_on, order, provision
from tests.tools.flashing.synthetic import firmware
from tools.flashing.errors import FirmwareError
from tools.flashing.micropython_image import check_image
from tools.flashing.partitions import FACTORY, JOURNAL, MIB, TABLE_OFFSET, VFS, layout_for
from tools.flashing.vfs_image import read_image


@pytest.mark.parametrize("megabytes", [4, 8, 16])
def test_a_blank_device_gets_everything(devices, kit, micropython_image, bench, ledger, link, megabytes):
    folder = devices(one={"mac": 1, "megabytes": megabytes})
    outcome = flash_port(folder, "one", order(kit, micropython_image, identity=identity(1)), bench, ledger, link)
    data = content(folder, "one")
    layout = layout_for(megabytes << 20)
    assert outcome.written == ("bootloader", "factory", "vfs", "table")
    assert outcome.serial == "PET-0001"
    assert data[TABLE_OFFSET : TABLE_OFFSET + len(layout.binary)] == layout.binary
    assert data[0x1000:0x8000].startswith(micropython_image.bootloader_for(megabytes << 20))
    assert area(data, FACTORY).startswith(micropython_image.application)
    assert read_image(area(data, VFS)) == kit.files
    assert identity_on(data) == identity(1)
    assert set(area(data, JOURNAL)) == {0xFF}


def test_an_oversized_micropython_is_refused_before_the_first_write(devices, kit, bench, ledger, link):
    folder = devices(one={"mac": 1})
    large = check_image(firmware(filler=layout_for(4 * MIB)[FACTORY].size))
    with pytest.raises(FirmwareError, match="too large"):
        flash_port(folder, "one", order(kit, large), bench, ledger, link)
    assert set(content(folder, "one")) == {0xFF}
    assert not list(ledger.lines())


def test_a_known_device_keeps_journal_and_identity(devices, kit, micropython_image, bench, ledger, link, tmp_path):
    before = provision(tmp_path / "devices", "one", identity(7), responses=200, acked=50)
    folder = devices(one={"mac": 7})
    outcome = flash_port(folder, "one", order(kit, micropython_image), bench, ledger, link)
    after = content(folder, "one")
    assert outcome.kind == "known"
    assert outcome.waiting == 150
    assert outcome.journal_md5 == digest(area(before, JOURNAL)) == digest(area(after, JOURNAL))
    assert outcome.backup.read_bytes() == area(before, JOURNAL)
    assert identity_on(after) == identity(7)
    assert [line["event"] for line in ledger.lines()] == ["backed-up", "begun", "written", "done"]
    assert flash_port(folder, "one", order(kit, micropython_image), bench, ledger, link).written == ()
