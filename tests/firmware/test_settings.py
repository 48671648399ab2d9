"""Settings from file: what is read, what is taken where nothing is said, and the words for each thing that is wrong."""

import os
from binascii import b2a_base64, hexlify
from json import dumps

from firmware.settings import Access, Settings, SettingsError, read_access, read_names, read_settings

BROKER = {"host": "broker.example", "port": 8883}
DIRECTORY = "/tmp/pet-settings-" + hexlify(os.urandom(8)).decode()
AUTHORITY = b"\x30\x82\x01\xbb" + bytes(range(200))


def base64(data):
    return b2a_base64(data).decode().strip()


def read_all(directory):
    return read_settings(directory), read_access(directory + "/settings.json"), read_names(directory)


def read(text, reader=read_all):
    """What the reader makes of a file with this text; None stands for no file."""
    os.mkdir(DIRECTORY)
    try:
        if text is not None:
            with open(DIRECTORY + "/settings.json", "wb") as file:
                file.write(text if isinstance(text, bytes) else text.encode())
        return reader(DIRECTORY)
    finally:
        for name in os.listdir(DIRECTORY):
            os.remove(DIRECTORY + "/" + name)
        os.rmdir(DIRECTORY)


def refusal(text):
    """The words in which these settings are refused, by whoever reads them."""
    words = set()
    for reader in (read_settings, read_names, lambda directory: read_access(directory + "/settings.json")):
        try:
            read(text, reader)
        except SettingsError as error:
            words.add(str(error))
        else:
            raise AssertionError("these settings were taken: %s" % text)
    assert len(words) == 1
    return words.pop()


def refusal_of(**fields):
    given = {"broker": BROKER}
    given.update(fields)
    return refusal(dumps(given))


def test_everything_that_is_said_is_read():
    wifi = [{"ssid": "ward", "password": "secret"}, {"ssid": "open"}]
    fields = {
        "broker": {"host": "broker.example", "port": 8883, "address": "192.0.2.7"},
        "wifi": wifi,
        "ca": [base64(AUTHORITY), base64(AUTHORITY[:77])],
        "sync_every_s": 600,
        "sync_backlog": 5,
        "sleep_after_s": 0,
        "teams": ["North", "South"],
        "stages": ["First visit"],
    }
    settings, access, names = read(dumps(fields))
    assert settings == Settings(600, 5, 0)
    assert access == Access("broker.example", 8883, "192.0.2.7", wifi, [AUTHORITY, AUTHORITY[:77]])
    assert names == (["North", "South"], ["First visit"])


def test_what_is_not_said_has_a_sensible_value():
    settings, access, names = read(dumps({"broker": BROKER}))
    assert settings == Settings(3600, 20, 60)
    assert access == Access("broker.example", 8883, None, [], [])
    assert names == ([], [])


def test_an_unknown_field_does_no_harm():
    assert read(dumps({"broker": BROKER, "from a later version": {"a": [1]}}))[1].port == 8883


def test_no_file_says_to_provision():
    assert refusal(None) == "no settings: provision this device"


def test_a_damaged_file_says_so():
    whole = dumps({"broker": BROKER})
    for text in ("", "{", whole[:-1], whole[: len(whole) // 2], "\x00" * 40, b"\xff" * 4096, "[" * 20000):
        assert refusal(text) == "settings damaged: provision again"


def test_settings_of_another_shape_lack_the_broker():
    for text in ("[]", "7", "null", '"broker"', "{}", '{"broker": null}', '{"broker": {}}', '{"broker": "h"}'):
        assert refusal(text) == "settings lack the broker: provision again", text
    assert refusal(dumps({"broker": {"host": "broker.example"}})) == "settings lack the broker: provision again"
    assert refusal(dumps({"broker": {"port": 8883}})) == "settings lack the broker: provision again"


def test_a_value_of_the_wrong_kind_is_named():
    for host in ("", 7, None):
        assert "broker host" in refusal_of(broker={"host": host, "port": 8883})
    for port in (0, 65536, -1, "8883", None):
        assert "broker port" in refusal_of(broker={"host": "broker.example", "port": port})
    assert "broker address" in refusal_of(broker={"host": "broker.example", "port": 8883, "address": 7})
    for wifi in ({}, None, [7], ["ward"], [{}], [{"password": "x"}], [{"ssid": 7}], [{"ssid": "w", "password": None}]):
        assert "wifi" in refusal_of(wifi=wifi), wifi
    assert "wifi" in refusal_of(wifi=[{"ssid": "w"}] * 9)


def test_a_pause_or_a_backlog_that_would_keep_the_radio_on_is_refused():
    for every_s in (0, -3600, 9, "3600", None, 3600.5):
        assert "sync_every_s" in refusal_of(sync_every_s=every_s), every_s
    for backlog in (0, -1, "20", None):
        assert "sync_backlog" in refusal_of(sync_backlog=backlog), backlog
    for sleep_s in (-1, "60", None):
        assert "sleep_after_s" in refusal_of(sleep_after_s=sleep_s), sleep_s


def test_what_is_no_certificate_is_refused_before_anything_depends_on_it():
    good = base64(AUTHORITY)
    for authorities in (
        good,
        None,
        {},
        [7],
        [None],
        [""],
        ["%%%"],
        [base64(b"-----BEGIN CERTIFICATE-----")],
        [good] * 3,
    ):
        assert "ca" in refusal_of(ca=authorities), authorities


def test_names_that_do_not_fit_the_staff_screen_are_refused():
    for names in ("North", None, [7], [""], ["N" * 19], ["Nørrebro"], ["a\nb"], ["North"] * 32):
        assert "teams" in refusal_of(teams=names), names
    for names in ({}, ["visit"] * 8):
        assert "stages" in refusal_of(stages=names), names


def test_no_refusal_holds_a_secret():
    assert "secret" not in refusal_of(wifi=[{"ssid": "ward", "password": "secret"}, 7])
