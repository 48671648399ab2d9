"""Thirty devices on a bench, five of them in trouble: twenty-five are done, and saying it again does the rest."""

import json
from contextlib import suppress

import pytest

from protocol.identity import encode_identity
from tests.tools.flashing.rehearsal import content, identity, identity_on, order, wait_for
from tools.flashing.bulk import flash_all
from tools.flashing.enrolment import read_identity_file
from tools.flashing.errors import InputError
from tools.flashing.procedure import Outcome
from tools.flashing.rows import read_rows, to_do
from tools.flashing.worker import Failure, Job

DEVICES = 30
PULLED, WRONG_CHIP, BAD_READ, SILENT, TWIN = 3, 8, 13, 18, 23


def jobs_for(rows, kit, image, link, bench):
    for row in rows:
        wait_for_port(row.port)
        who = read_identity_file(row.identity)
        yield Job(order(kit, image, serial=row.serial, identity=who), row.port, row.mac, link, bench)


def wait_for_port(port):
    from pathlib import Path

    wait_for(Path(port))
