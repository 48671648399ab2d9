"""Every screen is, to the pixel, the one that was looked at and found good: tests/golden/screens.

After a deliberate change: `.venv/bin/python tests/golden/screens/renew.py` draws them anew; look at what it made.
"""

import gc
import os
from binascii import hexlify
from json import dumps

from framebuf import MONO_HLSB, MONO_VLSB, FrameBuffer

from firmware.questionnaire import Questionnaire
from firmware.screens import Screens, service_lines
from protocol.package import pack_package
from protocol.screen import HEIGHT, SCREEN_TEXTS, WIDTH

GOLDEN = "tests/golden/screens/"
QUESTIONNAIRE_HEAP_BYTES_MAX = 2500  # 1 KB is the picture; what proves the package is dropped by its owner
PROVING_HEAP_BYTES_MAX = 16384  # what has room while a package is opened; a 32-bit device needs half of it
SCREEN_HEAP_BYTES_MAX = 3000  # garbage of one screen
SERVICE = ("no identity: provision this device", "Sending answers. A press stops it.")


def drawn():
    """(name, the screen as a PBM file) of every screen, in the order in which a person meets them."""
    buffer = bytearray(WIDTH * HEIGHT // 8)
    screens = Screens(FrameBuffer(buffer, WIDTH, HEIGHT, MONO_VLSB), WIDTH, HEIGHT)
    questionnaire = Questionnaire(GOLDEN + "beds.pkg")
    screens.use(questionnaire)
    screens.start()
    yield "start", as_pbm(buffer)
    for question, count in enumerate(questionnaire.option_counts):
        screens.question(question)
        yield "question-%d" % (question + 1), as_pbm(buffer)
        for option in range(1, count + 1):
            screens.chosen(question, option)
            yield "question-%d-chosen-%d" % (question + 1, option), as_pbm(buffer)
    for name in ("warning", "thanks", "full"):
        screens.text(name)
        yield name, as_pbm(buffer)
    for number, message in enumerate(SERVICE, 1):
        screens.service(message)
        yield "service-%d" % number, as_pbm(buffer)
    questionnaire.close()


def as_pbm(buffer):
    rows = bytearray(WIDTH * HEIGHT // 8)
    FrameBuffer(rows, WIDTH, HEIGHT, MONO_HLSB).blit((buffer, WIDTH, HEIGHT, MONO_VLSB), 0, 0)
    return b"P4\n%d %d\n" % (WIDTH, HEIGHT) + rows


def test_every_screen_is_the_golden_one():
    names = []
    for name, picture in drawn():
        names.append(name + ".pbm")
        with open(GOLDEN + names[-1], "rb") as file:
            assert file.read() == picture, "%s has changed; look at it, then renew" % name
    assert sorted(names) == sorted([name for name in os.listdir(GOLDEN) if name.endswith(".pbm")])


def test_no_two_screens_look_alike_but_the_same_word():
    seen = {}
    for name, picture in drawn():
        seen.setdefault(picture, []).append(name)
    alike = sorted([names for names in seen.values() if len(names) > 1])
    # "Excellent" to "Poor" are the options of questions 3 and 4
    assert alike == [["question-3-chosen-%d" % option, "question-4-chosen-%d" % option] for option in (1, 2, 3, 4)]


def test_a_screen_leaves_nothing_of_the_one_before():
    buffer = bytearray(b"\xff" * (WIDTH * HEIGHT // 8))
    screens = Screens(FrameBuffer(buffer, WIDTH, HEIGHT, MONO_VLSB), WIDTH, HEIGHT)
    screens.service("")
    assert buffer == bytearray(len(buffer))


def test_service_messages_wrap_at_sixteen_letters():
    assert service_lines("no identity: provision this device") == ["no identity:", "provision this", "device"]
    assert service_lines("1234567890123456 x") == ["1234567890123456", "x"]
    assert service_lines("a 12345678901234567") == ["a", "1234567890123456", "7"]
    assert service_lines("") == []


def test_another_size_of_screen_is_refused():
    buffer = bytearray(1024)
    try:
        Screens(FrameBuffer(buffer, 64, 128, MONO_VLSB), 64, 128)
    except ValueError:
        return
    raise AssertionError("accepted")


def test_a_questionnaire_of_eleven_languages_takes_no_more_memory_than_one_of_one():
    sizes = []
    for languages in (1, 1, 11):  # the first brings the modules too
        path = "/tmp/pet-package-%s" % hexlify(os.urandom(8)).decode()
        with open(path, "wb") as file:
            file.write(large_package(languages))
        gc.collect()
        before = gc.mem_alloc()
        questionnaire = Questionnaire(path)
        gc.collect()
        sizes.append(gc.mem_alloc() - before)
        questionnaire.close()
        os.remove(path)
        del questionnaire
    assert max(sizes[1:]) < QUESTIONNAIRE_HEAP_BYTES_MAX, sizes


def test_one_language_at_a_time_is_in_memory_while_a_package_is_proven():
    """Eleven parsed together take far more than is left here."""
    path = "/tmp/pet-package-%s" % hexlify(os.urandom(8)).decode()
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


def test_drawing_leaves_little_garbage():
    questionnaire = Questionnaire(GOLDEN + "beds.pkg")
    screens = Screens(FrameBuffer(bytearray(1024), WIDTH, HEIGHT, MONO_VLSB), WIDTH, HEIGHT)
    screens.use(questionnaire)
    for question in range(len(questionnaire.option_counts)):
        gc.collect()
        before = gc.mem_alloc()
        screens.question(question)
        assert gc.mem_alloc() - before < SCREEN_HEAP_BYTES_MAX
    questionnaire.close()


def large_package(languages):
    """Six questions of five options in each language."""
    picture = [0, 128, 38]
    options = [{"label": picture, "face": face} for face in (5, 4, 3, 2, 1)]
    texts = dict.fromkeys(SCREEN_TEXTS, picture)
    pieces = []
    for number in range(languages):
        questions = [{"text": picture, "options": options}] * 6
        pieces.append(dumps({"number": number, "code": "en", "questions": questions, "texts": texts}))
    index = '{"reference": 1, "languages": [%s]}' % ", ".join(pieces)
    return pack_package(index.encode(), bytes(16 * 38))


if __name__ == "__main__":
    for screen, picture in drawn():
        with open(GOLDEN + screen + ".pbm", "wb") as file:
            file.write(picture)
