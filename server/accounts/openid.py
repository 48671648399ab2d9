"""Sign-in with the organisation's own accounts: OpenID Connect, by authorization code with state, nonce and PKCE.

The provider says who somebody is; what they may do is decided here. Nobody gets an account by signing in.
"""

import secrets
import time
from typing import Any, NamedTuple

import httpx
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749.parameters import (  # type: ignore[import-untyped]
    parse_authorization_code_response,
    prepare_grant_uri,
    prepare_token_request,
)
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from server.accounts.people import normal_email
from server.accounts.tables import ACTIVE, Person
from server.database import act_as
from server.settings import Settings, read_secret

DISCOVERY = "/.well-known/openid-configuration"
SCOPE = "openid email"
# Of a key pair: the provider's public key cannot be used to make a token, as a shared secret could.
ALGORITHMS = ["RS256", "ES256", "PS256"]
LEEWAY_S = 60  # two clocks
TIMEOUT_S = 10
CHANCE_BYTES = 32
WORDS = 3
SEPARATOR = "."


class OpenIdError(Exception):
    """The provider cannot be asked, or its answer is not to be trusted. The text is for the log."""


class NoAccountError(Exception):
    """The provider vouches for somebody who has no account here."""


class Attempt(NamedTuple):
    """What one browser keeps in a cookie between leaving for the provider and coming back."""

    state: str
    nonce: str
    verifier: str

    def cookie(self) -> str:
        """As the cookie holds it."""
        return SEPARATOR.join(self)


def read_attempt(cookie: str) -> Attempt:
    """Raises OpenIdError where it is none."""
    words = cookie.split(SEPARATOR)
    if len(words) != WORDS or not all(words):
        raise OpenIdError("the browser did not leave from here: it has no cookie of an attempt")
    return Attempt(*words)


class Provider:
    """The one of the settings. `way_back`: this server's address that the provider sends browsers back to."""

    def __init__(self, settings: Settings) -> None:
        assert settings.oidc_client_secret_file is not None
        self._issuer, self._client_id = settings.oidc_issuer, settings.oidc_client_id
        self._secret = read_secret(settings.oidc_client_secret_file, "PET_OIDC_CLIENT_SECRET_FILE")

    def way_there(self, way_back: str) -> tuple[str, Attempt]:
        """The provider's address for the browser, and what the browser must bring back. Raises OpenIdError."""
        attempt = Attempt(*(secrets.token_urlsafe(CHANCE_BYTES) for _ in range(WORDS)))
        address: str = prepare_grant_uri(
            self._endpoint(self._describe(), "authorization_endpoint"),
            self._client_id,
            "code",
            redirect_uri=way_back,
            scope=SCOPE,
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=create_s256_code_challenge(attempt.verifier),
            code_challenge_method="S256",
        )
        return address, attempt

    def who_came_back(self, address: str, attempt: Attempt, way_back: str) -> dict[str, Any]:
        """The claims of the ID token for the browser that came back to `address`. Raises OpenIdError."""
        try:
            code = parse_authorization_code_response(address, attempt.state)["code"]
        except (AuthlibBaseError, KeyError) as error:
            raise OpenIdError(f"the provider's answer cannot be used: {error}") from None
        described = self._describe()
        body = prepare_token_request(
            "authorization_code", redirect_uri=way_back, code=code, code_verifier=attempt.verifier
        )
        answer = self._ask(
            "POST",
            self._endpoint(described, "token_endpoint"),
            content=body,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            auth=(self._client_id, self._secret),
        )
        return self._checked(answer.get("id_token"), self._endpoint(described, "jwks_uri"), attempt.nonce)

    def _checked(self, token: object, keys_at: str, nonce: str) -> dict[str, Any]:
        registry = jwt.JWTClaimsRegistry(
            now=lambda: int(time.time()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._client_id},
            exp={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            decoded = jwt.decode(str(token), _keys(self._ask("GET", keys_at)), algorithms=ALGORITHMS)
            registry.validate(decoded.claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise OpenIdError(f"the provider's ID token is not to be trusted: {error!r}") from None
        claims: dict[str, Any] = decoded.claims
        if claims.get("azp", self._client_id) != self._client_id:
            raise OpenIdError("the provider's ID token was made for another application")
        return claims

    def _describe(self) -> dict[str, Any]:
        described = self._ask("GET", self._issuer.rstrip("/") + DISCOVERY)
        if described.get("issuer") != self._issuer:
            raise OpenIdError(f"the provider calls itself {described.get('issuer')!r}, not PET_OIDC_ISSUER")
        return described

    def _endpoint(self, described: dict[str, Any], name: str) -> str:
        address = str(described.get(name))
        if not address.startswith("https://") and not self._issuer.startswith("http://"):
            raise OpenIdError(f"the provider's {name} is not an https address")
        return address

    def _ask(self, method: str, address: str, **options: Any) -> dict[str, Any]:
        try:
            answer = httpx.request(method, address, timeout=TIMEOUT_S, follow_redirects=False, **options)
            answer.raise_for_status()
            found = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise OpenIdError(f"the provider does not answer at {address}: {error!r}") from None
        if not isinstance(found, dict):
            raise OpenIdError(f"the provider answers no object at {address}")
        return found


def _keys(published: dict[str, Any]) -> KeySet:
    """Raises ValueError, KeyError, TypeError, JoseError for what is no set of keys."""
    return KeySet.import_key_set({"keys": published["keys"]})


def find_account(engine: Engine, claims: dict[str, Any]) -> Person:
    """The account of whom the provider vouches for. Raises NoAccountError.

    By the provider's own number for them; the first time by their e-mail address, if the provider has verified it.
    """
    subject, email = str(claims["sub"]), claims.get("email")
    with Session(engine, expire_on_commit=False) as session, session.begin():
        person = session.scalar(select(Person).where(Person.openid_subject == subject))
        if person is None and isinstance(email, str) and claims.get("email_verified") is True:
            person = session.scalar(
                select(Person).where(Person.email == normal_email(email), Person.openid_subject.is_(None))
            )
            if person is not None and person.state == ACTIVE:
                act_as(session, person.email)
                person.openid_subject = subject
        if person is None or person.state != ACTIVE:
            raise NoAccountError
        return person
