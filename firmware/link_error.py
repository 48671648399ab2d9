"""The one error of the link: what kind of failure it was, to act upon, and words for people.

The words are found in firmware/failures.py, which comes into memory only when something has failed.
"""

# Kinds: what a caller may act upon. The words beside them are for people.
INTERRUPTED = "interrupted"  # a patient pressed a button: nothing is wrong
TIMED_OUT = "timed out"
REFUSED = "refused"  # nobody listens there, or it hung up before it said anything
LOST = "lost"
NAME = "name"  # the broker's name has no address
CERTIFICATE = "certificate"
CERTIFICATE_DATES = "certificate dates"  # only its dates are wrong: perhaps it is this device's clock
TLS = "tls"
LOGIN = "login"
PROTOCOL = "protocol"
MEMORY = "memory"
CLOSED = "closed"  # no open link; our own mistake

NO_CA = "no CA certificate here: provision again"
BAD_CA = "CA certificate unreadable: provision again"
CLOCK_UNSET = "clock not set, and server certificate not valid at its date"


class LinkError(OSError):
    """The network did not do what was asked. `kind` is one of the above, `words` a sentence for people. `buttons`:
    those that interrupted it.

    An OSError, because umqtt hands those on; its number is an errno where there is one, else 0.
    """

    def __init__(self, kind: str, words: str, code: int = 0, buttons: int = 0) -> None:
        super().__init__(code, words)
        self.buttons = buttons
        self.kind = kind
        self.words = words

    def __str__(self) -> str:
        return self.words


def code_of(error: Exception) -> int:
    """The error's number without its sign: the ESP32 port gives errno numbers negative through TLS. 0 = none."""
    code = error.args[0] if error.args else 0
    return abs(code) if isinstance(code, int) else 0
