"""Why the journal cannot do what was asked. Each message says what is wrong, and what to do where something can be."""


class JournalError(OSError):
    """Any of these."""


class Unformatted(JournalError):  # noqa: N818
    """The area holds something, but no journal that can be continued. The device never formats it."""


class Full(JournalError):  # noqa: N818  # the word that device, protocol and staff screen use
    """No free slot: un-acked records fill the ring. Nothing was written; an ack frees space."""


class Foreign(JournalError):  # noqa: N818
    """The journal belongs to another device: it can be read, not written."""


class Damaged(JournalError):  # noqa: N818
    """The flash does not keep what is written. The record is not kept."""
