"""The routes of the pages of reports."""

from fastapi import APIRouter

from server.web.reports import unsubscribing

router = APIRouter(include_in_schema=False)
router.include_router(unsubscribing.router)
