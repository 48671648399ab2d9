"""The pages of questionnaires together."""

from fastapi import APIRouter

from server.web.questionnaires import drafting, file_pages, publishing, reading

router = APIRouter(include_in_schema=False)
for part in (reading, drafting, file_pages, publishing):
    router.include_router(part.router)
