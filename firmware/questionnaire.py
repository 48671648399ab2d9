"""The questionnaire on the device: proven once, then read a picture at a time into one small buffer."""

from binascii import crc32
from struct import pack, unpack, unpack_from

from firmware.memory import forget_since, loaded
from firmware.pictures import (
    CRC_BYTES,
    ENTRY,
    ENTRY_BYTES,
    HEAD,
    HEAD_BYTES,
    OF_AUDIT,
    OF_TEXTS,
    PICTURE_BYTES_MAX,
    TABLE_MAGIC,
    TABLE_SUFFIX,
)
from protocol.errors import ProtocolError
from protocol.screen import SCREEN_TEXTS


class Questionnaire:
    """A package file and the table beside it. Raises ProtocolError `package`, in words for staff, when it is unusable.

    Questions are counted from 0, options from 1, pictures as `question` and `label` number them (before them stand
    the SCREEN_TEXTS), languages from 0 by `position`; `language` is the number of the one in use. In memory are one
    language's entries, the common ones, and one picture. The file stays open: `close` it before it is replaced.
    `proven`: it was when it was last opened, so its table is believed. `buffer`: of another one, to be shared with it.
    `texts`: whether this is a package of texts, which has common pictures only, `count` of them, and may be missing
    (OSError).
    """

    def __init__(self, path: str, proven: bool = False, buffer: "bytearray | None" = None, texts: bool = False) -> None:
        self.buffer = buffer or bytearray(PICTURE_BYTES_MAX)  # the picture that was loaded last
        try:
            self._package = open(path, "rb")  # noqa: SIM115 - it stays open
        except OSError:
            if texts:
                raise
            raise ProtocolError("package", "no questionnaire: publish one to this device") from None
        self._path = path[: path.rfind(".")] + TABLE_SUFFIX
        try:
            if not proven or not self._read_table():
                _prove(path, self._path)
                self._check(self._read_table())
            self._check((self._kind == OF_TEXTS) == texts)
            self.audit = self._kind == OF_AUDIT
            if not texts:
                self.use_language(0)
        except ProtocolError:
            self.close()
            raise

    def close(self) -> None:
        """Give the file back; no picture can be loaded after this."""
        self._package.close()

    def language_count(self) -> int:
        """How many languages the package has."""
        return int(self._languages)

    def use_language(self, position: int) -> None:
        """From now on number and load the pictures of this language."""
        length = ENTRY_BYTES * self.question(len(self.option_counts))
        start = HEAD_BYTES + CRC_BYTES + len(self._common) + CRC_BYTES + position * (length + CRC_BYTES)
        entries = self._part(start, length)
        self._check(len(entries) > 0)
        self._entries = entries
        self.position = position
        self.language = entries[7]

    def question(self, question: int) -> int:
        """The picture of a question's text; those of its options' labels follow it."""
        return len(SCREEN_TEXTS) + question + int(sum(self.option_counts[:question]))

    def label(self, question: int, option: int) -> int:
        """The picture of an option's word."""
        return self.question(question) + option

    def face(self, question: int, option: int) -> int:
        """1 very bad ... 5 very good; 0: this option has a word and no face."""
        return self._entries[ENTRY_BYTES * self.label(question, option) + 6]

    def height(self, picture: int) -> int:
        """Of a picture, in pixels."""
        return self._entries[ENTRY_BYTES * picture + 5]

    def load(self, picture: int, common: bool = False) -> "tuple[int, int]":
        """Read a picture into `buffer` (MONO_HLSB); returns its width and height.

        `common` ones are there whatever language is in use: its start and, after it, its name, for each language.
        """
        entries = self._common if common else self._entries
        offset, width, height, _, _ = unpack_from(ENTRY, entries, ENTRY_BYTES * picture)
        self._package.seek(self._pictures_at + offset)
        rows = memoryview(self.buffer)[: (width + 7) // 8 * height]
        if self._package.readinto(rows) != len(rows):
            raise ProtocolError("package", "the questionnaire's file has become shorter: publish it again")
        return width, height

    def _read_table(self) -> bool:
        """Whether there is a good table of this very package."""
        head = self._part(0, HEAD_BYTES)
        self._package.seek(-CRC_BYTES, 2)
        if not head or head[:4] != TABLE_MAGIC or head[4:8] != self._package.read(CRC_BYTES):
            return False
        (_, _, self._pictures_at, self.reference, self._kind, self._languages, self.count, questions, counts, title) = (
            unpack(HEAD, head)
        )
        self._common = self._part(HEAD_BYTES + CRC_BYTES, ENTRY_BYTES * self.count)
        self.option_counts = list(counts[:questions])
        self.title = title.rstrip(b"\0").decode()
        return len(self._common) > 0

    def _part(self, start: int, length: int) -> bytearray:
        """So many bytes of the table; none when they are not what was written."""
        part = bytearray(length)
        try:
            with open(self._path, "rb") as table:
                table.seek(start)
                if table.readinto(part) == length and table.read(CRC_BYTES) == pack("<I", crc32(part)):
                    return part
        except OSError:
            pass
        return bytearray()

    def _check(self, good: bool) -> None:
        if not good:
            raise ProtocolError("package", "no usable questionnaire: publish it again, or flash the device")


def _prove(path: str, table: str) -> None:
    """What proves a package is large, and in memory only for so long."""
    before = loaded()
    try:
        from firmware.package_file import prove

        prove(path, table)
        del prove
    finally:
        forget_since(before)
