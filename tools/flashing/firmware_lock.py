"""Which MicroPython images may be put on devices: those that somebody has looked at and pinned by their SHA-256."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import httpx

from tools.flashing.bench import Bench, write_safely
from tools.flashing.errors import FirmwareError, InputError
from tools.flashing.micropython_image import CHIP, MicroPythonImage, check_image, check_version
from tools.flashing.partitions import MIB

LOCK = Path(__file__).resolve().parents[1] / "firmware.lock.toml"
IMAGE_BYTES_MAX = 4 * MIB  # the largest that stock builds for any ESP32 have is 2 MB
FETCH_S = 60.0
FIELDS = ("name", "chip", "version", "url", "sha256", "size")


@dataclass(frozen=True)
class Pin:
    """One image of the lock. `url` is empty for a file that was handed over."""

    name: str
    chip: str
    version: str
    url: str
    sha256: str
    size: int


def read_lock(path: Path = LOCK) -> list[Pin]:
    """Raises InputError for a lock that is none."""
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("image", [])
        return [Pin(**{field: entry[field] for field in FIELDS}) for entry in entries]
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as wrong:
        raise InputError(f"{path} cannot be read ({wrong}): take it from the repository again.") from None


def add_pin(pin: Pin, path: Path = LOCK) -> None:
    """Append to the lock. Raises InputError when the name is taken."""
    if any(each.name == pin.name for each in read_lock(path)):
        raise InputError(f"{path} has an image {pin.name} already: choose another --name.")
    entry = "".join(f"{field} = {json.dumps(getattr(pin, field))}\n" for field in FIELDS)
    write_safely(path, f"{path.read_text(encoding='utf-8')}\n[[image]]\n{entry}".encode())
    path.chmod(0o644)


def fetch(source: str) -> bytes:
    """The bytes of a file, or of an https address. Raises InputError."""
    if not source.startswith("https://"):
        try:
            return Path(source).read_bytes()
        except OSError as wrong:
            raise InputError(
                f"{source}: {wrong.strerror}. Name a file, or an address that begins with https://."
            ) from None
    try:
        answer = httpx.get(source, follow_redirects=True, timeout=FETCH_S).raise_for_status()
    except httpx.HTTPError as wrong:
        raise InputError(f"{source} did not come: {wrong}. Fetch it by other means and name the file.") from None
    return answer.content


def pin_for(data: bytes, name: str, source: str) -> Pin:
    """What the lock would say about this image. Raises FirmwareError for one that cannot be used."""
    image = check_image(data)
    check_version(image)
    return Pin(name, CHIP, image.version, source if "://" in source else "", image.sha256, len(data))


def pinned_image(source: str, bench: Bench, lock: Path = LOCK, *, allow_unpinned: bool = False) -> MicroPythonImage:
    """The image of this name in the lock, or in this file, proven. Raises FirmwareError, InputError."""
    pins = read_lock(lock)
    named = next((pin for pin in pins if pin.name == source), None)
    data = _kept_or_fetched(named, bench) if named else fetch(source)
    digest = sha256(data).hexdigest()
    pin = named or next((each for each in pins if each.sha256 == digest), None)
    if pin is None and not allow_unpinned:
        _refuse_unpinned(source, data, digest)
    if pin is not None and (len(data) != pin.size or digest != pin.sha256):
        raise FirmwareError(
            f"{source} is not what was pinned: {len(data)} bytes with SHA-256 {digest[:16]}..., expected {pin.size} "
            f"with {pin.sha256[:16]}.... Fetch it again; if that repeats, find out who serves it."
        )
    image = check_image(data)
    check_version(image)
    if named:
        keep_image(data, bench)
    return image


def keep_image(data: bytes, bench: Bench) -> None:
    """In the bench's folder, where a kit finds it by its name, also when the file it came from is gone."""
    write_safely(bench.firmware / f"{sha256(data).hexdigest()}.bin", data)


def _refuse_unpinned(source: str, data: bytes, digest: str) -> None:
    """Say first what is wrong with the image itself, if anything is."""
    check_image(data)
    raise FirmwareError(
        f"{source} is not pinned: nobody has said that SHA-256 {digest[:16]}... may be put on devices. Compare it with "
        "what the makers publish, then say `firmware --pin`."
    )


def _kept_or_fetched(pin: Pin, bench: Bench) -> bytes:
    kept = bench.firmware / f"{pin.sha256}.bin"
    if kept.exists():
        return kept.read_bytes()
    if not pin.url:
        raise InputError(
            f"{pin.name} was pinned from a file, on another bench: name the file, or copy its flash-bench/firmware."
        )
    return fetch(pin.url)
