"""The web process: composes interface and pages over one database, and turns what goes wrong into an answer."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError, ProgrammingError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from server.accounts.doors import Doors
from server.api.access import check_rules, cookie_name
from server.api.conditional import Conditional
from server.api.cookies import take_cookie
from server.api.description import install
from server.api.problems import Problem, ProblemError, invalid_request, make_problem
from server.api.reference import PREFIX
from server.api.routers import ROUTERS
from server.api.visits import Counting, Visits
from server.database import make_engine
from server.settings import Settings, listed
from server.web.gate import Gate
from server.web.handheld import Handheld
from server.web.pages import problem_page
from server.web.routers import PAGE_ROUTERS
from server.web.sign_in import ask_to_sign_in
from server.web.templates import STATIC, STATIC_PATH, make_templates

GZIP_BYTES_MIN = 1000  # smaller ones fit one packet as they are
log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The server's clock."""
    return datetime.now(UTC)


def create_app(settings: Settings, now: Callable[[], datetime] = utc_now, handheld: Handheld | None = None) -> FastAPI:
    """The application. It opens nothing before the first request; `now` is its only clock."""
    app = FastAPI(
        title="Patient Experience Tracker",
        version="1",
        docs_url=None,  # they would load scripts from elsewhere
        redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
        lifespan=_lifespan,
    )
    engine = make_engine(settings.database())
    # Figures only read; one answer is made of several queries, and all of them see the same state.
    app.state.engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    app.state.writing_engine = engine
    app.state.doors = Doors(app.state.engine, engine, settings.local_viewer)
    app.state.settings = settings
    app.state.now = now
    app.state.visits = Visits()
    app.state.templates = make_templates()
    app.state.handheld = handheld or Handheld(settings.try_device_directory)
    for router in (*ROUTERS, *PAGE_ROUTERS):
        app.include_router(router)
    app.mount(STATIC_PATH, StaticFiles(directory=STATIC), name="static")
    app.add_middleware(Conditional, prefix=PREFIX)
    app.add_middleware(GZipMiddleware, minimum_size=GZIP_BYTES_MIN)
    app.add_middleware(Gate, names=listed(settings.web_names), encrypted=settings.web_is_encrypted)
    app.add_middleware(Counting, visits=app.state.visits)
    _answer_errors(app)
    check_rules(app.routes)
    install(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    await app.state.handheld.close()
    app.state.engine.dispose()


def _answer(request: Request, problem: Problem) -> Response:
    """As a page to a person; and a cookie that opens nothing any more is taken back."""
    for_person = "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")
    unknown = problem.status == HTTPStatus.UNAUTHORIZED
    if for_person and unknown and request.method == "GET":
        response = ask_to_sign_in(request)
    else:
        response = problem_page(request, problem) if for_person else problem.response()
        if unknown:
            response.headers["WWW-Authenticate"] = "Bearer"
    if unknown and "authorization" not in request.headers and request.cookies.get(cookie_name(request)):
        take_cookie(response, request)
    return response


def _answer_errors(app: FastAPI) -> None:
    """Every error becomes a problem document, or a page that says the same."""

    @app.exception_handler(ProblemError)
    def refused(request: Request, error: ProblemError) -> Response:
        return _answer(request, error.problem)

    @app.exception_handler(RequestValidationError)
    def wrong_value(request: Request, error: RequestValidationError) -> Response:
        return _answer(request, invalid_request(error))

    @app.exception_handler(HTTPException)
    def no_such_page(request: Request, error: HTTPException) -> Response:
        status, path = HTTPStatus(error.status_code), request.url.path
        detail = f"There is no {path} on this server." if status == HTTPStatus.NOT_FOUND else f"{path}: {error.detail}."
        return _answer(request, make_problem(status, detail))

    @app.exception_handler(OperationalError)
    def no_database(request: Request, error: OperationalError) -> Response:
        log.error("the database does not answer: %s", error.orig)
        detail = "The database does not answer. Nothing is lost: devices keep what they hold. Try again soon."
        return _answer(request, make_problem(HTTPStatus.SERVICE_UNAVAILABLE, detail))

    @app.exception_handler(ProgrammingError)
    def no_tables(request: Request, error: ProgrammingError) -> Response:
        log.error("the database refuses: %s", error.orig)
        detail = "The database lacks tables of this version: on a first install and after an update, say `pet migrate`."
        return _answer(request, make_problem(HTTPStatus.SERVICE_UNAVAILABLE, detail))

    @app.exception_handler(Exception)
    def our_mistake(request: Request, _: Exception) -> Response:
        detail = "This is a mistake of ours; the server's log has it."
        return _answer(request, make_problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail))
