"""What the tests of evidence start from."""

import pytest

from protocol.record import FLAG_BURST, FLAG_TEST, KIND_AUDIT, KIND_DECLINED, QUALITY_UNSET
from tests.server.evidence.inspector import Inspector
from tests.server.ingest.ward import Ward

UNSET = {"clock": 0, "quality": QUALITY_UNSET}


@pytest.fixture
def ward(engine):
    """An organisation with a questionnaire, two teams and no device yet."""
    return Ward(engine)


@pytest.fixture
def inspector(ward):
    """Checks this ward, and breaks it."""
    return Inspector(ward)


@pytest.fixture
def line(ward):
    """A device with everything that a good device sends, synced twice; 12 records."""
    handheld = ward.handheld(choices=("night",))
    for answer in (1, 2, 3, 1):
        handheld.answer(answer, 1, 15)
    handheld.answer(1, 2, 3, flags=FLAG_BURST)
    handheld.answer(1, 2, 3, flags=FLAG_TEST)
    ward.sync(handheld)
    handheld.answer(kind=KIND_DECLINED, answers=())
    handheld.answer(1, 1, 1, team=1)
    handheld.answer(2, 2, 2, **UNSET)
    handheld.answer(2, 0, 0, flags=1)
    audit = ward.publish_audit()
    handheld.answer(1, 1, 1, kind=KIND_AUDIT, questionnaire=audit)
    handheld.answer(3, 2, 3)
    ward.sync(handheld)
    return handheld
