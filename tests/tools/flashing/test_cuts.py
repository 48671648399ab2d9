"""The cable is pulled at twenty-five points; `resume` always ends verified, with every answer still there.

Where nothing had been written yet it says that nothing was begun, and the device is as it was: `flash` does it then.
"""

import json

import pytest

from protocol.identity import encode_identity
from tests.tools.flashing.rehearsal import (
    area,
    content,
    digest,
    flash_port,
    identity,
    identity_on,
    order,
    provision,
    wait_for,
)
from tools.flashing.bench import write_safely
from tools.flashing.command_line import main
from tools.flashing.errors import CutError, FlashError
from tools.flashing.partitions import JOURNAL, VFS
from tools.flashing.vfs_image import read_image

CUTS_SAVING = 5  # while the journal is saved: by far the most bytes
CUTS_WRITING = 15  # with the journal saved already: connecting, comparing, writing
RESPONSES = 200


def known(folder, bench, name, number, *, is_saved):
    """A device in use, and its flash as it was."""
    before = provision(folder, name, identity(number), RESPONSES)
    if is_saved:
        journal = area(before, JOURNAL)
        write_safely(bench.backups(mac(number)) / f"journal-{digest(journal)}.bin", journal)
    return before


def mac(number):
    return f"24:0A:C4:00:00:{number:02X}"


@pytest.fixture
def resume(kit_file, bench, link, capsys):
    """`resume(port, ...)` is how many devices it has finished; it must not fail."""

    def say(port, *options):
        shared = ("--kit", kit_file, "--lock", kit_file.with_name("firmware.lock.toml"), "--bench", bench.directory)
        command = ("resume", "--port", port, *shared, "--before", link.before, *options, "--json")
        assert main(list(map(str, command))) == 0
        return json.loads(capsys.readouterr().out.splitlines()[-1])["done"]

    return say


def moved(folder, name):
    return int((folder / f"{name}.moved").read_text())


@pytest.mark.parametrize(("is_saved", "cuts"), [(False, CUTS_SAVING), (True, CUTS_WRITING)])
def test_a_known_device_survives_a_pulled_cable(
    devices, kit, micropython_image, bench, ledger, link, resume, tmp_path, is_saved, cuts
):
    folder = tmp_path / "devices"
    wanted = order(kit, micropython_image)
    known(folder, bench, "whole", 200, is_saved=is_saved)
    devices(whole={"mac": 200})
    flash_port(folder, "whole", wanted, bench, ledger, link)
    total, done = moved(folder, "whole"), content(folder, "whole")
    before = {number: known(folder, bench, f"cut{number}", number, is_saved=is_saved) for number in range(1, cuts + 1)}
    devices(**{f"cut{number}": {"mac": number, "pull_after": total * number // (cuts + 1)} for number in before})
    in_writing = 0
    for number, old in before.items():
        name = f"cut{number}"
        with pytest.raises(FlashError) as cut:
            flash_port(folder, name, wanted, bench, ledger, link)
        in_writing += isinstance(cut.value, CutError)
        begun = mac(number) in ledger.unfinished()
        assert begun >= isinstance(cut.value, CutError)
        wait_for(folder / f"{name}.port")
        assert resume(folder / f"{name}.port") == begun
        if not begun:
            assert content(folder, name) == old
            flash_port(folder, name, wanted, bench, ledger, link)
        data = content(folder, name)
        assert data[:0xE000] == done[:0xE000]
        assert read_image(area(data, VFS)) == kit.files
        assert identity_on(data) == identity(number)
        assert area(data, JOURNAL) == area(old, JOURNAL)
    assert not ledger.unfinished()
    assert in_writing >= (cuts // 3 if is_saved else 0), "too few of the cuts fell into the writing"


def test_a_new_device_survives_it_too(devices, kit, micropython_image, bench, ledger, link, resume, tmp_path):
    folder = tmp_path / "devices"
    devices(whole={"mac": 200})
    flash_port(folder, "whole", order(kit, micropython_image, identity=identity(200)), bench, ledger, link)
    total, done = moved(folder, "whole"), content(folder, "whole")
    numbers = range(1, 6)
    devices(**{f"cut{number}": {"mac": number, "pull_after": total * number // 6} for number in numbers})
    for number in numbers:
        wanted = order(kit, micropython_image, identity=identity(number))
        with pytest.raises(FlashError):
            flash_port(folder, f"cut{number}", wanted, bench, ledger, link)
        begun = mac(number) in ledger.unfinished()
        (tmp_path / "pet_id").write_bytes(encode_identity(identity(number)))
        wait_for(folder / f"cut{number}.port")
        assert resume(folder / f"cut{number}.port", "--identity", tmp_path / "pet_id") == begun
        if not begun:
            assert set(content(folder, f"cut{number}")) == {0xFF}
            flash_port(folder, f"cut{number}", wanted, bench, ledger, link)
        data = content(folder, f"cut{number}")
        assert data[:0xE000] + data[0xF000:] == done[:0xE000] + done[0xF000:]
        assert identity_on(data) == identity(number)
    assert not ledger.unfinished()
