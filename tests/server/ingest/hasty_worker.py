"""A worker that is wrong on purpose: it acks before it commits. The test of power cuts must catch it."""

from server import main
from server.ingest import commands, transaction
from server.ingest.check import check_messages
from server.ingest.receive import Receiver

receivers = []


class KnownReceiver(Receiver):
    def __init__(self, settings):
        super().__init__(settings)
        receivers.append(self)


def hasty_attempt(engine, key_ring, messages, now, *, apart):
    with engine.begin() as connection:
        authentic, _ = check_messages(connection, key_ring, messages)
        replies, _ = transaction._store(connection, authentic, now, apart)
        for reply in replies:
            receivers[0].publish(reply)
    return []


if __name__ == "__main__":
    transaction._attempt = hasty_attempt
    commands.Receiver = KnownReceiver
    main.main()
