"""What every route of the interface shares: where it begins, and how the reference tells of its refusals."""

from http import HTTPStatus
from typing import Any

from server.api.problems import MEDIA_TYPE, Problem

PREFIX = "/api/v1"
ALWAYS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)


def refusals(*more: int) -> dict[int | str, dict[str, Any]]:
    """For a router or route: `responses=refusals()`, with 409 and the like where it has them too."""
    statuses = sorted({*map(int, ALWAYS), HTTPStatus.SERVICE_UNAVAILABLE.value, *more})
    return {
        status: {
            "model": Problem,
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }
