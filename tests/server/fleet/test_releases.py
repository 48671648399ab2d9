"""Application releases: only what devices would take is kept, for the right board, and never an older one."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from protocol.messages import ITEM_APPLICATION
from server.errors import OperatorError
from server.fleet import releases
from tests.server.ingest.ward import NOW
from tests.server.roll_out import archive, fetch, greet, public_line
from tools.signing import create_key, make_archive, open_key

APPLICATION = (ITEM_APPLICATION, 0)


def test_a_release_must_be_whole_signed_and_newer(ward, operator, keys, tmp_path):
    ward.handheld()
    good = archive(5)
    operator.change(releases.add_release, good, keys, NOW)
    other = tmp_path / "other.pub"
    other.write_text("00" * 32)
    stranger = Ed25519PrivateKey.generate()
    for data, file, words in (
        (b"", keys, "not an application archive"),
        (good[:-1], keys, "cut short"),
        (good[:-1] + b"x", keys, "is damaged"),
        (archive(6, key=stranger), keys, "is not signed with a key"),
        (archive(6), other, "is not signed with a key"),
        (archive(6), tmp_path / "none", "there is no file"),
        (good, keys, "not newer than 5"),
        (archive(4), keys, "not newer than 5"),
        (bytes(300000), keys, "a device takes 262144"),
    ):
        with pytest.raises(OperatorError, match=words):
            operator.change(releases.add_release, data, file, NOW)
    keys.write_text("00" * 32 + "\n" + public_line())  # the next key and this one
    operator.change(releases.add_release, archive(6), keys, NOW)
    operator.change(releases.add_release, archive(1, board="esp32"), keys, NOW)


def test_a_release_goes_to_its_board_and_never_back(ward, operator, keys):
    handheld, other = ward.handheld("A"), ward.handheld("B")
    for number in (1, 2):
        operator.change(releases.add_release, archive(number), keys, NOW)
    operator.change(releases.add_release, archive(7, board="esp32"), keys, NOW)
    operator.scoped(releases.assign_release, "organisation", "sim", 1, NOW)
    operator.scoped(releases.assign_release, "organisation", "esp32", 7, NOW)
    operator.scoped(releases.assign_release, "device:A", "sim", 2, NOW)

    def offered(handheld, base):
        item = greet(ward, handheld, base=base)[1].get(APPLICATION)
        return item and fetch(ward, handheld, item)

    assert offered(handheld, "MicroPython 1.29.0 sim") == archive(2)
    assert offered(handheld, "MicroPython 1.26.1 esp32") == archive(7, board="esp32")
    assert offered(other, "MicroPython 1.29.0 sim") == archive(1)
    assert offered(other, "something else") is None
    assert offered(other, "") is None
    with pytest.raises(OperatorError, match="devices take no older one"):
        operator.scoped(releases.assign_release, "device:A", "sim", 1, NOW)
    with pytest.raises(OperatorError, match="there is no release 9 for sim; there are: 7 for esp32, 1 for sim"):
        operator.scoped(releases.assign_release, "device:A", "sim", 9, NOW)
    operator.scoped(releases.withdraw_release, "device:A", "sim")
    assert offered(handheld, "MicroPython 1.29.0 sim") is None  # 1 would be older than what it may have by now
    operator.refresh()
    assert offered(handheld, "MicroPython 1.29.0 sim") is None
    operator.scoped(releases.assign_release, "organisation", "sim", 2, NOW)
    assert offered(handheld, "MicroPython 1.29.0 sim") == archive(2)
    with pytest.raises(OperatorError, match="no release for sim is assigned there"):
        operator.scoped(releases.withdraw_release, "device:A", "sim")


def test_a_release_that_our_tool_signs_is_taken(operator, ward, tmp_path):
    ward.handheld()
    public = create_key(tmp_path / "signing")
    made = make_archive(open_key(tmp_path / "signing"), 3, "0.3", "esp32", {"firmware/main.mpy": b"M\x06\x00\x1f"})
    release = operator.change(releases.add_release, made, public, NOW)
    assert (release.board, release.number, release.name) == ("esp32", 3, "0.3")
