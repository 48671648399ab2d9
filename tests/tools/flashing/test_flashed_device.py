"""The whole rehearsal: what was flashed is taken out of the flash again and run, to the last answer on the server.

The vfs area is mounted by the real MicroPython, its starter starts the application in it, with the identity of the
flashed pet_id and the journal of the journal area; two hundred answers wait on it, it is flashed again, and then syncs.
"""

import shutil

import pytest

from protocol.identity import decode_identity
from server.demo.line import Line
from server.demo.ports import free_port
from tests.custody.conftest import Ward, press
from tests.parts import need
from tests.tools.flashing.rehearsal import area, content, digest, flash_port, order, write_kit
from tools.flashing.kit import read_kit
from tools.flashing.partitions import IDENTITY, JOURNAL, VFS, layout_for

ANSWERS = 200


@pytest.fixture
def ward(tmp_path):
    need("mosquitto")
    need("micropython")
    with Line(tmp_path / "line", web_port=free_port()) as line:
        yield Ward(line)


def kit_for(ward, folder, kit_file, questionnaire, version):
    folder.mkdir(exist_ok=True)
    shutil.copy(questionnaire, folder / "questionnaire.pkg")
    kit = write_kit(folder, ward.line, "unused", kit_file.with_name("release-key.pub"), f"version = {version}")
    return read_kit(kit, board="sim")


def take_out(data, folder):
    """What a chip would find in its flash, as the files that MicroPython here takes it from."""
    folder.mkdir(exist_ok=True)
    (folder / "vfs.img").write_bytes(area(data, VFS))
    (folder / "pet_id.bin").write_bytes(area(data, IDENTITY))
    (folder / "journal.nor").write_bytes(area(data, JOURNAL))


def put_back(folder, flash):
    """What the application has changed, into the flash."""
    layout = layout_for(flash.stat().st_size)
    with flash.open("r+b") as file:
        for label, name in ((VFS, "vfs.img"), (JOURNAL, "journal.nor")):
            file.seek(layout[label].offset)
            file.write((folder / name).read_bytes())


def test_two_hundred_waiting_answers_survive_a_flash_and_are_stored_once(
    ward, started, devices, kit_file, micropython_image, bench, ledger, link, tmp_path
):
    enrolled = ward.directory()
    who = decode_identity((enrolled / "pet_id.bin").read_bytes())
    kits = [
        kit_for(ward, tmp_path / "kit", kit_file, enrolled / "vfs/questionnaire.pkg", version) for version in (12, 13)
    ]
    folder = devices(one={"mac": 1})
    flash_port(folder, "one", order(kits[0], micropython_image, identity=who), bench, ledger, link)
    run = tmp_path / "run"
    take_out(content(folder, "one"), run)
    device = started(run)
    press(device, ANSWERS)
    device.send("status")
    assert device.expect("status")["waiting"] == ANSWERS
    device.close()
    put_back(run, folder / "one.flash")
    before = digest(area(content(folder, "one"), JOURNAL))

    outcome = flash_port(folder, "one", order(kits[1], micropython_image), bench, ledger, link)
    after = content(folder, "one")
    assert (outcome.kind, outcome.waiting, outcome.serial) == ("known", ANSWERS, who.serial)
    assert outcome.journal_md5 == before == digest(area(after, JOURNAL))

    take_out(after, run)
    device = started(run)
    synced = device.sync()
    while synced["waiting"] and not synced["error"]:
        synced = device.sync()
    device.close()
    assert (synced["error"], synced["waiting"]) == (None, 0)
    assert ward.sequences(enrolled) == list(range(1, ANSWERS + 1))
    assert ward.quarantined(enrolled) == []
    assert ward.counted(enrolled) == ANSWERS
