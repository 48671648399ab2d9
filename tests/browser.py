"""A real Chromium for tests, driven over its own debugging protocol: enough to open a page, look at it and press."""

import base64
import itertools
import json
import re
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from websockets.sync.client import connect

START_TIMEOUT_S = 120  # on a busy machine; only a hang takes longer
ANSWER_TIMEOUT_S = 180
FLAGS = (
    "--headless",
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)


class Browser:
    """One page at a time. `requests`: every address the page asked for; `complaints`: what its console said."""

    def __init__(self, program):
        self.requests = []
        self.complaints = []
        self._program = program
        self._parts = ExitStack()
        self._numbers = itertools.count(1)
        self._session = None
        self._loaded = False

    def __enter__(self):
        with ExitStack() as parts:
            profile = parts.enter_context(
                tempfile.TemporaryDirectory(prefix="pet-chromium-", ignore_cleanup_errors=True)
            )
            process = subprocess.Popen(
                [self._program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            parts.callback(process.wait)
            parts.callback(process.terminate)
            address = _address(Path(profile) / "DevToolsActivePort", process)
            self._socket = parts.enter_context(connect(address, max_size=None, open_timeout=START_TIMEOUT_S))
            target = self._call("Target.createTarget", url="about:blank")["targetId"]
            self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Network", "Log"):
                self._call(f"{domain}.enable")
            self._parts = parts.pop_all()
        return self

    def __exit__(self, *exception):
        self._parts.close()

    def open(self, url, width, height=800):
        """Load the page on a screen of this width and wait for its load event."""
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self.requests.clear()
        self.complaints.clear()
        self._loaded = False
        self._call("Page.navigate", url=url)
        deadline = time.monotonic() + ANSWER_TIMEOUT_S
        while not self._loaded:
            self._hear(deadline)

    def evaluate(self, expression):
        """The value of a JavaScript expression in the page; promises are awaited."""
        answer = self._call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, expression):
        """Wait until the expression is true, over a change of page too."""
        deadline = time.monotonic() + ANSWER_TIMEOUT_S
        while True:
            answer = self._ask("Runtime.evaluate", expression=f"Boolean({expression})", returnByValue=True)
            if answer.get("result", {}).get("result", {}).get("value"):
                return
            assert time.monotonic() < deadline, f"did not come true: {expression}"
            time.sleep(0.02)

    def key(self, key, code):
        """One key, down and up."""
        for kind in ("keyDown", "keyUp"):
            self._call("Input.dispatchKeyEvent", type=kind, key=key, code=code)

    def tab(self):
        """The focus on to the next element that takes it."""
        for kind in ("rawKeyDown", "keyUp"):
            self._call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)

    def allow_scripts(self, allowed):
        """Whether pages opened from now on may run scripts of their own; `evaluate` may in any case."""
        self._call("Emulation.setScriptExecutionDisabled", value=not allowed)

    def click(self, selector):
        """The mouse on the middle of an element."""
        box = self.evaluate(
            f"(() => {{ const e = document.querySelector({selector!r}); e.scrollIntoView({{block: 'center'}});"
            " const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self._call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def screenshot(self, path):
        """The whole page as PNG."""
        picture = self._call("Page.captureScreenshot", captureBeyondViewport=True)
        Path(path).write_bytes(base64.b64decode(picture["data"]))

    def printed(self):
        """The pages that a printer gets, each as (width, height) in millimetres."""
        made = base64.b64decode(self._call("Page.printToPDF", preferCSSPageSize=True)["data"])
        boxes = re.findall(rb"/Type\s*/Page\b[^s].*?/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)", made, re.DOTALL)
        return [tuple(float(points) / 72 * 25.4 for points in box) for box in boxes]

    def as_printed(self, *, shown):
        """Show pages from now on as they would be printed, or as on a screen again."""
        self._call("Emulation.setEmulatedMedia", media="print" if shown else "")

    def _call(self, method, **parameters):
        answer = self._ask(method, **parameters)
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def _ask(self, method, **parameters):
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._socket.send(json.dumps(message))
        deadline = time.monotonic() + ANSWER_TIMEOUT_S + 10
        while True:
            answer = self._hear(deadline)
            if answer.get("id") == number:
                return answer

    def _hear(self, deadline):
        message = json.loads(self._socket.recv(timeout=max(0.1, deadline - time.monotonic())))
        match message.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])
            case "Network.webSocketCreated":
                self.requests.append(message["params"]["url"])
            case "Page.loadEventFired":
                self._loaded = True
            case "Runtime.exceptionThrown":
                self.complaints.append(message["params"]["exceptionDetails"]["text"])
            case "Log.entryAdded":
                self.complaints.append(message["params"]["entry"]["text"])
        return message


def _address(port_file, process):
    """Where Chromium listens, as it writes that down once it does."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        lines = port_file.read_text().splitlines() if port_file.exists() else []
        if len(lines) == 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        assert time.monotonic() < deadline, "Chromium did not open its debugging port"
        assert process.poll() is None, "Chromium ended at once"
        time.sleep(0.02)
