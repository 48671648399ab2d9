"""What ingest's tests start from."""

import logging

import pytest

from tests.server.ingest.ward import Ward


@pytest.fixture
def ward(engine):
    """An organisation with a questionnaire, two teams and no device yet."""
    return Ward(engine)


@pytest.fixture(autouse=True)
def no_exceptions(request):
    """Ingest survives every exception, so a test must not: it fails unless it uses `provoked`."""
    seen = []
    handler = logging.Handler()
    handler.emit = lambda record: seen.append(record.exc_info[1]) if record.exc_info else None
    logger = logging.getLogger("pet.ingest")
    logger.addHandler(handler)
    yield seen
    logger.removeHandler(handler)
    if seen and "provoked" not in request.fixturenames:
        raise seen[0]


@pytest.fixture
def provoked(no_exceptions):
    """The exceptions that ingest has survived in this test, which provokes them."""
    return no_exceptions
