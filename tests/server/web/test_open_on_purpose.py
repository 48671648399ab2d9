"""Beyond this machine only with TLS and by name; without signing in only on this machine."""

import pytest
from pydantic import ValidationError

from server.app import create_app
from server.settings import Settings
from tests.server.accounts.conftest import PASSWORD, Clock, People
from tests.server.asking import TestClient

PROXY = {"web_proxy": "10.0.0.7", "web_names": "pet.example.nhs.uk"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"web_host": "0.0.0.0"}, "leaves this machine"),  # noqa: S104 - refused is what is tested
        ({"web_host": "192.0.2.1"}, "leaves this machine"),
        ({"web_host": "pet.example.nhs.uk"}, "leaves this machine"),
        ({"web_certificate_file": "cert.pem"}, "go together"),
        ({"web_key_file": "key.pem"}, "go together"),
        ({"web_names": "pet.example.nhs.uk"}, "needs TLS"),
        ({"web_proxy": "10.0.0.7"}, "PET_WEB_NAMES is empty"),
        ({"web_proxy": "everybody", "web_names": "pet.example.nhs.uk"}, "no network address"),
        ({"local_viewer": "a@example.org", **PROXY}, "PET_LOCAL_VIEWER"),
        ({"oidc_issuer": "https://id.example"}, "PET_OIDC_CLIENT_ID"),
        ({"oidc_issuer": "http://id.example", "oidc_client_id": "x", "oidc_client_secret_file": "y"}, "https://"),
    ],
)
def test_what_would_open_the_server_by_mistake_is_refused(given, words):
    with pytest.raises(ValidationError, match=words):
        Settings(**given)


@pytest.mark.parametrize(
    "given",
    [
        PROXY,
        {**PROXY, "web_host": "0.0.0.0"},  # noqa: S104 - with a proxy that speaks TLS before it
        {"web_names": "pet.example.nhs.uk", "web_certificate_file": "c", "web_key_file": "k", "web_host": "::"},
        {"local_viewer": "visitor@localhost"},
    ],
)
def test_what_is_open_on_purpose_is_accepted(given):
    Settings(**given)


def browser(app, home, address="127.0.0.1", **headers):
    return TestClient(app, base_url=home, client=(address, 1), headers=headers, follow_redirects=False)


@pytest.fixture
def people(engine, figures):
    return People(engine, figures)


def test_behind_tls_the_cookie_is_secure_and_bound_to_the_host(people, settings):
    people.add("anna")
    app = create_app(settings.model_copy(update=PROXY), now=Clock())
    home = "https://pet.example.nhs.uk"
    client = browser(app, home, origin=home)
    answer = client.post("/api/v1/session", json={"email": "anna@example.org", "password": PASSWORD})
    assert answer.status_code == 201
    assert answer.headers["set-cookie"].startswith("__Host-pet=petb_")
    assert "Secure" in answer.headers["set-cookie"]
    assert "domain" not in answer.headers["set-cookie"].lower()
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert client.get("/api/v1/session").status_code == 200
    plain = browser(app, home, origin="http://pet.example.nhs.uk")
    assert plain.delete("/api/v1/session").status_code == 403
    assert browser(app, "https://other.example").get("/healthz").status_code == 421
    app.state.engine.dispose()


def test_the_local_viewer_is_who_comes_from_this_machine_without_signing_in(people, settings):
    people.add("visitor", password=None, read_only="organisation")
    people.add("anna", board="organisation")
    app = create_app(settings.model_copy(update={"local_viewer": "Visitor@example.org"}), now=Clock())
    home = "http://127.0.0.1:8000"
    here = browser(app, home)
    assert here.get("/api/v1/session").json()["via"] == "this machine"
    assert here.get("/api/v1/meta").status_code == 200
    assert browser(app, home, "192.0.2.7").get("/api/v1/session").status_code == 401
    assert browser(app, home, authorization="Bearer pet_x").get("/api/v1/session").status_code == 401
    expires = {"expires_at": "2026-12-01T00:00:00Z"}
    assert here.post("/api/v1/tokens", json={"name": "x", "rights": ["see figures"], **expires}).status_code == 403
    foreign = browser(app, home, origin="http://evil.example")  # a page of another site has no cookie to steal here
    assert "a page of another site" in foreign.post("/api/v1/tokens", json={}).text
    here.post("/api/v1/session", json={"email": "anna@example.org", "password": PASSWORD})
    assert here.get("/api/v1/session").json()["actor"] == "anna@example.org"
    app.state.engine.dispose()
