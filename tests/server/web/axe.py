"""What is wrong with a page that a browser shows: accessibility by axe-core, width, console, requests, keyboard."""

import json
from hashlib import sha256
from pathlib import Path

VENDOR = Path(__file__).parent / "vendor"
NAME = "axe-core-4.14.1/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
REACHABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"
UNFOLD = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
# Of radio buttons the Tab key comes to one of a group, arrows to the others. True where it comes round to nothing new.
PASS = """(() => {
    const here = document.activeElement;
    const group = here.type === "radio" ? [...document.getElementsByName(here.name)] : [here];
    return !group.filter((each) => wanted.delete(each)).length && here === document.body;
})()"""
STOPS_MAX = 600  # of the Tab key; no page has so many


def axe():
    """The script, which is the one that was checked."""
    text = (VENDOR / NAME).read_bytes()
    assert json.loads((VENDOR / "manifest.json").read_text())[NAME] == sha256(text).hexdigest()
    return text.decode()


def check(browser, site):
    """Everything wrong with the open page, as sentences; none of a good one. What is folded up is opened first."""
    found = [f"asks elsewhere: {each}" for each in browser.requests if not each.startswith(ours(site))]
    found += [f"complains: {each}" for each in browser.complaints]
    browser.evaluate(UNFOLD)
    too_wide = browser.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    found += [f"scrolls sideways by {too_wide} px"] if too_wide else []
    browser.evaluate(axe() + ";0")
    options = json.dumps({"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]})
    violations = browser.evaluate(f"axe.run(document, {options}).then((found) => found.violations)")
    return found + [
        f"{each['id']}: {each['help']}: {'; '.join(node['html'][:120] for node in each['nodes'][:4])}"
        for each in violations
    ]


def ours(site):
    """How the addresses begin that a page may ask for; sockets of ours and pictures in the page itself too."""
    return (f"{site.url}/", f"{site.url.replace('http', 'ws')}/", "data:")


def unreached(browser):
    """What can be pressed or typed into, and that the Tab key does not come to, as its HTML."""
    browser.evaluate(UNFOLD)
    browser.evaluate(f"""window.wanted = new Set([...document.querySelectorAll({REACHABLE!r})]
        .filter((each) => !each.disabled && each.tabIndex >= 0 && each.checkVisibility()))""")
    browser.evaluate("document.activeElement.blur()")
    for _ in range(STOPS_MAX):
        if not browser.evaluate("wanted.size"):
            break
        browser.tab()
        if browser.evaluate(PASS):
            break
    return browser.evaluate("[...wanted].map((each) => each.outerHTML.slice(0, 120))")
