"""Sign-in with the organisation's own accounts, against a real provider that also lies when a test wants it to."""

import pytest
from joserfc.jwk import OctKey, RSAKey

from server.app import create_app
from tests.server.accounts.provider import CLIENT, KEY_BITS, SECRET, OpenIdProvider
from tests.server.asking import TestClient

HOME = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def keys():
    return RSAKey.generate_key(KEY_BITS, {"kid": "1"}, private=True)


@pytest.fixture
def provider():
    with OpenIdProvider() as provider:
        yield provider


@pytest.fixture
def app(settings, clock, provider, tmp_path):
    secret = tmp_path / "oidc.secret"
    secret.write_text(SECRET + "\n")
    named = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret_file": secret}
    made = create_app(settings.model_copy(update=named), now=clock)
    yield made
    made.state.engine.dispose()


@pytest.fixture
def browser(app):
    return TestClient(app, base_url=HOME, client=("192.0.2.7", 1), follow_redirects=False)


def come_back(browser, provider, to="/try"):
    """The whole way; the last answer."""
    away = browser.get("/sign-in/openid", params={"to": to})
    assert away.status_code == 303, away.text
    return browser.get(provider.consent(away.headers["location"]))


def test_somebody_with_an_account_is_signed_in_and_goes_on(people, browser, provider):
    people.add("anna", password=None, board="organisation")
    assert "/sign-in/openid" in browser.get("/sign-in").text
    back = come_back(browser, provider)
    assert (back.status_code, back.headers["location"]) == (303, "/try")
    assert browser.get("/api/v1/session").json()["actor"] == "anna@example.org"
    assert "pet-openid" not in browser.cookies


def test_later_the_provider_s_number_counts_and_not_the_address(people, browser, provider, app):
    people.add("anna", password=None)
    people.add("other", password=None)
    come_back(browser, provider)
    provider.claims = {"email": "other@example.org"}
    fresh = TestClient(app, base_url=HOME, follow_redirects=False)
    come_back(fresh, provider)
    assert fresh.get("/api/v1/session").json()["actor"] == "anna@example.org"
    provider.claims = {"sub": "a stranger", "email": "anna@example.org"}  # the address was given to somebody else
    assert come_back(TestClient(app, base_url=HOME, follow_redirects=False), provider).status_code == 403


@pytest.mark.parametrize(
    "claims", [{"email": "nobody@example.org"}, {"email_verified": False}, {"email_verified": "true"}, {"email": None}]
)
def test_whoever_has_no_account_gets_none(people, browser, provider, claims):
    people.add("anna", password=None)
    provider.claims = claims
    assert come_back(browser, provider).status_code == 403
    assert browser.get("/api/v1/session").status_code == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another application"},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"exp": 1},
        {"nonce": "of another browser"},
    ],
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(people, browser, provider, claims):
    people.add("anna", password=None)
    provider.claims = claims
    assert come_back(browser, provider).status_code == 400
    assert browser.get("/api/v1/session").status_code == 401


def test_a_token_signed_with_another_key_is_refused(people, browser, provider, keys):
    people.add("anna", password=None)
    provider.key = keys
    assert come_back(browser, provider).status_code == 400


def test_the_provider_s_public_key_does_not_sign(people, browser, provider):
    people.add("anna", password=None)
    provider.algorithm, provider.key = "HS256", OctKey.import_key(b"x" * 64)
    assert come_back(browser, provider).status_code == 400


def test_a_way_back_that_this_browser_did_not_begin_is_refused(people, browser, provider, app):
    people.add("anna", password=None)
    away = browser.get("/sign-in/openid")
    other = TestClient(app, base_url=HOME, follow_redirects=False)
    back = provider.consent(away.headers["location"])
    assert other.get(back).status_code == 400  # no cookie
    other.get("/sign-in/openid")
    assert other.get(back).status_code == 400  # the cookie of another attempt
    assert browser.get(back).status_code == 303
    assert browser.get(back).status_code == 400  # once


def test_a_provider_that_is_away_gets_a_sentence(people, browser, provider):
    people.add("anna")
    provider.issuer += "/moved"  # it calls itself something else now
    assert browser.get("/sign-in/openid").status_code == 400


def test_nobody_is_sent_on_to_another_site(people, browser, provider):
    people.add("anna", password=None)
    assert come_back(browser, provider, to="//evil.example").headers["location"] == "/"
