"""A device whose server wants it to hold other content than it does: how tests of it begin, and what they ask."""

import os

from protocol.messages import (
    CHUNK_BYTES,
    COUNTER_CONTENT_REASON,
    COUNTER_CONTENT_REFUSED,
    ITEM_APPLICATION,
    ITEM_QUESTIONNAIRE,
    ITEM_TEXTS,
)
from tests.link.handheld import Handheld, desire, package, settings

PATIENTS = (ITEM_QUESTIONNAIRE, 0)
AUDIT = (ITEM_QUESTIONNAIRE, 1)
TEXTS = (ITEM_TEXTS, 0)
APPLICATION = (ITEM_APPLICATION, 0)
OLD = package(1)
NEW = package(2, bytes_of_pictures=20 * CHUNK_BYTES)


def provisioned():
    handheld = Handheld()
    handheld.write("/settings.json", settings())
    handheld.write("/questionnaire.pkg", OLD)
    return handheld


def desiring(*items, revision=5):
    handheld = provisioned()
    desire(handheld.server, revision, *items)
    return handheld


def revision_after(handheld):
    """The revision that the next status says to be in force."""
    assert handheld.sync().error is None
    return handheld.server.status.desired_revision


def refused(handheld):
    """(how many packages were refused, why the last one was), as the server hears it."""
    handheld.sync()
    counters = dict(handheld.server.status.counters)
    return counters.get(COUNTER_CONTENT_REFUSED, 0), counters.get(COUNTER_CONTENT_REASON, 0)


def names(handheld):
    return sorted(os.listdir(handheld.files))
