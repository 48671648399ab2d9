"""Installs an archive of the application into the slot that does not run: checked first, then written, then pointed at.

The two halves of it are in memory one after the other. The last step but one is a rename, which names the new slot for
the next start. A loss of power before it leaves the device as it was, with an archive that is installed again from its
beginning; after it, with the new application.
"""

import os

from firmware.memory import forget_since, loaded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from io import BufferedReader

    from firmware.board.interface import Board

APPLICATION_NEW = "/application.new"  # a fetched archive that waits to be installed
NO_SPACE = 28  # ENOSPC, on every port


class UpdateError(Exception):
    """Why nothing was installed, in words for the staff screen."""


def install(board: "Board", path: str) -> int:
    """Install the archive at `path`, and delete it: the version that the next start runs, 0 when it runs already.

    Raises UpdateError. The slot that runs is untouched, whatever happens.
    """
    try:
        with open(path, "rb") as archive:
            return _install(board, archive)
    except MemoryError:
        raise UpdateError("update failed: not enough memory") from None
    except OSError as failure:
        words = "no room for it" if failure.args[0] == NO_SPACE else "file error %s" % failure
        raise UpdateError("update failed: %s" % words) from None
    except (ValueError, IndexError):  # signed, and yet not as it should be: made for other devices
        raise UpdateError("update refused: this device does not understand it") from None
    finally:
        try:
            os.remove(path)
        except OSError:  # it is not there
            pass


def _install(board: "Board", archive: "BufferedReader") -> int:
    before = loaded()
    from firmware.provenance import read_signed

    manifest = read_signed(board, archive)
    del read_signed
    forget_since(before)
    from firmware.installing import install_signed

    return install_signed(board, archive, manifest)
