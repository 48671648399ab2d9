"""A folder that holds an authority, and perhaps the next one; and a folder with what a server shows."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from server.authority.certificates import (
    Pair,
    hosts_of,
    is_signed_by,
    make_authority,
    make_server,
    read_certificate,
    read_pair,
    write_key,
)
from server.errors import OperatorError

CURRENT, NEXT, SERVER = "ca", "next", "server"
RENEW_SERVER_BEFORE = timedelta(days=60)
# Devices must have believed the next one for as long as one of them may lie in a drawer.
REPLACE_BEFORE = timedelta(days=3 * 365)
# Nobody knows here which devices have fetched the next one: most have been heard in a quarter of a year.
NEXT_KNOWN_AFTER = timedelta(days=90)
# One of somebody else's authority is renewed by other means, often for 90 days at a time and a month before its end.
FOREIGN_DUE_BEFORE = timedelta(days=14)
FROM = " from "
DIRECTORY_MODE = 0o700
HOST_CHARACTERS_MAX = 64  # of a certificate's common name


def begin(directory: Path, name: str, now: datetime, role: str = CURRENT) -> Pair:
    """A new authority in this folder; nothing that is there is replaced."""
    directory.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    for path in _files(directory, role):
        if path.exists():
            raise OperatorError(f"{path} exists already, and devices may believe it: name another folder.")
    pair = make_authority(name, now)
    _write(directory, role, pair)
    (directory / f"{role}.der").write_bytes(pair.der)
    return pair


def begin_next(directory: Path, now: datetime) -> Pair:
    """The authority that will follow: devices are to believe both long before the change."""
    current = _authority(directory)
    return begin(directory, f"{_family(current.certificate.subject)}{FROM}{now:%Y-%m-%d}", now, NEXT)


def next_of(directory: Path) -> x509.Certificate:
    """The authority that will follow. Raises OperatorError where there is none."""
    path = directory / f"{NEXT}.pem"
    if not path.exists():
        raise OperatorError(
            f"there is no next authority in {directory}: `pet ca next` makes it, long before the change."
        )
    return read_certificate(path)


def age_of_next(directory: Path, now: datetime) -> timedelta:
    """Since it was made, as its own name says; all certificates begin on one day."""
    name = next_of(directory).subject.rfc4514_string()
    return now - datetime.strptime(name.rpartition(FROM)[2], "%Y-%m-%d").replace(tzinfo=UTC)


def switch(directory: Path, now: datetime) -> Path:
    """The next authority is the current one from now on; where the old one is kept."""
    next_of(directory)
    read_pair(*_files(directory, NEXT))
    old = directory / f"until-{now:%Y-%m-%d}"
    old.mkdir(mode=DIRECTORY_MODE)
    for ending in ("pem", "key", "der"):
        (directory / f"{CURRENT}.{ending}").rename(old / f"{CURRENT}.{ending}")
    for ending in ("pem", "key", "der"):
        (directory / f"{NEXT}.{ending}").rename(directory / f"{CURRENT}.{ending}")
    return old


def issue(directory: Path, hosts: tuple[str, ...], out: Path, now: datetime) -> Pair:
    """A server's certificate of the current authority into `out`, in place of the one there."""
    if not hosts or not all(0 < len(host) <= HOST_CHARACTERS_MAX and host.isascii() for host in hosts):
        raise OperatorError(
            f"name the server as devices do: 1 to {HOST_CHARACTERS_MAX} ASCII letters, the first its own."
        )
    authority = _authority(directory)
    if authority.certificate.not_valid_after_utc - now < RENEW_SERVER_BEFORE:
        raise OperatorError(
            f"the authority itself ends at {authority.certificate.not_valid_after_utc:%Y-%m-%d}: switch."
        )
    out.mkdir(parents=True, exist_ok=True)
    pair = make_server(authority, hosts, now)
    _write(out, SERVER, pair)
    return pair


def renew(directory: Path, out: Path, now: datetime) -> Pair | None:
    """A new certificate for the same names, where the one there ends soon or is an earlier authority's; else None."""
    present = read_certificate(out / f"{SERVER}.pem")
    lasts = present.not_valid_after_utc - now > RENEW_SERVER_BEFORE
    if lasts and is_signed_by(present, _authority(directory).certificate):
        return None
    return issue(directory, hosts_of(present), out, now)


def believed(directory: Path) -> bytes:
    """The authorities that servers of ours should believe: the current one and, if there is one, the next, as PEM."""
    paths = [directory / f"{role}.pem" for role in (CURRENT, NEXT)]
    return b"".join(path.read_bytes() for path in paths if path.exists())


def findings(directory: Path, out: Path | None, now: datetime, pages: Path | None = None) -> tuple[list[str], bool]:
    """What there is and until when, in words; and whether somebody should do something.

    `out`: the folder of the broker's certificate; `pages`: the file of that of the pages, of whichever authority.
    """
    lines, due = [], False
    current = read_certificate(directory / f"{CURRENT}.pem")
    for role in (CURRENT, NEXT):
        path = directory / f"{role}.pem"
        if path.exists():
            lines.append(f"{path}: until {read_certificate(path).not_valid_after_utc:%Y-%m-%d}")
    if current.not_valid_after_utc - now < REPLACE_BEFORE and not (directory / f"{NEXT}.pem").exists():
        lines.append("the authority ends within three years: `pet ca next`, and give both to the devices")
        due = True
    for path in ([out / f"{SERVER}.pem"] if out else []) + ([pages] if pages else []):
        server = read_certificate(path)
        lines.append(f"{path}: for {', '.join(hosts_of(server))}, until {server.not_valid_after_utc:%Y-%m-%d}")
        lasts = server.not_valid_after_utc - now
        if path == pages and _family(server.issuer) != _family(current.subject):
            if lasts <= FOREIGN_DUE_BEFORE:
                lines.append("the pages' certificate is of another authority, and is to be renewed there")
                due = True
        elif lasts <= RENEW_SERVER_BEFORE or not is_signed_by(server, current):
            whose = "pages'" if path == pages else "server's"
            lines.append(f"the {whose} certificate is to be renewed: `pet ca renew`")
            due = True
    return lines, due


def _authority(directory: Path) -> Pair:
    return read_pair(*_files(directory, CURRENT))


def _family(name: x509.Name) -> str:
    """What an authority and those that follow it are called."""
    return name.rfc4514_string().removeprefix("CN=").split(FROM)[0]


def _files(directory: Path, role: str) -> tuple[Path, Path]:
    return directory / f"{role}.pem", directory / f"{role}.key"


def _write(directory: Path, role: str, pair: Pair) -> None:
    certificate, key = _files(directory, role)
    try:
        write_key(key, pair)
        certificate.write_bytes(pair.pem)
    except OSError as error:
        raise OperatorError(f"{directory} cannot be written: {error.strerror}.") from None
