"""Real processes on a real broker: an ingest worker, and a device's radio. Both are waited for, never slept for."""

import os
import queue
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path

from paho.mqtt.client import CallbackAPIVersion, Client
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from protocol.envelope import ACK, DESIRED, DOWN, parse
from protocol.topics import device_name, down_filter
from server.fleet.broker import follow
from server.ingest.incoming import Reply
from tests.parts import ROOT
from tests.server.ingest.ward import KEY_RING

DEADLINE_S = 60  # far more than anything here takes on a busy machine
POLL_S = 0.02
INGEST_PASSWORD = "of-ingest"


def wait_until(condition, what):
    """Poll until the condition gives something true, and give that."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(POLL_S)
    raise AssertionError(f"waited in vain for {what}")


class Line:
    """What a worker needs to know: database, broker, files of secrets."""

    def __init__(self, directory, database_url, broker, key_file):
        directory.mkdir()
        self.directory, self.broker, self.database_url = directory, broker, database_url
        self.key_file = key_file
        self.workers = []
        self.watches = []
        self.radios = []

    def environment(self, group="", **changes):
        url = make_url(self.database_url)
        files = {}
        for name, secret in (("database", str(url.password)), ("ingest", INGEST_PASSWORD)):
            files[name] = self.directory / f"{name}.password"
            files[name].write_text(secret)
        return {
            **os.environ,
            "PET_DATABASE_URL": url._replace(password=None).render_as_string(),
            "PET_DATABASE_PASSWORD_FILE": str(files["database"]),
            "PET_KEY_FILE": str(self.key_file),
            "PET_BROKER_HOST": self.broker.host,
            "PET_BROKER_PORT": str(self.broker.ingest_port),
            "PET_BROKER_CA_FILE": str(self.broker.certificates.authority_pem),
            "PET_BROKER_PASSWORD_FILE": str(files["ingest"]),
            "PET_INGEST_GROUP": group,
            **changes,
        }

    def write_accounts(self, engine):
        with Session(engine) as session:
            self.broker.allow("ingest", INGEST_PASSWORD)
            with self.broker.control() as control:
                return follow(session, KEY_RING, control.ask)

    def worker(self, group="", module="server.main", ready=True, **changes):
        """Start `pet ingest`; with `ready`, wait until it hears the broker."""
        worker = Worker(self.directory / f"worker-{len(self.workers)}.log", module, self.environment(group, **changes))
        self.workers.append(worker)
        if ready:
            worker.wait_for_log("ready: subscribed")
        return worker

    def watch(self):
        """Start `pet broker watch` on the broker's log, as it is from the beginning and as it grows."""
        watch = Watch(self.directory / f"watch-{len(self.watches)}.log", self.broker.log_file, self.environment())
        self.watches.append(watch)
        return watch

    def radio(self, handheld):
        """A new connection of this device. Its earlier one ends: the broker would play one off against the other."""
        for earlier in [radio for radio in self.radios if radio.handheld is handheld]:
            earlier.close()
            self.radios.remove(earlier)
        radio = Radio(self.broker, handheld)
        self.radios.append(radio)
        return radio

    def close(self):
        for radio in self.radios:
            radio.close()
        for worker in (*self.workers, *self.watches):
            worker.kill()


class Worker:
    """A running `pet ingest`."""

    def __init__(self, log_file: Path, module, environment):
        self.log_file = log_file
        with log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, "ingest"], cwd=ROOT, env=environment, stdout=log, stderr=log
            )

    @property
    def log(self):
        return self.log_file.read_text()

    def wait_for_log(self, words):
        def found():
            assert self.process.poll() is None or words in self.log, self.log
            return words in self.log

        wait_until(found, f"{words!r} in {self.log_file}")

    def kill(self):
        """As a loss of power would."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """As a service manager would; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE_S)


class Watch(Worker):
    """A running `pet broker watch`, which is told a file as it grows."""

    def __init__(self, log_file, broker_log, environment):
        self.log_file = log_file
        self._tail = subprocess.Popen(["tail", "-n", "+1", "-F", broker_log], stdout=subprocess.PIPE)
        command = [sys.executable, "-m", "server.main", "broker", "watch"]
        with log_file.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=self._tail.stdout, stdout=log, stderr=log
            )
        self._tail.stdout.close()

    def kill(self):
        self._tail.kill()
        self._tail.wait()
        super().kill()


class Radio:
    """The device's end of the broker: TLS, its own password, its own topics."""

    def __init__(self, broker, handheld):
        self.handheld = handheld
        self.received = queue.Queue()
        name = device_name(handheld.identity.device_id)
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=name)
        self._client.username_pw_set(name, handheld.identity.mqtt_password)
        self._client.tls_set_context(ssl.create_default_context(cafile=broker.certificates.authority_pem))
        self._client.on_message = lambda _client, _data, message: self.received.put(message)
        self._subscribed = queue.Queue()
        self._client.on_connect = lambda client, *_: client.subscribe(down_filter(handheld.identity.device_id), 1)
        self._client.on_subscribe = lambda *_: self._subscribed.put(True)
        wait_until(lambda: self._connects(broker), "a connection of the device")
        self._client.loop_start()
        self._subscribed.get(timeout=DEADLINE_S)

    def _connects(self, broker):
        try:
            self._client.connect(broker.host, broker.port)
        except OSError:
            return False
        return True

    def subscribe(self, topic):
        """To something else than its own topics, as a device with other software would."""
        self._client.subscribe(topic, 1)
        self._subscribed.get(timeout=DEADLINE_S)

    def send(self, message):
        self._client.publish(message.topic, message.payload, 1).wait_for_publish(DEADLINE_S)

    def wait_for(self, kind):
        """The next reply of that kind to this connection, believed; AssertionError where none comes."""
        while True:
            try:
                message = self.received.get(timeout=DEADLINE_S)
            except queue.Empty:
                raise AssertionError(f"no reply of type {kind}") from None
            believed = self.handheld.take([Reply(message.topic, message.payload)])
            if believed and parse(message.payload, DOWN).header.type == kind:
                return

    def meet(self):
        self.send(self.handheld.status())
        self.wait_for(DESIRED)
        self.wait_for(ACK)

    def sync(self):
        """A whole sync, as the firmware's."""
        self.meet()
        while True:
            self.send(self.handheld.batch())
            self.wait_for(ACK)
            if not self.handheld.resend_from and self.handheld.acked_through == self.handheld.last:
                return

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()


def waits(engine, kind, count=1):
    """Whether that many database sessions wait for a lock of this kind."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = ANY(:kind)"
    )
    with engine.connect() as connection:
        return connection.scalar(query, {"kind": list(kind)}) >= count
