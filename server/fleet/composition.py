"""From what is assigned to what one device should hold: its questionnaires, settings, texts and application."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from protocol.messages import ITEM_APPLICATION, ITEM_QUESTIONNAIRE, ITEM_SETTINGS, ITEM_TEXTS
from server.database import on_keys
from server.errors import OperatorError
from server.fleet.assignments import PATIENTS
from server.fleet.device_settings import lacking_words, open_settings, setting_rows, settings_content
from server.fleet.keys import KeyRing, OpenKeyRing
from server.fleet.releases import assigned_releases
from server.fleet.rollout_tables import Assignment
from server.fleet.scope import Scope, nearest, scopes_around
from server.fleet.tables import ACTIVE, LOST, Device, Placement, Questionnaire, QuestionnaireVersion, Team
from server.fleet.texts import texts, texts_package

SETTINGS_PURPOSE = "settings"  # what the wrapping of settings on their way to devices is bound to


class ItemKey(NamedTuple):
    """Where an item goes on a device. `board`: of an application, else empty."""

    kind: int
    number: int
    board: str = ""


class WantedItem(NamedTuple):
    """`subject`: a questionnaire's reference, a release's number, else 0. `name`: for people."""

    subject: int
    length: int
    digest: bytes
    name: str


@dataclass
class Wanted:
    """What one device should hold. `due_at`: when that changes by itself; `lacking`: why it gets no settings."""

    items: dict[ItemKey, WantedItem] = field(default_factory=dict)
    due_at: datetime | None = None
    lacking: str = ""
    releases: dict[str, int] = field(default_factory=dict)

    @property
    def says_anything(self) -> bool:
        """Whether there is anything to be stored of a device of which nothing is stored yet."""
        return bool(self.items or self.lacking or self.due_at)

    def digests(self) -> dict[ItemKey, bytes]:
        """What a change is seen by."""
        return {key: item.digest for key, item in self.items.items()}


class PlacedDevice(NamedTuple):
    """A device with all that it is in, nearest first, and the names of the teams that a nurse may choose."""

    device_id: int
    scopes: list[Scope]
    teams: list[str]
    due_at: datetime | None


class Version(NamedTuple):
    """An assigned questionnaire version."""

    reference: int
    name: str
    languages: list[str]
    digest: bytes
    length: int


class Composer:
    """Reads once what is assigned in an organisation, and composes it for one device after the other.

    `content`: {digest: (kind, bytes as they are stored)} of what was composed and may not be stored yet.
    """

    def __init__(self, session: Session, organisation_id: int, open_key_ring: OpenKeyRing, now: datetime) -> None:
        self._session, self._organisation_id, self._now = session, organisation_id, now
        self._open_key_ring = open_key_ring
        self._key_ring: KeyRing | None = None
        self.devices = _placed_devices(session, organisation_id, now)
        self._versions = _versions(session, organisation_id)
        self._settings = open_settings(setting_rows(session, organisation_id), organisation_id, self._keys)
        self._texts = texts(session, organisation_id)
        self._releases = assigned_releases(session, organisation_id)
        self.content: dict[bytes, tuple[int, bytes]] = {}
        self._made: dict[Any, WantedItem | None] = {}

    def compose(self, device: PlacedDevice, releases: dict[str, int]) -> Wanted:
        """`releases`: by board, the highest that this device was ever to have; nothing older comes back."""
        wanted = Wanted(due_at=self._due_at(device), releases=dict(releases))
        questionnaires = self._questionnaires(device)
        for number, version in questionnaires.items():
            key = ItemKey(ITEM_QUESTIONNAIRE, number)
            wanted.items[key] = WantedItem(version.reference, version.length, version.digest, version.name)
        self._add_settings(device, wanted)
        if PATIENTS in questionnaires:
            self._add_texts(device, questionnaires[PATIENTS].languages, wanted)
        for board, by_scope in self._releases.items():
            release = nearest(device.scopes, by_scope)
            if release is not None and release.number >= wanted.releases.get(board, 0):
                key = ItemKey(ITEM_APPLICATION, 0, board)
                wanted.items[key] = WantedItem(release.number, release.length, release.digest, release.name)
                wanted.releases[board] = release.number
        return wanted

    def _questionnaires(self, device: PlacedDevice) -> dict[int, Version]:
        found = {number: nearest(device.scopes, by_scope) for number, by_scope in sorted(self._versions.items())}
        for version in found.values():
            if version is not None and version.digest not in self.content:
                self.content[version.digest] = (ITEM_QUESTIONNAIRE, self._package(version))
        return {number: version for number, version in found.items() if version is not None}

    def _package(self, version: Version) -> bytes:
        package = self._session.scalar(
            select(QuestionnaireVersion.package).where(
                QuestionnaireVersion.organisation_id == self._organisation_id,
                QuestionnaireVersion.reference == version.reference,
            )
        )
        assert package is not None
        return package

    def _add_settings(self, device: PlacedDevice, wanted: Wanted) -> None:
        resolved = self._settings.resolve(device.scopes)
        wanted.lacking = lacking_words(resolved, device.teams)
        if wanted.lacking or not resolved:
            return
        try:
            data = settings_content(resolved, device.teams, self._organisation_id, self._keys())
        except OperatorError as error:
            wanted.lacking = f"no settings go out to it: {error}"
            return
        digest = sha256(data).digest()
        wanted.items[ItemKey(ITEM_SETTINGS, 0)] = WantedItem(0, len(data), digest, "settings")
        if digest not in self.content:
            wrapped = self._keys().wrap_secret(data, self._organisation_id, SETTINGS_PURPOSE)
            self.content[digest] = (ITEM_SETTINGS, wrapped)

    def _add_texts(self, device: PlacedDevice, languages: list[str], wanted: Wanted) -> None:
        around = set(device.scopes)
        shown = [row for row in self._texts if Scope(row.scope_kind, row.scope_id) in around and self._is_on(row)]
        made_of = (tuple(row.text_id for row in shown), tuple(languages))
        if made_of not in self._made:
            data = texts_package([row.translations for row in shown], languages)
            digest = sha256(data).digest()
            self._made[made_of] = WantedItem(0, len(data), digest, "texts") if data else None
            if data:
                self.content[digest] = (ITEM_TEXTS, data)
        item = self._made[made_of]
        if item is not None:
            wanted.items[ItemKey(ITEM_TEXTS, 0)] = item

    def _is_on(self, row: Any) -> bool:
        return bool(row.from_at <= self._now and (row.to_at is None or self._now < row.to_at))

    def _due_at(self, device: PlacedDevice) -> datetime | None:
        around = set(device.scopes)
        instants = [device.due_at]
        for row in self._texts:
            if Scope(row.scope_kind, row.scope_id) in around:
                instants += [row.from_at, row.to_at]
        return min((each for each in instants if each is not None and each > self._now), default=None)

    def _keys(self) -> KeyRing:
        if self._key_ring is None:
            self._key_ring = self._open_key_ring()
        return self._key_ring


def _placed_devices(session: Session, organisation_id: int, now: datetime) -> list[PlacedDevice]:
    """All that are in service, in order."""
    teams = {
        team_id: (service_id, name)
        for team_id, service_id, name in session.execute(
            select(Team.team_id, Team.service_id, Team.name).where(Team.organisation_id == organisation_id)
        )
    }
    placements: dict[int, list[Any]] = {}
    for row in session.execute(
        select(
            Placement.device_id, Placement.team_id, Placement.team_choices, Placement.from_at, Placement.to_at
        ).where(Placement.organisation_id == organisation_id, (Placement.to_at.is_(None)) | (Placement.to_at > now))
    ):
        placements.setdefault(row.device_id, []).append(row)
    devices = []
    for device_id in session.scalars(
        select(Device.device_id)
        .where(Device.organisation_id == organisation_id, Device.state.in_((ACTIVE, LOST)))
        .order_by(Device.device_id)
    ):
        rows = placements.get(device_id, [])
        here = next((row for row in rows if row.from_at <= now), None)
        team_id = here.team_id if here else None
        scopes = scopes_around(device_id, team_id, teams[team_id][0] if team_id is not None else None)
        names = [teams[choice][1] for choice in here.team_choices] if here else []
        due_at = min(_instants(rows, now), default=None)
        devices.append(PlacedDevice(device_id, scopes, names, due_at))
    return devices


def _instants(rows: Iterable[Any], now: datetime) -> list[datetime]:
    return [instant for row in rows for instant in (row.from_at, row.to_at) if instant is not None and instant > now]


def _versions(session: Session, organisation_id: int) -> dict[int, dict[Scope, Version]]:
    """The assigned versions, by number and scope."""
    query = (
        select(
            Assignment.scope_kind,
            Assignment.scope_id,
            Assignment.number,
            QuestionnaireVersion.reference,
            QuestionnaireVersion.version,
            QuestionnaireVersion.definition["languages"].label("languages"),
            QuestionnaireVersion.package_sha256,
            func.length(QuestionnaireVersion.package).label("length"),
            Questionnaire.code,
        )
        .join(QuestionnaireVersion, on_keys(QuestionnaireVersion, Assignment, "reference"))
        .join(Questionnaire, on_keys(Questionnaire, QuestionnaireVersion, "questionnaire_id"))
        .where(Assignment.organisation_id == organisation_id)
    )
    found: dict[int, dict[Scope, Version]] = {}
    for row in session.execute(query):
        name = f"{row.code} {row.version}"
        version = Version(row.reference, name, row.languages, row.package_sha256, row.length)
        found.setdefault(row.number, {})[Scope(row.scope_kind, row.scope_id)] = version
    return found
