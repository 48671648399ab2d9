"""The pages of questionnaires together."""

from fastapi import APIRouter

from server.web.questionnaires import reading

router = APIRouter(include_in_schema=False)
for part in (reading,):
    router.include_router(part.router)
