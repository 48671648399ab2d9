"""What a questionnaire and its screens take of the heap."""

import gc
import os
from binascii import hexlify
from json import dumps

from firmware.dialogue import (
    LANGUAGE,
    View,
)
from firmware.questionnaire import Questionnaire
from protocol.package import pack_package
from protocol.screen import (
    SCREEN_TEXTS,
)
from tests.firmware.blocks import Package, states

QUESTIONNAIRE_HEAP_BYTES_MAX = 2700  # 1 KB is the picture; what proves the package is dropped by its owner
LANGUAGE_HEAP_BYTES_MAX = 48  # start and name of a language
PROVING_HEAP_BYTES_MAX = 16384  # what has room while a package is opened; a 32-bit device needs half of it
SCREEN_HEAP_BYTES_MAX = 3000  # garbage of one screen


def heap_of(languages):
    """What an open questionnaire of so many languages keeps."""
    path = "/tmp/pet-package-%s.pkg" % hexlify(os.urandom(8)).decode()
    with open(path, "wb") as file:
        file.write(large_package(languages))
    sizes = []
    for proven in (False, True):
        gc.collect()
        before = gc.mem_alloc()
        questionnaire = Questionnaire(path, proven)
        gc.collect()
        sizes.append(gc.mem_alloc() - before)
        questionnaire.close()
        del questionnaire
    os.remove(path)
    os.remove(path[:-4] + ".tab")
    return max(sizes)


def test_a_questionnaire_of_eleven_languages_takes_hardly_more_memory_than_one_of_one():
    heap_of(1)  # brings the modules
    one, eleven = heap_of(1), heap_of(11)
    assert one < QUESTIONNAIRE_HEAP_BYTES_MAX, one
    assert eleven < one + 10 * LANGUAGE_HEAP_BYTES_MAX, (one, eleven)


def test_one_language_at_a_time_is_in_memory_while_a_package_is_proven():
    """Eleven parsed together take far more than is left here."""
    path = "/tmp/pet-package-%s.pkg" % hexlify(os.urandom(8)).decode()
    with open(path, "wb") as file:
        file.write(large_package(11))
    Questionnaire(path).close()
    gc.collect()
    hogs = []
    try:
        while True:
            hogs.append(bytearray(4096))
    except MemoryError:
        del hogs[-PROVING_HEAP_BYTES_MAX // 4096 :]
    gc.collect()
    try:
        Questionnaire(path).close()
    finally:
        hogs.clear()
        os.remove(path)
        os.remove(path[:-4] + ".tab")


def test_drawing_leaves_little_garbage():
    package = Package(5, 1)
    for view in states(package) + [(LANGUAGE, 0, 0)]:
        gc.collect()
        before = gc.mem_alloc()
        package._screens.draw(View(*view), 0)
        assert gc.mem_alloc() - before < SCREEN_HEAP_BYTES_MAX, view
    package.close()


def large_package(languages):
    """Six questions of five options in each language."""
    picture = [0, 128, 38]
    options = [{"label": picture, "face": face} for face in (5, 4, 3, 2, 1)]
    texts = dict.fromkeys(SCREEN_TEXTS, picture)
    pieces = []
    for number in range(languages):
        questions = [{"text": picture, "options": options}] * 6
        fields = {"number": number, "code": "en", "name": [0, 50, 20], "questions": questions, "texts": texts}
        pieces.append(dumps(fields))
    index = '{"reference": 1, "kind": "patients", "title": "Large", "languages": [%s]}' % ", ".join(pieces)
    return pack_package(index.replace(", ", ",").encode(), bytes(16 * 38))
