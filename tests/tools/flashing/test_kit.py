"""The kit: what an operator names is checked here, by the rules that the device itself has."""

import json
from base64 import b64decode

import pytest

from firmware.settings import read_access, read_settings
from protocol.archive import RELEASE_NAME
from tests.tools.flashing.rehearsal import WIFI_PASSWORD
from tools.flashing.errors import InputError
from tools.flashing.kit import SETTINGS_NAME, read_kit


def changed(kit_file, old, new, name="other.toml"):
    text = kit_file.read_text()
    assert old in text
    path = kit_file.with_name(name)
    path.write_text(text.replace(old, new))
    return path


def test_a_device_takes_the_settings(kit, kit_file, tmp_path):
    (tmp_path / "settings.json").write_bytes(kit.files[SETTINGS_NAME])
    access = read_access(str(tmp_path / "settings.json"))
    assert (access.host, access.port, access.address) == ("broker.example", 8883, "127.0.0.1")
    assert access.wifi == [{"ssid": "Ward", "password": WIFI_PASSWORD}]
    assert access.authorities == [(kit_file.parent / "authority.der").read_bytes()]
    assert read_settings(str(tmp_path)).sync_every_s == 3600


def test_files_are_those_of_the_signed_release(kit):
    assert {"main.py", "starter.mpy", "choosing.mpy", "slot", "release.pub"} < kit.files.keys()
    assert kit.files[f"a/{RELEASE_NAME}"].startswith(b"12 ")
    assert SETTINGS_NAME not in kit.open_files
    assert WIFI_PASSWORD not in repr(kit.open_files)


def test_the_sources_can_be_built_instead(kit, kit_file):
    built = read_kit(changed(kit_file, 'release = "pet-12.pet"', "version = 12"))
    assert built.files == kit.files


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[broker]", "[broker", "cannot be read"),
        ('host = "broker.example"', "", "lacks 'host'"),
        ('host = "broker.example"', 'host = "b"\nport = 0', "port is a number"),
        ('wifi = "wifi.toml"', 'wifi = "gone.toml"', "gone.toml"),
        ('wifi = "wifi.toml"', 'wifi = "kit.toml"', "1 to 8 networks"),
        ('ca = ["authority.pem"]', "ca = []", "0 CAs"),
        ('ca = ["authority.pem"]', 'ca = ["wifi.toml"]', "is not a certificate"),
        ('keys = "release-key.pub"', 'keys = "wifi.toml"', "hexadecimal digits"),
        ('release = "pet-12.pet"', 'release = "wifi.toml"', "archive"),
        ("[network]", "[settings]\nsync_every = 3\n[network]", "has no sync_every"),
        ("[network]", '[settings]\nsync_every_s = "3"\n[network]', "is not a number"),
        ("[application]", '[application]\nquestionnaire = "wifi.toml"', "kit"),
    ],
)
def test_what_is_wrong_is_named(kit_file, old, new, words):
    with pytest.raises(InputError, match=words):
        read_kit(changed(kit_file, old, new))


@pytest.mark.parametrize(
    "text",
    [
        '[[network]]\nssid = "Ward"\npassword = "hushhush\n',
        '[[network]]\nssid = "Ward"\npassword = "hush"\n',
        '[[network]]\npassword = "hushhush"\n',
        'network = "hushhush"\n',
    ],
)
def test_no_message_about_wifi_shows_a_password(kit_file, text):
    (kit_file.parent / "wrong.toml").write_text(text)
    with pytest.raises(InputError) as refused:
        read_kit(changed(kit_file, "wifi.toml", "wrong.toml"))
    assert "hush" not in str(refused.value)


def test_settings_are_the_same_bytes_each_time(kit, kit_file):
    assert read_kit(kit_file).files == kit.files
    fields = json.loads(kit.files[SETTINGS_NAME])
    assert b64decode(fields["ca"][0])[:1] == b"\x30"
