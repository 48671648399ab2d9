"""A questionnaire that asks the Friends and Family Test's question, as far as five buttons can."""

from copy import deepcopy

from tests.server.ingest.ward import definition

FACES = {"very-good": 5, "good": 4, "neither": 3, "poor": 2, "very-poor": 1}
SENTIMENTS = ("positive", "positive", "neutral", "negative", "negative")


def fft_definition():
    fields = deepcopy(definition())
    options = [
        {"code": code, "sentiment": sentiment, "face": face, "label": {"en": code.replace("-", " ").title()}}
        for (code, face), sentiment in zip(FACES.items(), SENTIMENTS, strict=True)
    ]
    question = fields["questions"][2] | {
        "question_id": "experience",
        "text": {"en": "How was our service?"},
        "options": options,
    }
    return fields | {"code": "fft", "name": "Friends and family", "title": "FFT", "questions": [question]}
