"""Who believes the next authority is known from what devices say, and `pet ca switch` waits for them."""

import pytest

from server.authority import folder
from server.authority.certificates import read_certificate
from server.fleet.authorities import as_setting
from server.fleet.devices import mark_lost
from tests.server.ingest.ward import NOW
from tests.server.roll_out import greet


@pytest.fixture
def authority(tmp_path):
    """The folder of an authority, and what devices are told of it and of the next one."""
    folder.begin(tmp_path / "ca", "PET authority", NOW)
    folder.begin_next(tmp_path / "ca", NOW)
    return [as_setting(read_certificate(tmp_path / f"ca/{name}.pem")) for name in ("ca", "next")]


def test_a_switch_waits_until_each_device_has_said_that_it_holds_the_next(ward, operator, pet, authority):
    first, second = ward.handheld("A"), ward.handheld("B")
    ward.handheld("C")
    operator.set_all()
    operator.set("ca", authority[:1])
    ward.change("C", mark_lost)
    believed = ("settings", "believed", "ca/next.pem")
    assert pet(*believed) == "0 of 2 devices have said that they believe ca/next.pem; not yet: A, B\n"
    operator.set("ca", authority)
    revision = said(ward, first)
    assert "0 of 2" in pet(*believed), "it is told now, and has said nothing yet"
    hear(ward, first, revision)
    assert pet(*believed) == "1 of 2 devices have said that they believe ca/next.pem; not yet: B\n"
    refusal = pet.refuses("ca", "switch", "ca")
    assert "1 of 2 devices have not said that they hold the next authority, and would be cut off: B" in refusal
    hear(ward, second, revision - 1)
    assert "not yet: B" in pet(*believed), "it holds what was before"
    hear(ward, second, revision)
    assert pet(*believed) == "2 of 2 devices have said that they believe ca/next.pem\n"
    operator.set("ca", authority[:1], "device:B")
    assert "not yet: B" in pet(*believed), "a nearer setting leaves the next one out"
    assert "would be cut off: B" in pet.refuses("ca", "switch", "ca")
    operator.set("ca", authority, "device:B")
    hear(ward, second, said(ward, second))
    assert "signs from now on" in pet("ca", "switch", "ca")


def said(ward, handheld):
    """The revision that the device is told just now."""
    return greet(ward, handheld)[0]


def hear(ward, handheld, revision):
    """A whole connection, in which it says that it holds this."""
    handheld.take(ward.process(handheld.status(desired_revision=revision)))
    handheld.take(ward.process(handheld.batch()))


def test_without_a_database_only_time_can_tell(pet, authority, tmp_path, monkeypatch):
    alone = {"PET_DATABASE_URL": None}
    at = [0]
    monkeypatch.setattr("server.authority.commands.now", lambda: NOW + at[0] * folder.NEXT_KNOWN_AFTER / 90)
    for days in (0, 40, 89):
        at[0] = days
        refusal = pet.refuses("ca", "switch", "ca", **alone)
        assert f"is {days} days old" in refusal
        assert "`pet settings believed next.pem`" in refusal
        assert not list((tmp_path / "ca").glob("until-*"))
    assert len(authority) == 2
    at[0] = 90
    assert "signs from now on" in pet("ca", "switch", "ca", **alone)
    assert "there is no next authority" in pet.refuses("ca", "switch", "ca", **alone)
    folder.begin_next(tmp_path / "ca", NOW)
    at[0] = 1
    assert "signs from now on" in pet("ca", "switch", "ca", "--now", **alone)
