"""Only this machine's own names are answered, and a page can load nothing from anywhere else."""

import json
import re
from hashlib import sha256
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from server.web.gate import HEADERS
from server.web.templates import STATIC

FOREIGN = re.compile(r"""(?:src|href|action|url\()\s*=?\s*["']?\s*(?:https?:)?//""", re.IGNORECASE)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.1:8000", "[::1]", "[::1]:8000", "LOCALHOST:1"])
def test_names_of_this_machine_are_answered(site, host):
    assert site.get("/healthz", host=host).status_code == 200


@pytest.mark.parametrize(
    "host", ["pet.example", "127.0.0.1.example", "localhost.example:8000", "", "[::2]", "10.0.0.1"]
)
def test_every_other_name_is_refused(site, host):
    answer = site.get("/healthz", host=host)
    assert answer.status_code == 421
    assert "localhost" in answer.text


@pytest.mark.usefixtures("figures")
@pytest.mark.parametrize("path", ["/", "/try", "/nothing", "/api/v1/meta", "/static/pet.css", "/healthz"])
def test_every_answer_carries_the_headers(site, path):
    answer = site.page(path)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "unsafe-inline" not in answer.headers["content-security-policy"]
    assert "server" not in answer.headers


@pytest.mark.usefixtures("figures")
@pytest.mark.parametrize("path", ["/", "/try", "/?period=never"])
def test_a_page_names_nothing_foreign_and_has_nothing_inline(site, path):
    text = site.page(path).text
    assert not FOREIGN.findall(text)
    assert " style=" not in text
    assert not re.search(r"<script(?![^>]* src=)", text)
    assert not re.search(r"<style|\son[a-z]+=", text)


def test_style_sheets_and_scripts_name_nothing_foreign():
    files = [path for path in STATIC.rglob("*") if path.suffix in (".css", ".js", ".svg")]
    assert len(files) >= 4
    for path in files:
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "//" not in re.sub(r"//[^\n]*|\$\{scheme\}://\$\{location\.host\}", "", text), path


@pytest.mark.usefixtures("figures")
def test_pages_travel_compressed(site):
    answer = site.page("/")
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(answer.content) / 3


def test_vendored_files_are_the_ones_that_were_checked(site):
    vendored = STATIC / "vendor"
    manifest = json.loads((vendored / "manifest.json").read_text())
    files = {path.relative_to(vendored).as_posix(): path for path in vendored.rglob("*") if path.is_file()}
    del files["manifest.json"]
    assert manifest == {name: sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    for name in {Path(each).parts[0] for each in manifest}:
        assert f"{name}/LICENSE" in manifest
    style = next(path.read_text() for name, path in files.items() if name.endswith(".css"))
    assert "@font-face" not in style
    for name in re.findall(r"url\(([^)]+)\)", style):
        assert site.get(f"/static/vendor/nhsuk-frontend-10.6.1/{name}").status_code == 200


@pytest.mark.parametrize(
    "origin", [None, "http://pet.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1"]
)
def test_a_foreign_page_cannot_press_buttons(site, origin):
    origin = origin and origin.format(port=site.port)
    with pytest.raises(InvalidStatus) as refusal:
        connect(f"ws://127.0.0.1:{site.port}/try/device", origin=origin)
    assert refusal.value.response.status_code == 403
