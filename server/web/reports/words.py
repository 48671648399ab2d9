"""What the pages of reports call things."""

from collections.abc import Mapping

from server.reports.kinds import Kind

KINDS = {
    Kind.MONTHLY: "Monthly report",
    Kind.COMMISSIONER: "Report for commissioners",
    Kind.BOARD: "Report to the board",
    Kind.CONSULTATION: "Evidence of consultation (twelve months)",
}
# Never by colour alone: each tag says its state in words.
STATES: Mapping[str, tuple[str, str]] = {
    "building": ("being built", "blue"),
    "failed": ("could not be built", "red"),
    "draft": ("draft", "yellow"),
    "issued": ("issued", "green"),
}
MAIL_STATES: Mapping[str, str] = {
    "waiting": "waiting to be sent",
    "sending": "being sent",
    "sent": "sent",
    "unsure": "unsure: it may have arrived, and is not sent again",
    "refused": "not sent",
}


def state_tag(state: str, revision: int = 1) -> dict[str, str]:
    """For the macro of a tag."""
    text, colour = STATES[state]
    return {"text": "re-issued" if state == "issued" and revision > 1 else text, "colour": colour}
