"""A questionnaire of dots, for devices that nobody looks at. For MicroPython and CPython."""

from json import dumps

from protocol.package import SCREEN_TEXTS, pack_package


def dotted_package(option_counts, reference=7):
    """So many options each question has; all its pictures are one dark pixel."""
    dot = [0, 1, 1]
    questions = [
        {"text": dot, "options": [{"label": dot, "face": face + 1} for face in range(count)]} for count in option_counts
    ]
    texts = dict.fromkeys(SCREEN_TEXTS, dot)
    language = {"number": 0, "code": "en", "name": dot, "questions": questions, "texts": texts}
    index = {"reference": reference, "kind": "patients", "title": "Dots", "languages": [language]}
    return pack_package(dumps(index).encode(), b"\x00")
