"""What can be asked about, in the names that a question uses."""

from datetime import datetime

from sqlalchemy.orm import Session

from server.accounts.rights import Right
from server.accounts.viewer import Viewer
from server.aggregates.catalogue import Catalogue, catalogue
from server.aggregates.custody import data_version
from server.aggregates.devices import Lineage
from server.aggregates.targets import find_targets
from server.api.catalogue_shapes import (
    MetaAnswer,
    NamedDevice,
    NamedDirectorate,
    NamedObjective,
    NamedOption,
    NamedOrganisation,
    NamedQuestion,
    NamedService,
    NamedStage,
    NamedTeam,
    NamedTopic,
)
from server.api.resolve import resolve_place


def read_meta(session: Session, viewer: Viewer, now: datetime, organisation: int | None = None) -> MetaAnswer:
    """What the viewer's organisation has, as far as they may see it. Raises ProblemError."""
    place = resolve_place(session, viewer, organisation)
    found = catalogue(session, place, viewer.teams(Right.SEE_FIGURES), viewer.teams(Right.SEE_FLEET))
    today = now.astimezone(place.zone).date()
    here = NamedOrganisation(organisation=place.organisation_id, name=place.name, timezone=place.zone.key)
    return MetaAnswer(
        organisations=[here],
        organisation=place.organisation_id,
        data_version=data_version(session, place),
        target=find_targets(session, place).percent_on(today, Lineage()),
        directorates=_directorates(found),
        services=_services(found),
        teams=[NamedTeam(team=team.code, name=team.name, service=team.service) for team in found.teams],
        devices=[
            NamedDevice(device=device, name=serial or device, serial=serial, state=state)
            for device, serial, state in found.devices
        ],
        questions=_questions(found),
        topics=[NamedTopic(topic=word, name=name) for word, name in found.topics],
        objectives=[NamedObjective(objective=word, name=name) for word, name in found.objectives],
        stages=[NamedStage(stage=number, name=name) for number, name in found.stages],
    )


def _directorates(found: Catalogue) -> list[NamedDirectorate]:
    named = {team.directorate: team.directorate_name for team in found.teams}
    known = sorted((name, code) for code, name in named.items() if code is not None and name is not None)
    return [NamedDirectorate(directorate=code, name=name) for name, code in known]


def _services(found: Catalogue) -> list[NamedService]:
    known = {team.service: (team.service_name, team.directorate) for team in found.teams}
    ordered = sorted(known.items(), key=lambda item: item[1][0])
    return [NamedService(service=code, name=name, directorate=above) for code, (name, above) in ordered]


def _questions(found: Catalogue) -> list[NamedQuestion]:
    options: dict[str, list[NamedOption]] = {}
    for question, code, label, sentiment in found.options:
        options.setdefault(question, []).append(NamedOption(option=code, label=label, sentiment=sentiment))
    return [
        NamedQuestion(question=word, text=text, topic=topic, objective=objective, options=options.get(word, []))
        for word, text, topic, objective in found.questions
    ]
