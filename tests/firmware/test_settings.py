"""Settings from file: what is read, what is taken where nothing is said, and the words for each thing that is wrong."""

import os
from binascii import hexlify
from json import dumps

from firmware.settings import CA_BYTES_MAX, Settings, SettingsError, read_settings

BROKER = {"host": "broker.example", "port": 8883}
DIRECTORY = "/tmp/pet-settings-" + hexlify(os.urandom(8)).decode()


def read(text, ca=None):
    """What `read_settings` makes of a file with this text; None stands for no file."""
    written = []
    os.mkdir(DIRECTORY)
    try:
        for name, data in (("/settings.json", text), ("/ca.der", ca)):
            if data is not None:
                with open(DIRECTORY + name, "wb") as file:
                    file.write(data if isinstance(data, bytes) else data.encode())
                written.append(DIRECTORY + name)
        return read_settings(DIRECTORY)
    finally:
        for path in written:
            os.remove(path)
        os.rmdir(DIRECTORY)


def refusal(text):
    """The words in which these settings are refused."""
    try:
        read(text)
    except SettingsError as error:
        return str(error)
    raise AssertionError("these settings were taken: %s" % text)


def refusal_of(**fields):
    given = {"broker": BROKER}
    given.update(fields)
    return refusal(dumps(given))


def test_everything_that_is_said_is_read():
    wifi = [{"ssid": "ward", "password": "secret"}, {"ssid": "open"}]
    fields = {
        "broker": {"host": "broker.example", "port": 8883, "address": "192.0.2.7"},
        "wifi": wifi,
        "sync_every_s": 600,
        "sync_backlog": 5,
    }
    expected = Settings("broker.example", 8883, "192.0.2.7", wifi, 600, 5, b"\x30\x82")
    assert read(dumps(fields), b"\x30\x82") == expected


def test_what_is_not_said_has_a_sensible_value():
    assert read(dumps({"broker": BROKER})) == Settings("broker.example", 8883, None, [], 3600, 20, None)


def test_an_unknown_field_does_no_harm():
    assert read(dumps({"broker": BROKER, "from a later version": {"a": [1]}})).port == 8883


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


def test_a_pause_or_a_backlog_that_would_keep_the_radio_on_is_refused():
    for every_s in (0, -3600, 9, "3600", None, 3600.5):
        assert "sync_every_s" in refusal_of(sync_every_s=every_s), every_s
    for backlog in (0, -1, "20", None):
        assert "sync_backlog" in refusal_of(sync_backlog=backlog), backlog


def test_no_refusal_holds_a_secret():
    assert "secret" not in refusal_of(wifi=[{"ssid": "ward", "password": "secret"}, 7])


def test_no_more_is_read_of_a_ca_file_than_memory_allows():
    assert len(read(dumps({"broker": BROKER}), b"\x30" * 100000).ca_der) == CA_BYTES_MAX
