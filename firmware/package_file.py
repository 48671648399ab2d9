"""Proves a package file and makes the table by which it is read. In memory only when a package is new."""

import gc
import os
from binascii import crc32
from struct import pack, pack_into, unpack

from firmware.pictures import (
    ENTRY,
    ENTRY_BYTES,
    HEAD,
    OF_AUDIT,
    OF_PATIENTS,
    OF_TEXTS,
    TABLE_MAGIC,
)
from protocol.errors import ProtocolError
from protocol.package import HEAD_BYTES, KIND_AUDIT, parse_head, parse_index, parse_texts
from protocol.screen import BUTTON_COUNT, HEIGHT, LANGUAGE_NAME_HEIGHT, LANGUAGE_NAME_WIDTH, SCREEN_TEXTS, WIDTH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from io import BufferedReader, BufferedWriter

PIECE_BYTES = 128  # what is read of the file at a time while it is checked
OBJECTS_DEPTH = 2  # the index is an object that holds a list of languages or texts: {"languages": [{...}, {...}]}
LACKING = "the package's index lacks what this version shows"


def prove(path: str, table_path: str = "") -> int:
    """Prove the package at `path`, write its table if it is to be kept, and return its kind (OF_AUDIT is 1).

    Raises ProtocolError `package`, in words for the staff screen. The table is switched by its renaming: a power cut
    leaves the old one, which then is known to be another package's.
    """
    unfinished = table_path + ".new"
    table = None
    try:
        with open(path, "rb") as file:
            if table_path:
                table = open(unfinished, "wb")  # noqa: SIM115 - closed below
            kind = _Proof(file, table).write()
            if table:
                table.close()
                table = None
                os.rename(unfinished, table_path)
            return kind
    except OSError:
        raise ProtocolError("package", "the device's file system has no room for the questionnaire's table") from None
    finally:
        if table:
            table.close()
            os.remove(unfinished)


class _Proof:
    """An open package file, and the file of its table, or None."""

    def __init__(self, file: "BufferedReader", table: "BufferedWriter | None") -> None:
        self._file = file
        self._table = table
        index_bytes, self._picture_bytes = parse_head(file.read(HEAD_BYTES))
        self._pictures_at = HEAD_BYTES + index_bytes
        self._crc = _good_crc(file, self._pictures_at + self._picture_bytes)
        self._spans = _object_spans(file, index_bytes)
        if not self._spans:
            raise ProtocolError("package", "the questionnaire has no language")

    def write(self) -> int:
        """The whole table, a language at a time: ten of them together would not fit into memory. Returns the kind."""
        start, end = self._spans[0]
        try:
            if self._bytes(start, end).find(b'"questions"') < 0:
                return self._write_texts()
            common = bytearray(2 * ENTRY_BYTES * len(self._spans))
            self._write_common(common)
            for position in range(len(self._spans)):
                self._write_language(common, position)
            if self._table:
                self._table.seek(0)  # the common pictures are known now
            return self._write_common(common)
        except (KeyError, TypeError, IndexError):
            raise ProtocolError("package", LACKING) from None

    def _write_texts(self) -> int:
        texts = parse_texts(self._bytes(HEAD_BYTES, self._pictures_at))
        common = bytearray(ENTRY_BYTES * len(texts))
        for number, text in enumerate(texts):
            self._enter(common, number, text["picture"] + [0], text["language"])
        self._write_head(common, (0, OF_TEXTS, 0, len(texts), 0, b"", b""))
        return OF_TEXTS

    def _write_common(self, common: bytearray) -> int:
        fields = self._fields(0)
        counts = _counts(fields["languages"][0])
        if max(counts) > BUTTON_COUNT:
            raise ProtocolError("package", "the questionnaire has more options than this device has buttons")
        self._counts = counts
        kind = OF_AUDIT if fields["kind"] == KIND_AUDIT else OF_PATIENTS
        languages = len(self._spans)
        title = fields["title"].encode()
        reference = fields["reference"]
        self._write_head(common, (reference, kind, languages, 2 * languages, len(counts), bytes(counts), title))
        return kind

    def _write_head(self, common: bytearray, fields: "tuple[object, ...]") -> None:
        self._write(pack(HEAD, TABLE_MAGIC, self._crc, self._pictures_at, *fields))
        self._write(common)

    def _write(self, block: "bytes | bytearray") -> None:
        if self._table:
            self._table.write(block)
            self._table.write(pack("<I", crc32(block)))

    def _write_language(self, common: bytearray, position: int) -> None:
        language = self._fields(position)["languages"][0]
        if _counts(language) != self._counts:
            raise ProtocolError("package", "the questionnaire's languages differ in their questions")
        number = language["number"]
        pictures = [language["texts"][name] + [0] for name in SCREEN_TEXTS]
        for question in language["questions"]:
            pictures.append(question["text"] + [0])
            pictures.extend([option["label"] + [option["face"]] for option in question["options"]])
        block = bytearray(ENTRY_BYTES * len(pictures))
        for entry, picture in enumerate(pictures):
            self._enter(block, entry, picture, number)
        self._enter(common, 2 * position, pictures[0], number)
        self._enter(common, 2 * position + 1, language["name"] + [0], number)
        name = ENTRY_BYTES * (2 * position + 1)
        if common[name + 4] > LANGUAGE_NAME_WIDTH or common[name + 5] > LANGUAGE_NAME_HEIGHT:
            raise ProtocolError("package", "the name of a language is larger than its place on the screen")
        self._write(block)

    def _enter(self, table: bytearray, entry: int, picture: "list[int]", language: int) -> None:
        try:
            offset, width, height, face = picture
            good = 0 < width <= WIDTH and 0 < height <= HEIGHT and 0 <= face <= 5
            good = good and 0 <= offset <= self._picture_bytes - (width + 7) // 8 * height
        except (ValueError, TypeError):  # not four numbers
            good = False
        if not good:
            raise ProtocolError("package", "a picture lies outside the questionnaire or the screen")
        pack_into(ENTRY, table, ENTRY_BYTES * entry, offset, width, height, face, language)

    def _fields(self, position: int) -> "dict":  # type: ignore[type-arg]
        """The index as if it had this one language only."""
        gc.collect()  # as objects it takes ten times what its table takes
        start, end = self._spans[position]
        index = self._bytes(HEAD_BYTES, self._spans[0][0])
        index += self._bytes(start, end)
        index += self._bytes(self._spans[-1][1], self._pictures_at)
        return parse_index(index)

    def _bytes(self, start: int, end: int) -> bytes:
        self._file.seek(start)
        return self._file.read(end - start)


def _counts(language: "dict") -> "list[int]":  # type: ignore[type-arg]
    return [len(question["options"]) for question in language["questions"]]


def _good_crc(file: "BufferedReader", length: int) -> int:
    """The CRC-32 that stands after `length` bytes and is that of the bytes before it, and is the end of the file."""
    piece = memoryview(bytearray(PIECE_BYTES))
    file.seek(0)
    crc = 0
    while length > 0:
        count = file.readinto(piece[: min(length, PIECE_BYTES)])
        if not count:
            break
        crc = crc32(piece[:count], crc)
        length -= count
    tail = file.read(5)
    if length or len(tail) != 4 or unpack("<I", tail)[0] != crc:
        raise ProtocolError("package", "the questionnaire is damaged: publish it again")
    return crc


def _object_spans(file: "BufferedReader", index_bytes: int) -> "list[tuple[int, int]]":
    """Where in the file each language's or text's object begins and ends, found by its brackets alone."""
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
            if depth == OBJECTS_DEPTH and sign == 0x7B:  # {
                start = at
            depth += 1
        elif sign in b"}]":
            depth -= 1
            if depth == OBJECTS_DEPTH and sign == 0x7D:  # }
                spans.append((start, at + 1))
    return spans
