"""The questionnaire on the device: checked once, then read a picture at a time into one small buffer."""

import gc
from binascii import crc32
from struct import pack_into, unpack, unpack_from

from protocol.errors import ProtocolError
from protocol.package import HEAD_BYTES, SCREEN_TEXTS, parse_head, parse_index
from protocol.screen import BUTTON_COUNT, HEIGHT, WIDTH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from io import BufferedReader


PICTURE_BYTES_MAX = WIDTH // 8 * HEIGHT  # the whole screen
PIECE_BYTES = 128  # what is read of the file at a time while it is checked
ENTRY = "<IBBBx"  # offset, width, height, face: a picture in 8 bytes, where a list of numbers would take 80
ENTRY_BYTES = 8
LANGUAGES_DEPTH = 2  # the index is an object that holds a list of languages: {"languages": [{...}, {...}]}


class Questionnaire:
    """A package file. Raises ProtocolError `package`, in words for the staff screen, when it is unusable.

    Questions are counted from 0, options from 1, pictures as `text`, `question` and `label` number them.
    In memory are one language's table and one picture. The file stays open: `close` it before it is replaced.
    """

    def __init__(self, path: str) -> None:
        try:
            self._file: BufferedReader = open(path, "rb")  # noqa: SIM115 - it stays open
        except OSError:
            raise ProtocolError("package", "no questionnaire: publish one to this device") from None
        self.buffer = bytearray(PICTURE_BYTES_MAX)  # the picture that was loaded last
        self.option_counts: list[int] = []
        try:
            self._check()
            for before in range(len(self._spans)):  # every language is proven, and the first one stays
                self.use_language(len(self._spans) - 1 - before)
        except (KeyError, TypeError):
            self._file.close()
            raise ProtocolError(
                "package", "the questionnaire's index lacks what this version shows"
            ) from None
        except ProtocolError:
            self._file.close()
            raise

    def close(self) -> None:
        """Give the file back; no picture can be loaded after this."""
        self._file.close()

    def language_count(self) -> int:
        """How many languages the package has."""
        return len(self._spans)

    def use_language(self, position: int) -> None:
        """From now on number and load the pictures of this language; they are counted from 0."""
        language = self._language(position)
        self.language: int = language["number"]
        pictures = [language["texts"][name] + [0] for name in SCREEN_TEXTS]
        for question in language["questions"]:
            pictures.append(question["text"] + [0])
            pictures.extend([option["label"] + [option["face"]] for option in question["options"]])
        table = bytearray(ENTRY_BYTES * len(pictures))
        for picture, entry in enumerate(pictures):
            _enter(table, picture, entry, self._picture_bytes)
        self._table = table
        del language, pictures
        gc.collect()  # the index as objects takes ten times what its table takes

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
        rows = memoryview(self.buffer)[: _row_bytes(width) * height]
        if self._file.readinto(rows) != len(rows):
            raise ProtocolError("package", "the questionnaire's file has become shorter: publish it again")
        return width, height

    def _check(self) -> None:
        index_bytes, self._picture_bytes = parse_head(self._file.read(HEAD_BYTES))
        self._pictures_at = HEAD_BYTES + index_bytes
        if not _crc_is_good(self._file, self._pictures_at + self._picture_bytes):
            raise ProtocolError("package", "the questionnaire is damaged: publish it again")
        self._spans = _language_spans(self._file, index_bytes)
        if not self._spans:
            raise ProtocolError("package", "the questionnaire has no language")
        self._index_end = HEAD_BYTES + index_bytes
        fields = self._fields(0)
        self.reference: int = fields["reference"]
        self.option_counts = [len(question["options"]) for question in fields["languages"][0]["questions"]]
        if max(self.option_counts) > BUTTON_COUNT:
            raise ProtocolError("package", "the questionnaire has more options than this device has buttons")

    def _language(self, position: int) -> "dict":  # type: ignore[type-arg]
        language = self._fields(position)["languages"][0]
        if [len(question["options"]) for question in language["questions"]] != self.option_counts:
            raise ProtocolError("package", "the questionnaire's languages differ in their questions")
        return language  # type: ignore[no-any-return]

    def _fields(self, position: int) -> "dict":  # type: ignore[type-arg]
        """The index as if it had this one language only: ten of them together would not fit into memory."""
        gc.collect()
        start, end = self._spans[position]
        parts = ((HEAD_BYTES, self._spans[0][0]), (start, end), (self._spans[-1][1], self._index_end))
        index = b""
        for first, last in parts:
            self._file.seek(first)
            index += self._file.read(last - first)
        return parse_index(index)


def _enter(table: bytearray, picture: int, entry: "list[int]", picture_bytes: int) -> None:
    try:
        offset, width, height, face = entry
        good = 0 < width <= WIDTH and 0 < height <= HEIGHT and 0 <= face <= 5
        good = good and 0 <= offset <= picture_bytes - _row_bytes(width) * height
        pack_into(ENTRY, table, ENTRY_BYTES * picture, offset, width, height, face)
    except (ValueError, TypeError, OverflowError):
        good = False
    if not good:
        raise ProtocolError("package", "a picture lies outside the questionnaire or the screen")


def _row_bytes(width: int) -> int:
    return (width + 7) // 8


def _crc_is_good(file: "BufferedReader", length: int) -> bool:
    """Whether the CRC-32 after `length` bytes is that of the bytes before it, and is the end of the file."""
    piece = memoryview(bytearray(PIECE_BYTES))
    file.seek(0)
    crc = 0
    while length > 0:
        count = file.readinto(piece[: min(length, PIECE_BYTES)])
        if not count:
            return False
        crc = crc32(piece[:count], crc)
        length -= count
    tail = file.read(5)
    return len(tail) == 4 and bool(unpack("<I", tail)[0] == crc)


def _language_spans(file: "BufferedReader", index_bytes: int) -> "list[tuple[int, int]]":
    """Where in the file each language's object begins and ends, found by its brackets alone."""
    piece = bytearray(PIECE_BYTES)
    spans = []
    depth = start = 0
    in_text = escaped = False
    file.seek(HEAD_BYTES)
    for at in range(HEAD_BYTES, HEAD_BYTES + index_bytes):
        if (at - HEAD_BYTES) % PIECE_BYTES == 0:
            file.readinto(piece)
        sign = piece[(at - HEAD_BYTES) % PIECE_BYTES]
        if in_text:
            in_text = escaped or sign != 0x22  # "
            escaped = not escaped and sign == 0x5C  # backslash
        elif sign == 0x22:
            in_text = True
        elif sign in b"{[":
            if depth == LANGUAGES_DEPTH and sign == 0x7B:  # {
                start = at
            depth += 1
        elif sign in b"}]":
            depth -= 1
            if depth == LANGUAGES_DEPTH and sign == 0x7D:  # }
                spans.append((start, at + 1))
    return spans
