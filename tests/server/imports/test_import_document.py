"""The example of docs/imports.md is one that works: its file is brought into what the demo has."""

import re

from sqlalchemy.orm import Session

from server.demo.story import read_story
from server.fleet.organisations import add_organisation, add_service, add_team
from tests.parts import ROOT
from tests.server.fleet.pet import Pet


def example():
    """The lines of the file that the document shows."""
    return re.search(r"```\n(answered_at,.*?)```", (ROOT / "docs/imports.md").read_text(encoding="utf-8"), re.DOTALL)[1]


def test_the_example_of_the_document_is_imported(tmp_path, database_url, monkeypatch, capsys, engine):
    with Session(engine) as session, session.begin():
        owner = add_organisation(session, "Trust", "Europe/London")
        for service in read_story().fields["service"]:
            row = add_service(session, owner, service["code"], service["name"])
            for team in service["teams"]:
                add_team(session, row, team["code"], team["name"])
    pet = Pet(tmp_path, database_url, monkeypatch, capsys)
    pet("questionnaire", "publish", str(ROOT / "deploy/demo/questionnaires/beds.toml"))
    (tmp_path / "old.csv").write_text(example(), encoding="utf-8")
    assert pet("import", "responses", "old.csv", "--mode", "paper").splitlines()[-1].startswith("import 1: 2 responses")
