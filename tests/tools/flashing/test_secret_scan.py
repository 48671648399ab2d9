"""The scan finds a secret in every form, and nothing where there is none."""

import json
from base64 import b64encode, urlsafe_b64encode

import pytest

from tests.tools.flashing.secret_scan import leaks

SECRET = bytes(range(190, 222))
TOKEN = b"pete_" + SECRET.hex().encode()[:43]
WRITTEN = {
    "raw": b"key=" + SECRET,
    "hexadecimal": SECRET.hex().encode(),
    "capitals": SECRET.hex().upper().encode(),
    "apart": SECRET.hex(" ").encode(),
    "PostgreSQL's bytea": b"\\\\x" + SECRET.hex().encode(),
    "Python's": repr({"key": SECRET}).encode(),
    **{f"base64 {before}": b64encode(b"a" * before + SECRET + b"zz") for before in range(4)},
    **{f"for addresses {before}": urlsafe_b64encode(b"a" * before + SECRET) for before in range(4)},
    "cut short by a traceback": repr(SECRET)[:48].encode() + b"\xe2\x80\xa6",
    "base64 of JSON": b64encode(json.dumps({"name": "PET-1", "token": TOKEN.decode()}).encode()),
}


@pytest.mark.parametrize("form", WRITTEN)
def test_each_form_is_found(form):
    secret = TOKEN if "JSON" in form else SECRET
    assert leaks({"here": WRITTEN[form], "there": b"nothing"}, {"key": secret}) == {("here", "key")}
    assert leaks({"here": WRITTEN[form]}, {"other": bytes(reversed(secret)), "another": b"another" * 5}) == set()
