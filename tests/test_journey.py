"""The journey: a press on a device with the real firmware becomes a value on the chart, through every real part."""

import html
import json
import re
import urllib.request

import pytest

from server.demo.device import SimulatedDevice
from server.demo.line import Line
from server.demo.ports import free_port
from server.demo.story import first_screens, pet_time, read_story, utc_now
from server.demo.trust import add_device, set_up_trust
from tests.parts import need

GOOD_FOOD, POOR_FOOD = 2, 5  # options of the question about food; the third is "don't know"
LANGUAGES = 7  # of the demo's questionnaires
PASSES = [GOOD_FOOD] * 9 + [POOR_FOOD] * 3


def one_pass(food: int) -> list[str]:
    """Real button presses: past the first screens, then five answers; food is the third question of the beds."""
    answers = [1, 1, food, 1, 1]
    presses = [line for option in answers for line in ("wait 2000", f"answer {option}")]
    return [*first_screens(LANGUAGES), *presses, "wait 60000"]  # or it would look like one person pressing on


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - our own address
        return answer.read().decode()


@pytest.fixture
def line(tmp_path):
    need("mosquitto")
    need("micropython")
    with Line(tmp_path / "line", web_port=free_port()) as running:
        assert running.broker.name == "mosquitto"
        yield running


def test_a_press_becomes_a_value_on_the_chart(line):
    story, now = read_story(), utc_now()
    trust = set_up_trust(line, story, now)
    posting = next(each for each in story.postings if each.service == "beds")
    add_device(line, trust, posting, line.devices / "one", now)
    line.follow_database()
    device = SimulatedDevice(line.devices / "one", line.application, "--virtual", str(pet_time(now)), "--quiet")
    try:
        for food in PASSES:
            device.send(*one_pass(food))
        assert device.sync()["waiting"] == 0
    finally:
        device.close()
    assert device.completed == len(PASSES)

    query = "question=food&service=beds&period=all&granularity=month"
    answer = json.loads(get(f"{line.url}/api/v1/stats/timeseries?{query}"))
    points = [point for point in answer["data"] if point["n"]]
    assert [(point["n"], point["positive"], point["positivity"]) for point in points] == [(12, 9, 75.0)]
    assert points[0]["ci95"] == pytest.approx([46.8, 91.1], abs=0.05)  # Wilson, 9 of 12
    assert answer["totals"]["verdict"] == "cannot tell yet"
    assert answer["totals"]["responses"] == 12

    page = get(f"{line.url}/?{query}")
    assert re.search(r'<data id="responses" value="12">', page)
    assert re.search(r'<data id="positivity" value="75\.0">', page)
    assert "cannot tell yet" in html.unescape(page)
