"""The cable is pulled at many points; what is said next always ends verified, with every answer still there.

Where nothing had been written yet `resume` says that nothing was begun, and the device is as it was: `flash` does it.
"""

import json

import pytest

from protocol.identity import encode_identity
from tests.tools.flashing.enrolling_server import enrolling_server
from tests.tools.flashing.rehearsal import (
    area,
    content,
    digest,
    flash_port,
    identity,
    identity_on,
    order,
    port,
    provision,
    wait_for,
)
from tests.tools.flashing.test_command_line import stock_flash
from tools.flashing.bench import write_safely
from tools.flashing.command_line import main
from tools.flashing.errors import INTERRUPTED, NO_ANSWER, CutError, FlashError
from tools.flashing.partitions import IDENTITY, JOURNAL, VFS, layout_for
from tools.flashing.vfs_image import read_image

CUTS_SAVING = 5  # while the journal is saved: by far the most bytes
CUTS_WRITING = 15  # with the journal saved already: connecting, comparing, writing
CUTS_MIGRATING = 15  # with all of the flash saved already, but for one
CUTS_ENROLLING = 16  # most of them in what is said after the journal was looked at: the server's answer, the identity
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


def test_a_device_with_another_program_survives_it(
    devices, kit, micropython_image, bench, ledger, link, resume, tmp_path
):
    """Its whole flash is saved once, as it was: what is half written is never taken for the other program's."""
    folder, old = tmp_path / "devices", stock_flash({"boot.py": b"print(1)\n", "old.txt": bytes(range(256)) * 500})
    wanted, unsaved = order(kit, micropython_image, replace=True), 1
    for number in (200, *range(1, CUTS_MIGRATING + 1)):
        (folder / f"d{number}.flash").write_bytes(old)
        if number != unsaved:
            write_safely(bench.backups(mac(number)) / f"flash-{digest(old)}.bin", old)
    devices(d200={"mac": 200})
    flash_port(folder, "d200", wanted, bench, ledger, link)
    total, done, begun = moved(folder, "d200"), content(folder, "d200"), 0
    numbers = range(1, CUTS_MIGRATING + 1)
    cuts = {f"d{number}": {"mac": number, "pull_after": total * number // (CUTS_MIGRATING + 1)} for number in numbers}
    cuts["d1"]["pull_after"] = len(old) // 2  # while it is saved
    devices(**cuts)
    for number in numbers:
        name = f"d{number}"
        with pytest.raises(FlashError):
            flash_port(folder, name, wanted, bench, ledger, link)
        was_begun = mac(number) in ledger.unfinished()
        begun += was_begun
        wait_for(folder / f"{name}.port")
        assert resume(folder / f"{name}.port") == was_begun
        if not was_begun:
            assert content(folder, name) == old
            flash_port(folder, name, wanted, bench, ledger, link)
        assert content(folder, name) == done
        [saved] = bench.backups(mac(number)).glob("flash-*.bin")
        assert saved.read_bytes() == old
    assert read_image(area(done, VFS)) == kit.files
    assert not ledger.unfinished()
    assert begun >= CUTS_MIGRATING // 2, "too few of the cuts fell into the writing"


def test_a_device_that_is_enrolled_by_a_token_survives_it(devices, say, bench, tmp_path):
    """Whether or not the server had given keys when it was pulled, those on the device are the last that it gave."""
    folder, numbers = tmp_path / "devices", range(1, CUTS_ENROLLING + 1)
    tokens = {number: [f"pete_{number:03}{letter * 40}" for letter in "ab"] for number in (200, *numbers)}
    before = {number: known(folder, bench, f"d{number}", number, is_saved=True) for number in tokens}
    every = [token for both in tokens.values() for token in both]
    with enrolling_server(tmp_path / "server", every) as (address, authority, server):
        server.devices = {mac(number): (number, 1) for number in tokens}

        def provision(number, token):
            (tmp_path / "token").write_text(token)
            asked = ("--server", address, "--authority", authority, "--token-file", tmp_path / "token")
            return say("provision", "--port", port(folder, f"d{number}"), *asked)

        devices(d200={"mac": 200})
        assert provision(200, tokens[200][0])[0] == 0
        total = moved(folder, "d200")
        # Every other cut falls into the last part: there the server answers and the identity is written.
        pulled = {n: total - (n // 2 * 700 if n % 2 else n * total // (CUTS_ENROLLING + 2)) - 60 for n in numbers}
        devices(**{f"d{number}": {"mac": number, "pull_after": at} for number, at in pulled.items()})
        given = 0
        for number in numbers:
            code, lines = provision(number, tokens[number][0])
            assert code in (INTERRUPTED, NO_ANSWER), lines
            is_used = tokens[number][0] not in server.tokens
            assert ("with a new token" in lines[-1]["reason"]) == is_used
            given += is_used
            assert provision(number, tokens[number][is_used])[0] == 0
            data, area_at = content(folder, f"d{number}"), layout_for(len(before[number]))[IDENTITY]
            assert identity_on(data).key_epoch == server.devices[mac(number)][1] == 2 + is_used
            assert data[: area_at.offset] == before[number][: area_at.offset]
            assert data[area_at.end :] == before[number][area_at.end :]
    assert CUTS_ENROLLING // 4 <= given < CUTS_ENROLLING, f"{given} cuts came after the server's answer"
