"""The pages in a real browser, as wide as a desk and as narrow as a phone."""

import random
from datetime import date, timedelta

import pytest

from firmware.dialogue import SEEN_MS
from server.app import create_app
from server.web.handheld import Handheld
from tests.browser import Browser
from tests.device_directory import make_device
from tests.device_program import application
from tests.parts import need
from tests.server.conftest import NOW, serving
from tests.server.figures import Pass

TODAY = date(2026, 11, 23)
PHONE, TABLET, DESK = 390, 800, 1280
TEXT_PX_MIN = 11.5  # of a chart's text as it appears


@pytest.fixture(scope="module")
def browser():
    with Browser(need("chromium")) as browser:
        yield browser


@pytest.fixture
def busy(figures):
    """Thirty devices and as many weeks, with long names."""
    dice = random.Random(1)
    figures.target("0.85")
    devices = [figures.device(f"PET-{number:04}-of-the-long-corridor", team="leek") for number in range(30)]
    figures.enter(
        Pass(
            dice.choice(devices),
            TODAY - timedelta(days=dice.randrange(210)),
            dice.choices(((1, 1, 1), (5, 2, 4)), (85, 15))[0],
            team="leek",
        )
        for _ in range(1300)
    )
    return figures


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("width", [320, PHONE, TABLET, DESK])
@pytest.mark.parametrize("path", ["/", "/?service=beds&question=food&granularity=month", "/?period=never", "/try"])
def test_no_page_is_wider_than_its_screen(browser, site, path, width):
    browser.open(site.url + path, width)
    browser.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert browser.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.usefixtures("busy")
def test_nothing_is_fetched_from_elsewhere_and_nothing_is_refused(browser, site):
    for path in ("/", "/try"):
        browser.open(site.url + path, DESK)
        assert all(each.startswith(site.url) for each in browser.requests), browser.requests
        assert browser.complaints == []  # of the content security policy, for one
    assert any(each.endswith(".css") for each in browser.requests)


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("width", [PHONE, TABLET, DESK])
def test_one_drawing_is_shown_and_its_text_is_large_enough(browser, site, width):
    browser.open(site.url, width)
    sizes = browser.evaluate("""[...document.querySelectorAll('#chart > svg')].map((svg) => {
        const shown = svg.getBoundingClientRect().width;
        return shown && shown / svg.viewBox.baseVal.width * svg.getAttribute('font-size');
    })""")
    [size] = [size for size in sizes if size]
    assert size >= TEXT_PX_MIN


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_texts_of_the_chart_do_not_overlap(browser, site, width):
    for path in ("/", "/?granularity=month", "/?period=2026-10&granularity=day", "/?period=this-week"):
        browser.open(site.url + path, width)
        pairs = browser.evaluate("""(() => {
            const texts = [...document.querySelectorAll('#chart > svg text')];
            const shown = texts.filter((each) => each.getClientRects().length);
            const boxes = shown.map((each) => [each.textContent, each.getBoundingClientRect()]);
            const found = [];
            boxes.forEach(([one, a], index) => boxes.slice(index + 1).forEach(([other, b]) => {
                const x = Math.min(a.right, b.right) - Math.max(a.left, b.left);
                const y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
                if (x > 1 && y > 5) found.push(`${one} / ${other}`);
            }));
            return found;
        })()""")
        assert pairs == [], path


@pytest.mark.usefixtures("busy")
def test_the_form_works_by_itself(browser, site):
    browser.open(site.url, DESK)
    browser.click("#filters summary")
    browser.evaluate("document.getElementById('granularity').value = 'month'")
    browser.evaluate("document.getElementById('service').value = 'home'")
    browser.click(".filters button")
    browser.until("location.search.includes('granularity=month')")
    browser.until("document.getElementById('responses') && document.getElementById('responses').value === '0'")


def look(browser):
    """As long as nobody could press for a question that has only just appeared (firmware/dialogue.py), and longer."""
    browser.evaluate("window.shownAt = performance.now()")
    browser.until(f"performance.now() - window.shownAt > {2 * SEEN_MS}")


def test_a_pass_is_pressed_with_mouse_and_keys(browser, settings, tmp_path, monkeypatch):
    need("micropython")
    monkeypatch.setenv("MICROPYPATH", application()["MICROPYPATH"])
    folder = tmp_path / "device"
    folder.mkdir()
    with serving(create_app(settings, now=lambda: NOW, handheld=Handheld(make_device(folder)))) as site:
        browser.open(f"{site.url}/try", PHONE)
        shows = "document.getElementById('handheld').dataset.screen"
        browser.until(f"{shows} === 'idle'")
        canvas = "document.getElementById('screen').getContext('2d').getImageData(0, 0, 128, 64).data"
        said = "document.getElementById('handheld-status').textContent"
        browser.until(f"{said}.startsWith('The handheld waits')")
        assert browser.evaluate("document.getElementById('screen').ariaLabel.includes('The handheld waits')")
        assert browser.evaluate(f"[...{canvas}].filter((each) => each > 200).length") > 128 * 64 + 100  # and opaque
        browser.click("button[data-button='3']")
        browser.until(f"{shows} === 'promise'")
        browser.click("button[data-button='6']")
        browser.until(f"{shows} === 'idle'")
        browser.key("1", "Digit1")
        browser.until(f"{shows} === 'promise'")
        browser.key("Backspace", "Backspace")
        browser.until(f"{shows} === 'idle'")
        browser.key("5", "Digit5")
        browser.until(f"{shows} === 'promise'")
        browser.key("5", "Digit5")
        browser.until(f"{shows} === 'question'")
        for _ in range(5):
            browser.until(f"['question', 'thanks'].includes({shows})")
            look(browser)
            browser.key("1", "Digit1")
            browser.until(f"{shows} !== 'question'")
        browser.until("document.getElementById('waiting').value === '1'")
        assert browser.evaluate("document.getElementById('counts').innerText") == (
            "1 response waits on the device, 0 are delivered."
        )
        browser.until(f"{shows} === 'idle'")
        browser.click("button[data-command='staff']")
        browser.until(f"{said}.startsWith('Staff menu')")
        assert browser.evaluate("getComputedStyle(document.getElementById('screen')).opacity") == "1"
        assert browser.complaints == []
