"""The tables of accounts: people, their roles, what they sign in with, API tokens and share links."""

from datetime import datetime

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from server.accounts.rights import Role
from server.database import Base

ACTIVE, DISABLED = "active", "disabled"
ORGANISATION, DIRECTORATE, SERVICE, TEAM = "organisation", "directorate", "service", "team"
NODE_KINDS = (ORGANISATION, DIRECTORATE, SERVICE, TEAM)
ACCOUNT, ADDRESS = "account", "address"


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=column)


def _of_person() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["organisation_id", "person_id"], ["person.organisation_id", "person.person_id"])


def _node() -> tuple[CheckConstraint, CheckConstraint]:
    whole = CheckConstraint("(node_kind = 'organisation') = (node_id IS NULL)", name="node")
    return _one_of("node_kind", NODE_KINDS), whole


class Person(Base):
    __tablename__ = "person"
    __table_args__ = (
        UniqueConstraint("organisation_id", "email"),
        UniqueConstraint("organisation_id", "openid_subject"),
        CheckConstraint("email = lower(email)", name="email"),
        _one_of("state", (ACTIVE, DISABLED)),
        Index(None, "email"),  # who signs in names no organisation
        Index(None, "openid_subject"),
    )

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.organisation_id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str | None]  # Argon2id; none for who signs in elsewhere only
    password_expires_at: Mapped[datetime | None]  # of one that somebody else made up for them
    openid_subject: Mapped[str | None]  # how the provider of the settings names them
    state: Mapped[str]
    created_at: Mapped[datetime]


class RoleGrant(Base):
    """A role on a part of the organisation, from (inclusive) to (exclusive). Ended, never deleted."""

    __tablename__ = "role_grant"
    __table_args__ = (
        _of_person(),
        *_node(),
        _one_of("role", tuple(Role)),
        CheckConstraint("to_at IS NULL OR from_at <= to_at", name="span"),
        Index(None, "organisation_id", "person_id"),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    grant_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    person_id: Mapped[int]
    role: Mapped[str]
    node_kind: Mapped[str]
    node_id: Mapped[int | None]
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]
    granted_by: Mapped[str]


class ApiToken(Base):
    """What a program shows instead of a password: never more than its owner may do at that moment."""

    __tablename__ = "api_token"
    __table_args__ = (
        _of_person(),
        *_node(),
        UniqueConstraint("organisation_id", "secret_hash"),
        CheckConstraint("created_at < expires_at", name="span"),
        Index(None, "secret_hash"),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    token_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    person_id: Mapped[int]
    name: Mapped[str]
    secret_hash: Mapped[bytes]  # SHA-256 of 32 random bytes: nothing to guess, so nothing to slow down
    rights: Mapped[list[str]] = mapped_column(ARRAY(Text))
    node_kind: Mapped[str]
    node_id: Mapped[int | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class ApiTokenUse(Base):
    """Beside the token, so that its use is no change of it: the audit log would have a line for each."""

    __tablename__ = "api_token_use"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "token_id"], ["api_token.organisation_id", "api_token.token_id"]),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    token_id: Mapped[int] = mapped_column(primary_key=True)
    used_at: Mapped[datetime]


class ShareLink(Base):
    """An address that shows one question's figures without an account, until it expires."""

    __tablename__ = "share_link"
    __table_args__ = (
        _of_person(),
        UniqueConstraint("organisation_id", "secret_hash"),
        CheckConstraint("created_at < expires_at", name="span"),
        Index(None, "secret_hash"),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    share_id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    person_id: Mapped[int]
    name: Mapped[str]
    query: Mapped[str]  # as it stands in an address: service=beds&period=last-month
    secret_hash: Mapped[bytes]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SignIn(Base):
    """A browser that somebody signed in with; the cookie holds the secret, this its SHA-256."""

    __tablename__ = "sign_in"
    __table_args__ = (
        _of_person(),
        Index(None, "secret_hash"),
        Index(None, "organisation_id", "person_id"),
    )

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    secret_hash: Mapped[bytes] = mapped_column(primary_key=True)
    person_id: Mapped[int]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class LastSignIn(Base):
    """When somebody signed in last, kept longer than the browser's sign-in; nobody who never did has a row."""

    __tablename__ = "last_sign_in"
    __table_args__ = (_of_person(),)

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class SignInAttempt(Base):
    """Attempts that failed, by account name (there may be none of it) and by network address."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (_one_of("kind", (ACCOUNT, ADDRESS)), Index(None, "last_at"), {"prefixes": ["UNLOGGED"]})

    kind: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[bytes] = mapped_column(primary_key=True)  # SHA-256
    failures: Mapped[int]
    last_at: Mapped[datetime]
