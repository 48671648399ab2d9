"""All routes of the interface, in the order in which the reference lists them."""

from fastapi import APIRouter

from server.api import (
    actions,
    audit_log,
    audits,
    concerns,
    devices,
    effects,
    evidence,
    flags,
    imports,
    meetings,
    people,
    placements,
    questionnaires,
    recognition,
    responses,
    routes,
    session,
    shares,
    targets,
    tokens,
    you_said,
)
from server.api.stats import routes as stats_routes

ROUTERS: tuple[APIRouter, ...] = (
    stats_routes.router,
    routes.api,
    responses.router,
    session.router,
    people.router,
    tokens.router,
    shares.router,
    concerns.router,
    actions.router,
    effects.router,
    audits.router,
    meetings.router,
    recognition.router,
    you_said.router,
    targets.router,
    devices.router,
    placements.router,
    questionnaires.router,
    imports.router,
    flags.router,
    audit_log.router,
    evidence.router,
    routes.operations,
)
