"""For MicroPython: mount the vfs image DIRECTORY/vfs.img as DIRECTORY/vfs, as _boot.py does on a chip, and use it.

micropython mounted.py list DIRECTORY       prints each file and the SHA-256 of its content
micropython mounted.py run DIRECTORY ...    starts /main.py, as a chip does
"""

import binascii
import hashlib
import os
import sys

import vfs


class Image:
    """A block device over a file."""

    def __init__(self, path):
        self._file = open(path, "r+b")
        self._blocks = os.stat(path)[6] // 4096

    def readblocks(self, block, buffer, offset=0):
        self._file.seek(block * 4096 + offset)
        self._file.readinto(buffer)

    def writeblocks(self, block, buffer, offset=0):
        self._file.seek(block * 4096 + offset)
        self._file.write(buffer)

    def ioctl(self, operation, _):
        return {4: self._blocks, 5: 4096}.get(operation, 0)


def show(path):
    for name, kind, *_ in sorted(os.ilistdir(path)):
        inner = path + "/" + name
        if kind == 0x4000:
            show(inner)
        else:
            with open(inner, "rb") as file:
                print(binascii.hexlify(hashlib.sha256(file.read()).digest()).decode(), inner)


directory = sys.argv[2]
place = directory + "/vfs"
vfs.mount(vfs.VfsLfs2(Image(directory + "/vfs.img"), readsize=32, progsize=32, lookahead=32), place)
if sys.argv[1] == "list":
    show(place)
else:
    del sys.argv[1]
    sys.path[0] = place
    with open(place + "/main.py") as main:
        exec(main.read())
