"""Which device of a list is at which port: never one that is another row's."""

import pytest

from tools.flashing.matching import with_ports
from tools.flashing.rows import Row

A, B, C, D = (f"24:0A:C4:00:00:0{number}" for number in range(1, 5))
NOW = {"p1": A, "p2": B, "p3": C, "p4": ""}  # what is plugged in; nobody answers at p4


def placed(rows, begun, *, anywhere, now=NOW):
    """{serial: port, or the fault}; and how many devices were asked who they are."""
    asked = []

    def mac_at(port):
        asked.append(port)
        return now[port]

    found = with_ports(rows, now, mac_at, begun, anywhere=anywhere)
    assert [row.serial for row in found] == [row.serial for row in rows]
    return {row.serial: row.fault or row.port for row in found}, len(asked)


def test_new_devices_get_the_ports_in_their_order_without_being_asked():
    assert placed([Row("1"), Row("2")], {}, anywhere=False) == ({"1": "p1", "2": "p2"}, 0)


def test_a_device_that_is_done_or_begun_is_not_taken_for_another_row():
    assert placed([Row("2"), Row("3")], {A: "1"}, anywhere=False)[0] == {"2": "p2", "3": "p3"}
    assert placed([Row("2"), Row("3")], {A: "1", B: "3"}, anywhere=False)[0] == {"2": "p3", "3": "p2"}


def test_the_ports_that_a_list_names_are_believed_in_bulk():
    rows = [Row("1", port="p2"), Row("2")]
    assert placed(rows, {A: "1"}, anywhere=False)[0] == {"1": "p2", "2": "p3"}


def test_resume_finds_what_was_begun_at_any_port():
    rows = [Row("1", port="p2"), Row("2", port="p1"), Row("3", port="p3")]
    assert placed(rows, {A: "1", B: "2"}, anywhere=True)[0] == {"1": "p1", "2": "p2", "3": "p3"}
    rows = [Row("2", port="p1"), Row("3", port="p2")]  # 1 is done, and in the port of 2 now
    assert placed(rows, {A: "1"}, anywhere=True)[0] == {"2": "p3", "3": "p2"}


@pytest.mark.parametrize("anywhere", [True, False])
def test_a_mac_of_the_list_stands_above_the_ledger(anywhere):
    assert placed([Row("1", mac=C)], {A: "1"}, anywhere=anywhere)[0] == {"1": "p3"}


def test_a_port_where_nobody_answers_comes_last_and_what_has_none_is_told():
    rows = [Row("1"), Row("2"), Row("3"), Row("4"), Row("5"), Row("6", mac=D), Row("7", fault="no serial")]
    found = placed(rows, {A: "1"}, anywhere=True)[0]
    assert [found[serial] for serial in ("1", "2", "3", "4")] == ["p1", "p2", "p3", "p4"]
    assert "no port is left for it" in found["5"]
    assert f"{D} is at no port" in found["6"]
    assert found["7"] == "no serial"
