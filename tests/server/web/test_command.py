"""`pet web` as a process: it serves, stops when told, and refuses with a sentence what it may not do."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import psutil
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from server.accounts.people import add_person
from server.demo.ports import free_port
from server.web.commands import listen
from tests.device_directory import make_device
from tests.device_program import application
from tests.parts import ROOT, need
from tests.server.conftest import Site
from tests.server.figures import PLACED_AT
from tests.server.web.test_handheld import visiting

TIMEOUT_S = 120  # only a hang takes longer


@pytest.fixture
def environment(settings):
    """What `pet web` is told about this test's database."""
    return {
        **os.environ,
        "PET_DATABASE_URL": settings.database_url,
        "PET_DATABASE_PASSWORD_FILE": str(settings.database_password_file),
        "PET_WEB_PORT": str(free_port()),
    }


def start(environment, stderr=subprocess.PIPE):
    return subprocess.Popen(
        [sys.executable, "-m", "server.main", "web"], cwd=ROOT, env=environment, stderr=stderr, text=True
    )


def refused(environment):
    """What `pet web` says when it ends at once."""
    process = start(environment)
    _, said = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 2, said
    return said


def wait_until_ready(port, process):
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as answer:
                return answer.status
        except (urllib.error.URLError, ConnectionError):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_an_answer_in_two_parts_does_not_wait_for_the_first_to_be_acknowledged():
    with (
        listen("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_it_serves_until_told_to_stop_and_leaves_no_device_behind(environment, engine, figures, tmp_path):
    need("micropython")
    with Session(engine) as session, session.begin():
        add_person(session, figures.organisation_id, "visitor@localhost", "Visitor", PLACED_AT)
    environment["PET_LOCAL_VIEWER"] = "visitor@localhost"
    (tmp_path / "device").mkdir()
    environment["PET_TRY_DEVICE_DIRECTORY"] = str(make_device(tmp_path / "device"))
    environment["MICROPYPATH"] = application()["MICROPYPATH"]
    port = int(environment["PET_WEB_PORT"])
    process = start(environment)
    try:
        assert wait_until_ready(port, process) == 200
        site = Site(port)
        with visiting(site) as visitor:
            visitor.until(name="idle")
            started = psutil.Process(process.pid).children(recursive=True)
            assert started
            process.terminate()
            _, said = process.communicate(timeout=TIMEOUT_S)
        site.close()
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in said
    assert not any(each.is_running() for each in started)


def test_it_says_where_it_is_and_what_the_database_lacks(environment, postgres):
    cases = {
        environment["PET_DATABASE_URL"]: None,
        "postgresql://pet@127.0.0.1:1/pet": "the database does not answer",
        make_url(postgres)._replace(password=None, drivername="postgresql").render_as_string(): "say `pet migrate`",
    }
    for url, words in cases.items():
        process = start(environment | {"PET_DATABASE_URL": url})
        try:
            assert f"http://127.0.0.1:{environment['PET_WEB_PORT']}/" in process.stderr.readline()
            if words:
                assert words in process.stderr.readline()
        finally:
            process.terminate()
            _, said = process.communicate(timeout=TIMEOUT_S)
        assert "pet web:" not in said


def test_a_busy_port_gets_a_sentence_with_the_remedy(environment):
    with socket.create_server(("127.0.0.1", int(environment["PET_WEB_PORT"]))):
        said = refused(environment)
    assert "cannot be used" in said
    assert "PET_WEB_PORT" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "pet.example"])  # noqa: S104 - refused is what is tested
def test_every_host_but_this_machine_is_refused(environment, host):
    said = refused(environment | {"PET_WEB_HOST": host})
    assert "leaves this machine" in said
    assert "Traceback" not in said
