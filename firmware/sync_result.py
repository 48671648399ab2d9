"""What came of a sync. It outlives the modules that made it."""

from collections import namedtuple

# delivered: records acked; waiting: those that are not; error: None, or words for the staff screen; interrupted: a
# press ended it, which is no failure; restart: memory is too short, and only a fresh start gives it back; buttons:
# those whose press ended it, for the finger may be up again before the network is down
SyncResult = namedtuple("SyncResult", ("delivered", "waiting", "error", "interrupted", "restart", "buttons"))
