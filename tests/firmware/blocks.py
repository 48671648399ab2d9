"""A questionnaire and texts whose pictures are blocks, as large as the typesetter may make them, and their screens."""

import os
from binascii import hexlify
from json import dumps

from framebuf import MONO_VLSB, FrameBuffer

from firmware.dialogue import (
    ASKING,
    BATTERY,
    CHOSEN,
    FULL,
    HANDOVER,
    IDLE,
    PROMISE,
    REFUSED,
    THANKS,
    WARNING,
    View,
)
from firmware.questionnaire import Questionnaire
from firmware.screens import Screens
from firmware.texts import Texts
from protocol.package import pack_package
from protocol.screen import (
    HEIGHT,
    LANGUAGE_NAME_HEIGHT,
    LANGUAGE_NAME_WIDTH,
    SCREEN_TEXTS,
    TEXT_WITH_FACES_HEIGHT,
    TEXT_WITH_MARKS_HEIGHT,
    WIDTH,
    WORD_WIDTH,
)

FACES = ((0, 0, 0), (5, 4, 3, 2, 1), (5, 4, 0, 2, 1), (5, 1), (0, 0))


class Package:
    """A questionnaire, and texts, of blocks: lit inside a margin of one pixel."""

    def __init__(self, languages=1, texts=0, label_width=30, name=(LANGUAGE_NAME_WIDTH, LANGUAGE_NAME_HEIGHT)):
        self._pictures = bytearray()
        self._known = {}
        self.label_width = label_width
        self.name = name
        words = [dumps(self._language(number)) for number in range(languages)]
        index = '{"reference": 1, "kind": "patients", "title": "Blocks", "languages": [%s]}' % ", ".join(words)
        self._path = "/tmp/pet-screens-%s" % hexlify(os.urandom(8)).decode()
        os.mkdir(self._path)
        self._write("/questionnaire.pkg", index)
        if texts:
            items = [{"language": 0, "picture": self._block(WIDTH, HEIGHT - number)} for number in range(texts)]
            self._write("/texts.pkg", dumps({"texts": items}))
        self.questionnaire = Questionnaire(self._path + "/questionnaire.pkg")
        self.texts = Texts(self._path + "/texts.pkg", self.questionnaire.buffer)
        assert self.texts.count == texts
        self.buffer = bytearray(WIDTH * HEIGHT // 8)
        self.frame = FrameBuffer(self.buffer, WIDTH, HEIGHT, MONO_VLSB)
        self._screens = Screens(self.frame, WIDTH, HEIGHT)
        self._screens.use(self.questionnaire, self.texts)

    def draw(self, state, question=0, option=0, language=0):
        for place in range(len(self.buffer)):
            self.buffer[place] = 0xA5  # whatever stood there before
        return self._screens.draw(View(state, question, option), language)

    def close(self):
        self.questionnaire.close()
        self.texts.close()
        for name in os.listdir(self._path):
            os.remove(self._path + "/" + name)
        os.rmdir(self._path)

    def lit(self, left, top, width, height):
        """How many pixels are lit in this rectangle."""
        return sum([self.frame.pixel(left + x, top + y) for x in range(width) for y in range(height)])

    def _write(self, name, index):
        with open(self._path + name, "wb") as file:
            file.write(pack_package(index.encode(), bytes(self._pictures)))

    def _language(self, number):
        questions = []
        for faces in FACES:
            text = self._block(WIDTH, TEXT_WITH_FACES_HEIGHT if max(faces) else TEXT_WITH_MARKS_HEIGHT - 20)
            label = self._block(WORD_WIDTH, HEIGHT) if max(faces) else self._block(self.label_width, 20)
            questions.append({"text": text, "options": [{"label": label, "face": face} for face in faces]})
        texts = {}
        for name in SCREEN_TEXTS:
            texts[name] = self._block(WIDTH, HEIGHT if name == "thanks" else TEXT_WITH_MARKS_HEIGHT)
        return {"number": number, "code": "x", "name": self._block(*self.name), "questions": questions, "texts": texts}

    def _block(self, width, height):
        if (width, height) not in self._known:
            self._known[(width, height)] = [len(self._pictures), width, height]
            row_bytes = (width + 7) // 8
            lit = ((1 << (width - 2)) - 1) << (8 * row_bytes - width + 1)
            self._pictures += bytes(row_bytes) + lit.to_bytes(row_bytes, "big") * (height - 2) + bytes(row_bytes)
        return self._known[(width, height)]


def states(package):
    """Every view there is."""
    questionnaire = package.questionnaire
    views = [(state, 0, 0) for state in (PROMISE, HANDOVER, WARNING, THANKS)]
    views += [(REFUSED, FULL, 0), (REFUSED, BATTERY, 0)]
    views += [(IDLE, page, 0) for page in range(questionnaire.language_count() + package.texts.count)]
    for question, count in enumerate(questionnaire.option_counts):
        views.append((ASKING, question, 0))
        views += [(CHOSEN, question, option) for option in range(1, count + 1)]
    return views


def islands(package):
    """The lit areas of the screen, as [left, top, right, bottom]; pixels that touch, even at a corner, are one area."""
    seen = bytearray(WIDTH * HEIGHT)
    found = []
    for start in range(WIDTH * HEIGHT):
        if seen[start] or not package.frame.pixel(start % WIDTH, start // WIDTH):
            continue
        box = [WIDTH, HEIGHT, -1, -1]
        waiting = [start]
        seen[start] = 1
        while waiting:
            place = waiting.pop()
            x, y = place % WIDTH, place // WIDTH
            box = [min(box[0], x), min(box[1], y), max(box[2], x), max(box[3], y)]
            for near_y in range(max(0, y - 1), min(HEIGHT, y + 2)):
                for near_x in range(max(0, x - 1), min(WIDTH, x + 2)):
                    near = near_y * WIDTH + near_x
                    if not seen[near] and package.frame.pixel(near_x, near_y):
                        seen[near] = 1
                        waiting.append(near)
        found.append(box)
    return found
