"""The routers of the pages, by capability; server/app.py includes them all. A new package of pages adds its line."""

from server.web.administration.routes import router as administration
from server.web.figures.routes import router as figures
from server.web.fleet.routes import router as fleet
from server.web.improving.routes import router as improving
from server.web.openid_pages import openid_pages
from server.web.pages import pages
from server.web.pictures import router as pictures
from server.web.questionnaires.routes import router as questionnaires
from server.web.reports.routes import router as reports
from server.web.sign_in import sign_in_pages

PAGE_ROUTERS = (
    pictures,
    sign_in_pages,
    openid_pages,
    figures,
    reports,
    pages,
    improving,
    administration,
    fleet,
    questionnaires,
)
