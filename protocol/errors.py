"""The one error of this package: bytes from the peer that break the protocol."""


class ProtocolError(ValueError):
    """The peer's bytes are not what the protocol says.

    `reason` is a short stable word for counters and logs (`crc`, `hmac`, `length`, ...); docs/protocol.md
    lists them. The text says what was found, where, and what was expected.
    """

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text

    def __str__(self) -> str:
        return self.text
