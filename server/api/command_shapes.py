"""What may be asked of a device in hand: which questionnaire, settings, text and application are its own."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from protocol.record import STAGE_MAX
from server.api.placements import Instant
from server.api.query import Name
from server.fleet.device_settings import AUTHORITIES_MAX, NUMBER_MAX
from server.fleet.rollout_tables import AUDITS_MAX

RELEASE_MAX = 2**32 - 1
TEXT_MAX = 2**31 - 1
VERSION_MAX = 2**31 - 1
PORT_MAX = 65535
HOST_CHARACTERS_MAX = 253
CERTIFICATE_CHARACTERS_MAX = 8000
WORDS_CHARACTERS_MAX = 200
LANGUAGES_MAX = 20

Number = Annotated[int, Field(ge=0, le=NUMBER_MAX)]
Board = Annotated[str, Field(pattern="^[a-z0-9_-]{1,32}$", description="as devices name it: esp32")]
SettingName = Literal["broker", "wifi", "ca", "stages", "sync_every_s", "sync_backlog", "sleep_after_s"]


class Body(BaseModel):
    """Nothing but what is known."""

    model_config = ConfigDict(extra="forbid")


class AskedQuestionnaire(Body):
    """A published version; the newest unless one is named. An audit keeps its number, or gets a free one."""

    code: Name
    version: Annotated[int | None, Field(ge=1, le=VERSION_MAX)] = None
    number: Annotated[int | None, Field(ge=0, le=AUDITS_MAX)] = None


class Broker(Body):
    """Where the broker is; `address` where there is no name service."""

    host: Annotated[str, Field(min_length=1, max_length=HOST_CHARACTERS_MAX)]
    port: Annotated[int, Field(ge=1, le=PORT_MAX)] = 8883
    address: Annotated[str | None, Field(max_length=15)] = None


class NewSettings(Body):
    """The device's own settings; what is left out stays. Wi-Fi passwords do not pass through the interface."""

    broker: Broker | None = None
    ca: Annotated[
        list[Annotated[str, Field(max_length=CERTIFICATE_CHARACTERS_MAX)]] | None,
        Field(min_length=1, max_length=AUTHORITIES_MAX, description="PEM: the current CA, and perhaps the next"),
    ] = None
    stages: Annotated[list[Name] | None, Field(min_length=1, max_length=STAGE_MAX)] = None
    sync_every_s: Number | None = None
    sync_backlog: Number | None = None
    sleep_after_s: Number | None = None


class AskedRelease(Body):
    """An application release; devices take no older one than they were ever to have."""

    number: Annotated[int, Field(ge=0, le=RELEASE_MAX)]
    board: Board = "esp32"
    despite_failures: Annotated[bool, Field(description="although a device has refused it, or went back")] = False


class ProposedText(Body):
    """A text of its idle screen, by language. It waits for approval like every text for patients."""

    words: Annotated[
        dict[
            Annotated[str, Field(pattern="^[a-z]{2,3}(-[a-z]{2,4})?$")],
            Annotated[str, Field(min_length=1, max_length=WORDS_CHARACTERS_MAX)],
        ],
        Field(min_length=1, max_length=LANGUAGES_MAX),
    ]
    from_at: Instant | None = None
    to_at: Instant | None = None


class Command(Body):
    """One or more things at once: all of them, or none. Each holds for this device only, and before what is wider."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"minProperties": 1})

    questionnaire: AskedQuestionnaire | None = None
    unassign: Annotated[
        int | None, Field(ge=0, le=AUDITS_MAX, description="0: the patients' questionnaire; an audit's number")
    ] = None
    settings: NewSettings | None = None
    unset: Annotated[list[SettingName], Field(max_length=7, description="what holds more widely holds again")] = []
    release: AskedRelease | None = None
    withdraw: Annotated[Board | None, Field(description="offer no release for this board")] = None
    text: ProposedText | None = None
    end_text: Annotated[int | None, Field(ge=1, le=TEXT_MAX, description="show this text no more")] = None

    @model_validator(mode="after")
    def _asks_something(self) -> "Command":
        if all(value in (None, []) for value in dict(self).values()):
            raise ValueError(f"asks nothing: name one of {', '.join(type(self).model_fields)}")
        return self


class CommandAnswer(BaseModel):
    """What the device should hold from now on; it fetches it at its next sync."""

    as_of: datetime
    device: str
    desired_revision: Annotated[int, Field(description="the device holds it once it reports this revision")]
    held_revision: Annotated[int | None, Field(description="what it reported last; null: it was never heard")]
    behind: bool
    lacking: Annotated[str, Field(description="what keeps the server from saying what it should hold")]
    words: Annotated[str, Field(description="what an operator reads")]
    text: Annotated[int | None, Field(description="the text that waits for approval now")]
