"""The web process as tests meet it: a real server on a port of its own, over the test's database."""

import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session
from starlette.requests import HTTPConnection

from server.accounts.viewer import everything
from server.api.access import find_viewer
from server.app import create_app
from server.fleet.tables import Organisation
from server.settings import Settings
from server.web.commands import listen, make_server
from tests.server.figures import Figures

NOW = datetime(2026, 11, 23, 1, 40, tzinfo=UTC)  # a Monday
START_TIMEOUT_S = 180


class Site:
    """`get` asks as a program, `page` as a browser. `viewer`: who it is that asks; None: whoever may do everything."""

    def __init__(self, port, app=None):
        self.app = app
        self.viewer = None
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._client = httpx.Client(base_url=self.url, timeout=60)

    def get(self, path, parameters=None, **headers):
        return self._client.get(path, params=parameters, headers=headers)

    def page(self, path="/", parameters=None):
        return self.get(path, parameters, accept="text/html")

    def post(self, path, form):
        """A form, sent as a browser sends it from a page of ours."""
        return self._client.post(path, data=form, headers={"accept": "text/html", "origin": self.url})

    def series(self, **parameters):
        """The answer of the time series; a parameter from_ is `from`."""
        named = {name.rstrip("_"): value for name, value in parameters.items()}
        answer = self.get("/api/v1/stats/timeseries", named)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def close(self):
        self._client.close()


def may_everything(app):
    """Whoever may do everything in the first organisation."""
    with Session(app.state.engine) as session:
        first = session.scalar(select(func.min(Organisation.organisation_id)))
    return everything(first or 0, "test")


@contextmanager
def serving(app, *, real_doors=False):
    """The app behind uvicorn in a thread. Unless the test is about sign-in, who asks is what `site.viewer` says."""
    listener = listen("127.0.0.1", 0)
    server = make_server(app)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    site = Site(listener.getsockname()[1], app)
    if not real_doors:

        def find(connection: HTTPConnection):
            connection.state.viewer = site.viewer or may_everything(app)
            return connection.state.viewer

        app.dependency_overrides[find_viewer] = find
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not server.started:
            assert time.monotonic() < deadline
            assert thread.is_alive()
            time.sleep(0.01)
        yield site
    finally:
        site.close()
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture
def figures(engine):
    """An organisation with services, teams and questions, and no answers yet."""
    return Figures(engine)


@pytest.fixture
def settings(database_url, tmp_path):
    """Settings that name the test's database."""
    url = make_url(database_url)
    password = tmp_path / "database.password"
    password.write_text(url.password)
    plain = url._replace(password=None, drivername="postgresql").render_as_string()
    return Settings(database_url=plain, database_password_file=password)


@pytest.fixture
def site(settings):
    """The web process on this database; its clock stands at NOW."""
    with serving(create_app(settings, now=lambda: NOW)) as site:
        yield site
