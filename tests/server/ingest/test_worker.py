"""`pet ingest` on a real broker and database: killed, cut off, stopped, doubled; each response is there once."""

import time

import pytest
from sqlalchemy import text

from protocol.envelope import ACK, BATCH
from server.fleet.devices import revoke
from server.ingest.incoming import IncomingMessage
from server.ingest.tables import Journal, Response
from tests.server.ingest.ward import KEY_RING, Ward
from tests.server.ingest.wire import DEADLINE_S, Line, wait_until, waits
