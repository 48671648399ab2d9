"""One screen of a questionnaire as a picture."""

from http import HTTPStatus

from starlette.responses import Response

from server.api.problems import ProblemError, make_problem
from server.web.questionnaires.drawn import SCREENS, CannotDrawError

KEPT = "private, max-age=3600"  # a version never changes, and a draft's pictures have its revision in their address


def picture(package: bytes, screen: int) -> Response:
    """As a device draws it, 128 x 64 pixels. Raises ProblemError 404."""
    try:
        drawn = SCREENS.of(package)
    except CannotDrawError as error:
        raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, str(error))) from None
    if screen >= len(drawn):
        raise ProblemError(make_problem(HTTPStatus.NOT_FOUND, f"There is no screen {screen}."))
    return Response(drawn[screen].png(), headers={"Cache-Control": KEPT}, media_type="image/png")
