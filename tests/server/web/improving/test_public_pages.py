"""Texts for patients: written by one and approved by another on the pages; what anybody may read, and from how many."""

import re
from datetime import date

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from server.app import create_app
from tests.server.api.test_public import say
from tests.server.conftest import NOW, serving
from tests.server.figures import Pass

SEPTEMBER = date(2026, 9, 8)


@pytest.fixture
def nobody(settings):
    """The real doors, and nobody signed in."""
    with serving(create_app(settings, now=lambda: NOW), real_doors=True) as site:
        yield site


def asked(figures, team="haywood", times=10, device=None):
    device = device or figures.device(f"PET-{team}", team=team)
    figures.enter([Pass(device, SEPTEMBER, (1, 1, 1), team=team)] * times)


def test_a_text_is_written_by_one_and_approved_by_another(be, sender, story):
    be("matron", "leek", name="matron@example.org")
    page = sender.page("/improve/you-said")
    assert "You wrote it" not in page  # a matron approves nothing
    assert "Approve" not in page
    filled = {"words-en": "You said loud. We bought soft bins.", "words-cy": "Diolch.", "place": "team:leek"}
    filled |= {"key": sender.key(page, "write"), "to_at": "2026-12-24", "concern": str(story["concern"])}
    for _ in range(2):
        sender.send("/improve/you-said", **filled)
    texts = sender.client.get("/api/v1/you-said").json()["data"]
    assert [each["words"] for each in texts][:1] == [{"en": filled["words-en"], "cy": "Diolch."}]
    assert (len(texts), texts[0]["to_at"], texts[0]["concern"]) == (2, "2026-12-24T00:00:00Z", story["concern"])
    path = f"/improve/you-said/{texts[0]['you_said']}"
    sender.send(f"{path}/approve", 403)
    be("manager", "leek", name="matron@example.org")
    assert "You wrote it: somebody else must read and approve it." in sender.page("/improve/you-said")
    refused = sender.send(f"{path}/approve", 422)
    assert f'href="#change-{texts[0]["you_said"]}">You wrote this text: somebody else' in refused
    be("manager", "leek", name="manager@example.org")
    sender.send(f"{path}/approve")
    assert "Patients can read it: devices show it after their next sync." in sender.page("/improve/you-said")
    sender.send(f"{path}/withdraw")
    assert sender.client.get("/api/v1/you-said").json()["data"][0]["status"] == "withdrawn"
    be("manager", "north")
    assert "soft bins" not in sender.page("/improve/you-said")
    sender.send(f"{path}/approve", 404)


@pytest.mark.usefixtures("story")
def test_what_no_device_could_show_is_told_beside_the_words(sender):
    for words, sentence in (
        ("word " * 21, "word"),
        ("Ask for Jo: jo@example.org", "This holds what looks like an e-mail address"),
        ("", "Write the text"),
    ):
        page = sender.send("/improve/you-said", 422, **{"words-en": words, "place": "team:leek"})
        assert re.search(rf'id="write-words-en-error">.*?{sentence}', page)


def test_anybody_reads_the_approved_texts_and_the_figures_of_what_is_over(figures, nobody):
    say(figures, "You said cold. We bought trolleys.")
    say(figures, "Not approved.", approved=False)
    asked(figures, times=30)
    text = nobody.page("/p/beds").text
    assert "You said cold. We bought trolleys." in text
    assert "Not approved." not in text
    assert 'data-responses="30" data-positivity="100.0"' in text
    assert 'href="/"' not in text
    assert "sign-in" not in text
    assert nobody.page("/p/beds").headers["cache-control"] == "public, max-age=300"
    assert nobody.page("/p/nowhere").status_code == 404


def test_below_the_threshold_nothing_is_told_of_what_was_said(figures, nobody):
    say(figures, "You said cold. We bought trolleys.")
    device = figures.device("PET-1")
    asked(figures, times=9, device=device)
    for path in ("/p/beds", "/p/beds/poster"):
        assert "trolleys" not in nobody.page(path).text
    assert "Too few people have answered here yet" in nobody.page("/p/beds").text
    asked(figures, times=1, device=device)
    for path in ("/p/beds", "/p/beds/poster"):
        assert "trolleys" in nobody.page(path).text


def test_of_the_running_month_nothing_is_told(figures, nobody):
    say(figures, "You said cold. We bought trolleys.")
    figures.enter([Pass(figures.device("PET-1"), date(2026, 11, 5), (1, 1, 1))] * 12)
    assert "trolleys" not in nobody.page("/p/beds").text


@pytest.mark.usefixtures("figures")
def test_the_poster_s_code_leads_to_the_page(nobody):
    text = nobody.page("/p/beds/poster").text
    drawn = re.search(r'<svg[^>]*viewBox="0 0 (\d+) \d+"[^>]*>.*?d="([^"]+)"', text, re.DOTALL)
    [found] = zxingcpp.read_barcodes(picture_of(int(drawn[1]), drawn[2]))
    assert found.text == f"{nobody.url}/p/beds"


def picture_of(size, path, scale=8):
    """The code as pixels: segno's path is strokes one unit high, M and m to go, h to draw."""
    image = Image.new("L", (size * scale, size * scale), 255)
    pen, x, y = ImageDraw.Draw(image), 0.0, 0.0
    for letter, numbers in re.findall(r"([Mmh])\s*([-\d. ]+)", path):
        values = [float(each) for each in re.findall(r"-?[\d.]+", numbers)]
        if letter == "h":
            pen.rectangle([x * scale, (y - 0.5) * scale, (x + values[0]) * scale - 1, (y + 0.5) * scale - 1], fill=0)
            x += values[0]
        else:
            x, y = (values[0], values[1]) if letter == "M" else (x + values[0], y + values[1])
    return image
