"""The questionnaire on the device: proven once, then read a picture at a time into one small buffer."""

from struct import unpack_from

from protocol.errors import ProtocolError
from protocol.screen import HEIGHT, SCREEN_TEXTS, WIDTH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from io import BufferedReader

    from firmware.package_file import PackageFile

PICTURE_BYTES_MAX = WIDTH // 8 * HEIGHT  # the whole screen
ENTRY = "<IBBBx"  # offset, width, height, face: a picture in 8 bytes, where a list of numbers would take 80
ENTRY_BYTES = 8


class Questionnaire:
    """A package file. Raises ProtocolError `package`, in words for the staff screen, when it is unusable.

    Questions are counted from 0, options from 1, pictures as `text`, `question` and `label` number them.
    In memory are one language's table and one picture. The file stays open: `close` it before it is replaced.
    """

    def __init__(self, path: str) -> None:
        from firmware.package_file import PackageFile  # only needed here: see firmware/memory.py

        try:
            self._file: BufferedReader = open(path, "rb")  # noqa: SIM115 - it stays open
        except OSError:
            raise ProtocolError("package", "no questionnaire: publish one to this device") from None
        self.buffer = bytearray(PICTURE_BYTES_MAX)  # the picture that was loaded last
        try:
            package = PackageFile(self._file)
            for before in range(package.language_count()):  # every language is proven, and the first one stays
                self._use(package, package.language_count() - 1 - before)
        except ProtocolError:
            self._file.close()
            raise
        self.reference = package.reference
        self.option_counts = package.option_counts
        self._languages = package.language_count()

    def close(self) -> None:
        """Give the file back; no picture can be loaded after this."""
        self._file.close()

    def language_count(self) -> int:
        """How many languages the package has."""
        return self._languages

    def use_language(self, position: int) -> None:
        """From now on number and load the pictures of this language; they are counted from 0."""
        from firmware.package_file import PackageFile

        self._file.seek(0)
        self._use(PackageFile(self._file), position)

    def _use(self, package: "PackageFile", position: int) -> None:
        self.language, self._table = package.table(position)
        self._pictures_at = package.pictures_at

    def text(self, name: str) -> int:
        """The picture around the questions: one of SCREEN_TEXTS."""
        return SCREEN_TEXTS.index(name)

    def question(self, question: int) -> int:
        """The picture of a question's text; those of its options' labels follow it."""
        return len(SCREEN_TEXTS) + question + sum(self.option_counts[:question])

    def label(self, question: int, option: int) -> int:
        """The picture of an option's word."""
        return self.question(question) + option

    def face(self, question: int, option: int) -> int:
        """1 very bad ... 5 very good; 0: this option has a word and no face."""
        return int(self._table[ENTRY_BYTES * self.label(question, option) + 6])

    def size(self, picture: int) -> "tuple[int, int]":
        """Width and height of a picture, in pixels."""
        at = ENTRY_BYTES * picture
        return self._table[at + 4], self._table[at + 5]

    def load(self, picture: int) -> "tuple[int, int]":
        """Read a picture into `buffer` (MONO_HLSB); returns its width and height."""
        offset, width, height, _ = unpack_from(ENTRY, self._table, ENTRY_BYTES * picture)
        self._file.seek(self._pictures_at + offset)
        rows = memoryview(self.buffer)[: row_bytes(width) * height]
        if self._file.readinto(rows) != len(rows):
            raise ProtocolError("package", "the questionnaire's file has become shorter: publish it again")
        return width, height


def row_bytes(width: int) -> int:
    """Bytes of one row of a picture."""
    return (width + 7) // 8
