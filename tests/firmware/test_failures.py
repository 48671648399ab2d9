"""What errors mean, in words and kinds: the same on both interpreters."""

import errno

from firmware.failures import of_broker, of_certificate, of_nonsense, of_socket
from firmware.link_error import (
    CERTIFICATE,
    CERTIFICATE_DATES,
    LOGIN,
    LOST,
    MEMORY,
    PROTOCOL,
    REFUSED,
    TIMED_OUT,
    TLS,
    LinkError,
    code_of,
)

# As mbedTLS 3.6 gives them through MicroPython, line breaks included.
EXPIRED = "\nThe certificate validity has expired\n"
FUTURE = "\nThe certificate validity starts in the future\n"
WRONG_CA = "\nThe certificate is not correctly signed by the trusted CA\n"
WRONG_NAME = "\nThe certificate Common Name (CN) does not match with the expected CN\n"


def test_each_reason_against_a_certificate_has_its_own_words():
    words = set()
    for reason, kind in (
        (EXPIRED, CERTIFICATE_DATES),
        (FUTURE, CERTIFICATE_DATES),
        (WRONG_CA, CERTIFICATE),
        (WRONG_NAME, CERTIFICATE),
        ("\nThe certificate has been revoked (is on a CRL)\n", CERTIFICATE),
        ("", CERTIFICATE),
    ):
        error = of_socket(ValueError(reason), "opening the connection", False)
        assert error.kind == kind, reason
        words.add(error.words)
    assert len(words) == 6


def test_only_wrong_dates_suggest_a_wrong_clock():
    both = of_certificate(EXPIRED + WRONG_CA)
    assert both.kind == CERTIFICATE
    assert "expired" in both.words
    assert "not signed" in both.words


def test_an_error_number_counts_without_its_sign():
    assert code_of(OSError(-errno.ETIMEDOUT)) == errno.ETIMEDOUT
    assert code_of(OSError("[addrinfo error -2]")) == 0
    assert code_of(ValueError()) == 0


def test_what_nobody_answered_is_refused_and_what_broke_off_is_lost():
    for number in (errno.ECONNREFUSED, errno.ECONNRESET, errno.EHOSTUNREACH):
        assert of_socket(OSError(-number), "connecting", False).kind == REFUSED
        assert of_socket(OSError(-number), "sending", True).kind == LOST
    assert of_socket(OSError(errno.ETIMEDOUT), "sending", False).kind == TIMED_OUT


def test_tls_and_memory_are_told_apart():
    fatal = of_socket(OSError(-0x7780, "MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE"), "opening the connection", False)
    assert fatal.kind == TLS
    assert "FATAL_ALERT" in fatal.words
    assert "0x7280" in of_socket(OSError(-0x7280), "sending", True).words
    for error in (MemoryError(), OSError(-errno.ENOMEM), OSError(-0x7F00)):
        assert of_socket(error, "sending", True).kind == MEMORY


def test_refusals_of_a_broker_say_who_must_act():
    assert of_broker(4, "connecting").kind == LOGIN
    assert of_broker(5, "connecting").kind == LOGIN
    assert of_broker(0x80, "subscribing").kind == LOGIN
    assert of_broker(3, "connecting").kind == REFUSED
    assert "77" in of_broker(77, "connecting").words


def test_nonsense_names_what_was_under_way():
    error = of_nonsense(IndexError("index out of range"), "publishing")
    assert error.kind == PROTOCOL
    assert "publishing" in error.words


def test_a_link_error_reads_as_its_words_and_is_an_os_error():
    error = LinkError(LOST, "the connection was lost", errno.ECONNRESET)
    assert str(error) == "the connection was lost"
    assert isinstance(error, OSError)
    assert error.args[0] == errno.ECONNRESET
