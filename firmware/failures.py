"""Why the network failed, in plain words: what socket, TLS and broker errors mean."""

import errno

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

REFUSING = (errno.ECONNREFUSED, errno.ECONNRESET, errno.EHOSTUNREACH)
# mbedTLS found no memory: ssl, x509, pk. On the ESP32 its buffers come from the system's heap, not from Python's.
ALLOCATING = (errno.ENOMEM, 0x7F00, 0x2880, 0x3F80)
TLS_CODES_FROM = 256  # mbedTLS codes are hundreds and thousands, errno numbers on both ports stay below 150

# mbedTLS says why in one line a reason (x509.h, MBEDTLS_X509_CRT_ERROR_INFO_LIST). Ours stand on the staff screen.
CERTIFICATE_WORDS = (
    ("trusted CA", "not signed by our CA"),
    ("expected CN", "made out for another name"),
    ("validity has expired", "expired, or our clock is ahead"),
    ("starts in the future", "not valid yet, or our clock is behind"),
)
DATE_WORDS = "validity"

# MQTT 3.1.1, table 3.1. Mosquitto answers a wrong password with 5.
CONNACK_WORDS = {
    1: (PROTOCOL, "does not speak MQTT 3.1.1"),
    2: (LOGIN, "does not accept this client id"),
    3: (REFUSED, "is not available"),
    4: (LOGIN, "refused user name or password"),
    5: (LOGIN, "refused user name or password: not authorised"),
}


def of_socket(error: Exception, doing: str, answered: bool) -> LinkError:
    """What a socket or TLS error means. `doing` ends "while ..."; `answered`: the peer has already said something."""
    code = code_of(error)
    if isinstance(error, MemoryError) or code in ALLOCATING:
        return LinkError(MEMORY, "not enough memory left while %s" % doing, errno.ENOMEM)
    if isinstance(error, ValueError):
        return of_certificate(str(error))
    if code >= TLS_CODES_FROM:
        return LinkError(TLS, "TLS failed while %s: %s" % (doing, _details(error)), code)
    if code == errno.ETIMEDOUT:
        return LinkError(TIMED_OUT, "no answer in time while %s" % doing, code)
    if not answered and code in REFUSING:
        return refused(doing, code)
    return LinkError(LOST, "the connection was lost while %s (error %d)" % (doing, code), code)


def refused(doing: str, code: int) -> LinkError:
    """Nobody there. On the ESP32 a refused connection looks like one that is reset before it said anything."""
    words = "no broker found while %s: refused, out of reach, or it hung up at once (error %d)"
    return LinkError(REFUSED, words % (doing, code), code)


def of_certificate(reasons: str) -> LinkError:
    """What mbedTLS says against the server's certificate, one reason a line."""
    words = []
    kind = CERTIFICATE_DATES
    for reason in reasons.strip().split("\n"):
        if DATE_WORDS not in reason:
            kind = CERTIFICATE
        words.append(_certificate_words(reason))
    return LinkError(kind, "server certificate " + "; ".join(words))


def of_broker(code: int, doing: str) -> LinkError:
    """What the broker's refusal means: a CONNACK code (MQTT 3.1.1), or 0x80 for a subscription."""
    if code == 0x80:
        return LinkError(LOGIN, "the broker refused the subscription")
    kind, words = CONNACK_WORDS.get(code, (PROTOCOL, "refused with unknown code %d while %s" % (code, doing)))
    return LinkError(kind, "the broker %s" % words)


def of_nonsense(error: Exception, doing: str) -> LinkError:
    """What umqtt's failed assert or index means: the broker sent no MQTT 3.1.1, or no answer to what was asked."""
    return LinkError(PROTOCOL, "the broker's answer made no sense while %s (%s)" % (doing, type(error).__name__))


def _certificate_words(reason: str) -> str:
    for mark, words in CERTIFICATE_WORDS:
        if mark in reason:
            return words
    return reason or "refused, no reason given"


def _details(error: Exception) -> str:
    if len(error.args) > 1:
        return str(error.args[1])
    return "code -0x%x" % code_of(error)
