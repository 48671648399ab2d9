"""Proves a package file and finds its languages. In memory only while a file is opened or a language chosen."""

import gc
from binascii import crc32
from struct import pack_into, unpack

from firmware.questionnaire import ENTRY, ENTRY_BYTES, row_bytes
from protocol.errors import ProtocolError
from protocol.package import HEAD_BYTES, parse_head, parse_index
from protocol.screen import BUTTON_COUNT, HEIGHT, SCREEN_TEXTS, WIDTH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from io import BufferedReader

PIECE_BYTES = 128  # what is read of the file at a time while it is checked
LANGUAGES_DEPTH = 2  # the index is an object that holds a list of languages: {"languages": [{...}, {...}]}


class PackageFile:
    """An open package file, proven whole. Raises ProtocolError `package`, in words for the staff screen."""

    def __init__(self, file: "BufferedReader") -> None:
        self._file = file
        index_bytes, self._picture_bytes = parse_head(file.read(HEAD_BYTES))
        self.pictures_at = HEAD_BYTES + index_bytes
        if not _crc_is_good(file, self.pictures_at + self._picture_bytes):
            raise ProtocolError("package", "the questionnaire is damaged: publish it again")
        self._spans = _language_spans(file, index_bytes)
        if not self._spans:
            raise ProtocolError("package", "the questionnaire has no language")
        fields = self._fields(0)
        self.reference: int = fields["reference"]
        self.option_counts = [len(question["options"]) for question in fields["languages"][0]["questions"]]
        if max(self.option_counts) > BUTTON_COUNT:
            raise ProtocolError("package", "the questionnaire has more options than this device has buttons")

    def language_count(self) -> int:
        """How many languages the package has."""
        return len(self._spans)

    def table(self, position: int) -> "tuple[int, bytearray]":
        """(number, table of pictures) of the language at this position, counted from 0."""
        try:
            language = self._fields(position)["languages"][0]
            number = language["number"]
            table = self._table(language)
        except (KeyError, TypeError):
            raise ProtocolError("package", "the questionnaire's index lacks what this version shows") from None
        del language
        gc.collect()  # the index as objects takes ten times what its table takes
        return number, table

    def _table(self, language: "dict") -> bytearray:  # type: ignore[type-arg]
        if [len(question["options"]) for question in language["questions"]] != self.option_counts:
            raise ProtocolError("package", "the questionnaire's languages differ in their questions")
        pictures = [language["texts"][name] + [0] for name in SCREEN_TEXTS]
        for question in language["questions"]:
            pictures.append(question["text"] + [0])
            pictures.extend([option["label"] + [option["face"]] for option in question["options"]])
        table = bytearray(ENTRY_BYTES * len(pictures))
        for picture, entry in enumerate(pictures):
            _enter(table, picture, entry, self._picture_bytes)
        return table

    def _fields(self, position: int) -> "dict":  # type: ignore[type-arg]
        """The index as if it had this one language only: ten of them together would not fit into memory."""
        gc.collect()
        start, end = self._spans[position]
        parts = ((HEAD_BYTES, self._spans[0][0]), (start, end), (self._spans[-1][1], self.pictures_at))
        index = b""
        for first, last in parts:
            self._file.seek(first)
            index += self._file.read(last - first)
        return parse_index(index)


def _enter(table: bytearray, picture: int, entry: "list[int]", picture_bytes: int) -> None:
    try:
        offset, width, height, face = entry
        good = 0 < width <= WIDTH and 0 < height <= HEIGHT and 0 <= face <= 5
        good = good and 0 <= offset <= picture_bytes - row_bytes(width) * height
    except (ValueError, TypeError):  # not four numbers
        good = False
    if not good:
        raise ProtocolError("package", "a picture lies outside the questionnaire or the screen")
    pack_into(ENTRY, table, ENTRY_BYTES * picture, offset, width, height, face)


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
