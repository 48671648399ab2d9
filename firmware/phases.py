"""Begins a phase of the application."""

from firmware.application import TO_AUDIT, TO_LACKING, TO_PATIENTS, TO_STAFF

PHASES_MODULE = __name__  # forgotten once a phase has begun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.application import Application, Phase


def begin(application: "Application", what: int, argument: int) -> "Phase":
    """The phase, in memory from now on. `what` and `argument`: see firmware/application.py."""
    if what == TO_STAFF:
        from firmware.staffing import Staffing

        return Staffing(application, bool(argument))
    if what == TO_LACKING:
        from firmware.lacking import Lacking

        return Lacking(application, bool(argument))
    audit = argument if what == TO_AUDIT else 0
    proven = what == TO_PATIENTS and bool(argument)
    if not proven:
        from firmware.readying import make_ready

        proven = make_ready(application.board.files, audit)
        del make_ready
        application.forget()
    from firmware.asking import Asking

    return Asking(application, audit, proven)
