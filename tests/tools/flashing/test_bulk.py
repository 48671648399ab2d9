"""Thirty devices on a bench, five of them in trouble: twenty-five are done, and saying it again does the rest."""

import csv
import os
from pathlib import Path

import pytest

from protocol.identity import encode_identity
from tests.tools.flashing.rehearsal import content, identity, identity_on, order, wait_for
from tools.flashing.bulk import flash_all
from tools.flashing.enrolment import read_identity_file
from tools.flashing.errors import DEVICE_REFUSED, INTERRUPTED, NO_ANSWER, InputError
from tools.flashing.procedure import Outcome
from tools.flashing.rows import read_rows, to_do
from tools.flashing.worker import Failure, Job

DEVICES = 30
PULLED, WRONG_CHIP, BAD_READ, SILENT, TWIN = 3, 8, 13, 18, 23
FAULTS = {
    PULLED: {"pull_after": 60_000},
    WRONG_CHIP: {"chip": "esp32c3"},
    BAD_READ: {"bad": [0x8000, 0x9000]},
    SILENT: {"silent": True},
}


def name(number):
    return f"d{number:02}"


def write_list(folder, path, *, twin):
    """The bench's CSV, and an identity file a device; with `twin`, one row names the serial of another."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["serial", "port", "identity"])
        for number in range(1, DEVICES + 1):
            (path.parent / f"{number}.pet_id").write_bytes(encode_identity(identity(number)))
            serial = identity(1 if twin and number == TWIN else number).serial
            rows.writerow([serial, folder / f"{name(number)}.port", f"{number}.pet_id"])
    return read_rows(path)


def carry_out(rows, kit, image, link, bench):
    """{serial: the last message of each}."""
    jobs = []
    for row in rows:
        wait_for(Path(row.port))
        wanted = order(kit, image, serial=row.serial, identity=read_identity_file(row.identity))
        jobs.append(Job(wanted, row.port, row.mac, link, bench))
    return {job.order.serial: message for job, message in flash_all(jobs, lambda *_: None)}


def test_thirty_devices_with_five_failures_and_then_the_rest(
    devices, kit, micropython_image, bench, ledger, link, tmp_path
):
    folder = devices(**{name(number): {"mac": number, **FAULTS.get(number, {})} for number in range(1, DEVICES + 1)})
    rows = write_list(folder, tmp_path / "bench.csv", twin=True)
    twins = [row for row in rows if row.fault]
    assert [row.fault for row in twins] == ["serial PET-0001 stands in a row before: twice"]
    ended = carry_out([row for row in rows if not row.fault], kit, micropython_image, link, bench)
    failed = {serial: message for serial, message in ended.items() if isinstance(message, Failure)}
    assert {serial: message.code for serial, message in failed.items()} == {
        identity(PULLED).serial: INTERRUPTED,
        identity(WRONG_CHIP).serial: DEVICE_REFUSED,
        identity(BAD_READ).serial: NO_ANSWER,
        identity(SILENT).serial: NO_ANSWER,
    }
    assert "ESP32-C3" in failed[identity(WRONG_CHIP).serial].reason
    assert "damaged" in failed[identity(BAD_READ).serial].reason
    assert "nothing answers" in failed[identity(SILENT).serial].reason
    assert sum(isinstance(message, Outcome) for message in ended.values()) == DEVICES - len(FAULTS) - 1

    for number in (WRONG_CHIP, BAD_READ):  # other boards take their place
        (folder / f"{name(number)}.flash").unlink()
    devices(**{name(number): {"mac": number} for number in FAULTS})
    left = to_do(write_list(folder, tmp_path / "bench.csv", twin=False), ledger)
    assert len(left) == len(FAULTS) + 1
    ended = carry_out(left, kit, micropython_image, link, bench)
    assert all(isinstance(message, Outcome) for message in ended.values()), ended
    assert not to_do(rows, ledger)
    assert not ledger.unfinished()
    on_flash = [identity_on(content(folder, name(number))) for number in range(1, DEVICES + 1)]
    assert on_flash == [identity(number) for number in range(1, DEVICES + 1)]
    assert len({one.hmac_key for one in on_flash} | {one.mqtt_password.encode() for one in on_flash}) == 2 * DEVICES


def test_an_identity_that_another_device_has_is_refused(devices, kit, micropython_image, bench, link, tmp_path):
    folder = devices(d01={"mac": 1}, d02={"mac": 2})
    path = tmp_path / "bench.csv"
    (tmp_path / "same.pet_id").write_bytes(encode_identity(identity(5)))
    path.write_text(f"serial,port,identity\nA,{folder}/d01.port,same.pet_id\nB,{folder}/d02.port,same.pet_id\n")
    ended = [carry_out([row], kit, micropython_image, link, bench)[row.serial] for row in read_rows(path)]
    assert isinstance(ended[0], Outcome)
    assert ended[1].code == DEVICE_REFUSED
    assert "24:0A:C4:00:00:01" in ended[1].reason


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "first line names the columns"),
        ("name\nx\n", "first line names the columns"),
        ("serial,colour\nx,y\n", "first line names the columns"),
        ("serial\n", "has no devices"),
    ],
)
def test_a_list_that_is_none_is_refused(tmp_path, text, words):
    (tmp_path / "bench.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        read_rows(tmp_path / "bench.csv")


def test_each_fault_of_a_row_is_named(tmp_path):
    (tmp_path / "bench.csv").write_text("serial,port,mac\nA,p1,24-0a-c4-00-00-01\nB B,p2,\nC,p3,xx\nA,p4,\nD,p1,\n")
    rows = read_rows(tmp_path / "bench.csv")
    assert rows[0].mac == "24:0A:C4:00:00:01"
    assert [row.fault[:20] for row in rows] == [
        "",
        "a serial has 1 to 64",
        "xx is not a MAC: wri",
        "serial A stands in a",
        "port p1 stands in a ",
    ]


class Deadly:
    """Ends the process that unpickles it."""

    def __reduce__(self):
        return os._exit, (9,)


def test_a_process_that_ends_without_a_word_is_one_failure_and_the_others_go_on(
    devices, kit, micropython_image, bench, link
):
    folder = devices(d01={"mac": 1})
    wait_for(folder / "d01.port")
    jobs = [
        Job(order(kit, micropython_image, serial="A"), "nowhere", "", Deadly(), bench),
        Job(order(kit, micropython_image, serial="B"), str(folder / "d01.port"), "", link, bench),
    ]
    ended = {job.order.serial: message for job, message in flash_all(jobs, lambda *_: None)}
    assert (ended["A"].code, "say `resume`" in ended["A"].reason) == (INTERRUPTED, True)
    assert isinstance(ended["B"], Outcome)
