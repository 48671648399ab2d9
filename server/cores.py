"""No core file of the server's processes: their memory holds devices' keys, and a core file lies where nobody looks.

tools/flashing/cores.py is the same for the bench's processes; tools and server import nothing of each other.
"""

import ctypes
import sys

PR_SET_DUMPABLE = 4


def leave_none() -> None:
    """Of this process, also where the system hands cores to a program, which heeds no limit; of its children by limit.

    Nobody but root may look into its memory from then on, no debugger of the same account either.
    """
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not everywhere

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
