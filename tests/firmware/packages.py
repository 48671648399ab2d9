"""Packages whose picture n consists of bytes n, and files of them."""

import os
from binascii import hexlify
from json import dumps

from firmware.questionnaire import Questionnaire
from protocol.errors import ProtocolError
from protocol.package import pack_package
from protocol.screen import SCREEN_TEXTS

PICTURE_BYTES = 4  # every picture of these tests is 9 to 16 pixels wide and 2 high
WIDTH = 9
HEIGHT = 2
NAME = 90  # the picture that a sample language has for its name, after its first
UNUSABLE = "no usable questionnaire: publish it again, or flash the device"
DIRECTORY = "/tmp/pet-packages-%s" % hexlify(os.urandom(8)).decode()
os.mkdir(DIRECTORY)


def pictures(count=150):
    """Picture n consists of bytes n."""
    return b"".join([bytes([number] * PICTURE_BYTES) for number in range(count)])


def sample_language(number, code, first=0):
    """A question of three words and one of five faces; its pictures are numbered from `first` in the device's order."""
    taken = [first]

    def picture():
        taken[0] += 1
        return [(taken[0] - 1) * PICTURE_BYTES, WIDTH, HEIGHT]

    texts = {}
    for name in SCREEN_TEXTS:
        texts[name] = picture()
    questions = []
    for faces in ((0, 0, 0), (5, 4, 3, 2, 1)):
        text = picture()
        questions.append({"text": text, "options": [{"label": picture(), "face": face} for face in faces]})
    name = [(first + NAME) * PICTURE_BYTES, WIDTH, HEIGHT]
    return {"number": number, "code": code, "name": name, "questions": questions, "texts": texts}


def package(languages, reference=1, kind="patients", title="Beds"):
    index = {"reference": reference, "kind": kind, "title": title, "languages": languages}
    return pack_package(dumps(index).encode(), pictures())


def texts_package(count):
    texts = [{"language": 0, "picture": [number * PICTURE_BYTES, WIDTH, HEIGHT]} for number in range(count)]
    return pack_package(dumps({"texts": texts}).encode(), pictures())


def with_first_text(picture):
    language = sample_language(0, "en")
    language["texts"]["start"] = picture
    return package([language])


def saved(data):
    """A file of these bytes."""
    path = DIRECTORY + "/%s.pkg" % hexlify(os.urandom(4)).decode()
    with open(path, "wb") as file:
        file.write(data)
    return path


def remove(path):
    """The file and its table, whichever there is."""
    stem = path[len(DIRECTORY) + 1 : -4]
    for name in os.listdir(DIRECTORY):
        if name.startswith(stem):
            os.remove(DIRECTORY + "/" + name)


def damaged(path, at):
    """One byte of the file is another one now."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    data[at] ^= 0x10
    with open(path, "wb") as file:
        file.write(data)


def opened(data):
    """The questionnaire in a file that has no name any more: only its first language can be used."""
    path = saved(data)
    try:
        return Questionnaire(path)
    finally:
        remove(path)


def refused(path, proven):
    """Why the file is refused, "" when it is not."""
    try:
        Questionnaire(path, proven).close()
    except ProtocolError as error:
        return str(error)
    return ""


def refusal(data):
    """Why the package is refused, "" when it is not."""
    path = saved(data)
    try:
        return refused(path, False)
    finally:
        remove(path)
