"""The interface under whatever its reference allows: no mistake of ours, and no status that is not documented."""

import pytest
from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.tables import Person
from server.accounts.viewer import Viewer
from server.app import create_app
from tests.server.api.fuzzing import ask_everything
from tests.server.api.year import enter_year
from tests.server.conftest import NOW

EXAMPLES = 3  # of each operation, right and wrong, for each of two viewers: bench_schemathesis.py asks for minutes
SEED = 20261123


@pytest.fixture
def app(figures, settings):
    enter_year(figures, weekly=2)
    application = create_app(settings, now=lambda: NOW)
    yield application
    application.state.engine.dispose()
    application.state.writing_engine.dispose()


def viewers(figures):
    """An administrator who is a person, and a commissioner who sees all teams from outside."""
    with Session(figures.engine) as session, session.begin():
        person = Person(
            organisation_id=figures.organisation_id,
            email="somebody@example.org",
            name="Somebody",
            state="active",
            created_at=NOW,
        )
        session.add(person)
        session.flush()
        number = person.person_id
    return {
        "administrator": Viewer(figures.organisation_id, "administrator", dict.fromkeys(Right), number),
        "outsider": Viewer(figures.organisation_id, "outsider", {Right.SEE_FIGURES: None}, number),
    }


def test_no_mistake_of_ours_and_no_undocumented_status(figures, app):
    for name, viewer in viewers(figures).items():
        found = ask_everything(app, viewer, examples=EXAMPLES, seed=SEED)
        assert len(found.asked) > 60
        assert not found.failures, f"as {name}:\n{found}"
