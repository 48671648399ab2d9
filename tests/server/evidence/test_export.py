"""From a figure to the signed bytes, in one file that checks itself with nothing but Python."""

import json
import re
import subprocess
import sys
import zipfile
from base64 import b64decode
from collections import Counter
from datetime import date, timedelta
from hashlib import sha256

import pytest
from sqlalchemy.orm import Session

from protocol.envelope import verify
from protocol.record import FLAG_BURST, FLAG_TEST
from server.evidence.export import Figure, count_responses, export_evidence
from server.evidence.flags import set_flag
from server.ingest.tables import Response, RollupDay
from tests.server.fleet.pet import Pet
from tests.server.ingest.ward import NOW


class Export:
    """A file as the auditor holds it."""

    def __init__(self, path):
        self.path = path
        with zipfile.ZipFile(path) as file:
            self.files = {name: file.read(name) for name in file.namelist()}

    def rows(self, name):
        return [json.loads(line) for line in self.files[f"{name}.ndjson"].splitlines()]

    def check(self):
        """What its own verifier says: (exit code, words)."""
        program = self.path.with_suffix(".py")
        program.write_bytes(self.files["verify.py"])
        done = subprocess.run([sys.executable, "-I", program, self.path], capture_output=True, text=True, check=False)
        assert done.stderr == ""
        return done.returncode, done.stdout

    def rewritten(self, name, change):
        """The same with one file changed."""
        path = self.path.with_name("changed.zip")
        with zipfile.ZipFile(path, "w") as file:
            for each, content in self.files.items():
                file.writestr(each, change(content) if each == name else content)
        return Export(path)


@pytest.fixture
def export(ward, inspector, tmp_path):
    def make(**narrowed):
        path = tmp_path / "evidence.zip"
        with Session(ward.engine) as session, path.open("wb") as file:
            figure = Figure(inspector.organisation_id(), **narrowed)
            counted = count_responses(session, figure)
            assert export_evidence(session, figure, {"test": True}, NOW, file).responses == counted
        return Export(path)

    return make


@pytest.fixture
def handheld(ward):
    """Of the day team five responses in two syncs; of the night team one, by choice."""
    handheld = ward.handheld(choices=("night",))
    for answers in ((1, 1, 1), (2, 2, 2), (3, 1, 15)):
        handheld.answer(*answers)
    ward.sync(handheld)
    handheld.clock = NOW + timedelta(days=3)
    handheld.answer(1, 1, 1, flags=FLAG_BURST)
    handheld.answer(1, 1, 1, flags=FLAG_TEST)
    handheld.answer(1, 1, 1, team=1)
    ward.sync(handheld)
    return handheld


def test_every_response_leads_to_the_bytes_that_its_device_signed(handheld, export):
    found = export()
    batches = {row["digest"]: row for row in found.rows("batches")}
    assert len(found.rows("responses")) == 6
    for row in found.rows("responses"):
        payload = b64decode(batches[row["batch"]]["payload"])
        assert payload[row["offset"] : row["offset"] + 32] == handheld.records[row["sequence"] - 1]
        assert sha256(payload).hexdigest() == row["batch"]
        verify(payload, handheld.identity.hmac_key)
    assert [row["team"] for row in found.rows("placements")] == ["day"]
    (version,) = found.rows("questionnaires")
    assert {option["sentiment"] for option in version["options"]} == {"positive", "neutral", "negative"}
    assert json.loads(found.files["audit_head.json"])["sequence"] > 0


@pytest.mark.usefixtures("handheld")
def test_its_own_verifier_agrees_and_counts_what_the_rollups_count(ward, export):
    code, words = export().check()
    assert (code, words.splitlines()[-1]) == (0, "0 faults")
    rows = [row for row in ward.rows(RollupDay, position=1) if not row.flagged]
    counted = Counter(positive=sum(row.n1 for row in rows), neutral=sum(row.n2 for row in rows))
    share = 100 * counted["positive"] / sum(row.n1 + row.n2 + row.n3 for row in rows)
    assert f"food: {share:.1f} % positive, n = 4" in words


@pytest.mark.usefixtures("handheld")
def test_a_changed_answer_a_moved_record_and_a_changed_batch_are_found_by_the_verifier(export):
    found = export()
    changed = found.rewritten("responses.ndjson", lambda text: text.replace(b"[1, 1, 1, 0", b"[2, 1, 1, 0", 1))
    assert changed.check()[0] == 1
    assert "answers" in changed.check()[1]
    moved = found.rewritten("responses.ndjson", lambda text: text.replace(b'"offset": 39', b'"offset": 71', 1))
    assert "do not stand in its batch" in moved.check()[1]
    batch = found.rewritten("batches.ndjson", lambda text: text.replace(b'"digest": "', b'"digest": "0', 1))
    assert "its SHA-256 is another" in batch.check()[1]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("responses.ndjson", lambda text: text.split(b"\n", 1)[1]),
        ("responses.ndjson", lambda text: text.replace(b'"flagged": true', b'"flagged": false')),
        ("questionnaires.ndjson", lambda text: text.replace(b"negative", b"positive")),
        ("flags.ndjson", lambda _: b"{}\n"),
    ],
)
@pytest.mark.usefixtures("handheld")
def test_what_is_left_out_turned_or_emptied_is_found_and_another_list_of_sums_has_another_seal(export, name, change):
    found = export()
    seal = re.search("seal ([0-9a-f]{64})", found.check()[1]).group(1)
    changed = found.rewritten(name, change)
    code, words = changed.check()
    assert code == 1
    assert f"{name}: it was changed" in words
    sums = changed.files["SHA256SUMS"].decode()
    digest = sha256(changed.files[name]).hexdigest()
    listed = re.sub(rf"[0-9a-f]{{64}}  {re.escape(name)}", f"{digest}  {name}", sums)
    hidden = changed.rewritten("SHA256SUMS", lambda _: listed.encode())
    assert "it was changed" not in hidden.check()[1]
    assert seal not in hidden.check()[1]


@pytest.mark.usefixtures("handheld")
def test_a_figure_s_filter_narrows_the_export(ward, export):
    night = ward.team_id("night")
    assert [row["sequence"] for row in export(teams=(night,)).rows("responses")] == [6]
    first = export(from_day=date(2026, 3, 1), to_day=date(2026, 3, 3))
    assert [row["sequence"] for row in first.rows("responses")] == [1, 2, 3]
    assert len(first.rows("batches")) == 1
    assert export(devices=(999,)).rows("responses") == []


@pytest.mark.usefixtures("handheld")
def test_a_batch_that_also_holds_answers_of_other_teams_is_not_handed_over(ward, export):
    found = export(allowed=frozenset({ward.team_id("day")}))
    assert [row["sequence"] for row in found.rows("responses")] == [1, 2, 3, 4, 5]
    (batch,) = found.rows("batches")
    assert batch["first_sequence"] == 1
    code, words = found.check()
    assert code == 0
    assert "2 without their batch" in words


def test_flags_are_in_it_and_count(handheld, inspector, export):
    organisation_id = inspector.organisation_id()
    key = inspector.key(1, handheld)
    inspector.acting(set_flag, organisation_id, key, flagged=True, reason="children played", now=NOW)
    found = export()
    assert [(row["response"], row["reason"]) for row in found.rows("flags")] == [(key.name(), "children played")]
    assert "n = 3" in found.check()[1]


def test_a_record_that_came_in_two_batches_is_traced_to_the_one_that_brought_it(ward, export):
    handheld = ward.handheld()
    handheld.answer()
    handheld.answer()
    first = handheld.batch(first=1, count=1)
    ward.process(first)
    handheld.clock += timedelta(minutes=1)
    ward.process(handheld.batch(first=1, count=2))
    rows = export().rows("responses")
    assert rows[0]["batch"] == sha256(first.payload).hexdigest()
    assert rows[1]["batch"] != rows[0]["batch"]
    assert len(ward.rows(Response)) == 2


# --- the commands -----------------------------------------------------------------------------------------------------


@pytest.fixture
def pet(tmp_path, database_url, monkeypatch, capsys):
    (tmp_path / "key").write_text(bytes(range(32)).hex())  # the ward's
    (tmp_path / "key").chmod(0o600)
    return Pet(tmp_path, database_url, monkeypatch, capsys)


@pytest.mark.usefixtures("handheld")
def test_the_command_writes_a_file_that_nobody_else_reads_and_overwrites_none(pet, tmp_path):
    path = tmp_path / "out.zip"
    assert "6 responses" in pet("export-evidence", str(path), "--from", "2026-01-01")
    assert path.stat().st_mode & 0o777 == 0o600
    assert Export(path).check()[0] == 0
    assert "File exists" in pet.refuses("export-evidence", str(path))
    assert "no team 'x'" in pet.refuses("export-evidence", str(tmp_path / "other.zip"), "--team", "x")


@pytest.mark.usefixtures("handheld")
def test_the_check_ends_with_1_where_something_differs(pet, inspector):
    out = pet("rebuild", "--check")
    assert "1 devices, 2 batches, 6 responses, 0 imported" in out
    assert out.splitlines()[-1].endswith(": 0 differences")
    inspector.as_superuser("UPDATE rollup_day SET n1 = n1 + 1 WHERE day = '2026-03-02' AND position = 1")
    code, out, _ = pet.run("rebuild", "--check")
    assert code == 1
    assert out.startswith("other: rollup_day ")
    assert "say `pet rebuild --check`" in pet.refuses("rebuild")


@pytest.mark.usefixtures("handheld")
def test_the_check_without_the_key_that_belongs_to_it_says_so(pet, tmp_path):
    (tmp_path / "key").write_text(bytes(32).hex())
    code, out, _ = pet.run("rebuild", "--check")
    assert code == 1
    assert "not wrapped by this key file" in out


@pytest.mark.usefixtures("handheld")
def test_retention_and_corrections_by_command(pet):
    assert "3 responses, 1 batches and 0 files" in pet("retention", "run", "--before", "2026-03-05")
    assert "not a date" in pet.refuses("retention", "run", "--before", "soon")
    words = ("--team", "night", "--location", "ward-1", "--from", "2026-03-05T00:00:00Z", "--reason", "told late")
    assert "3 responses are counted anew" in pet("device", "correct-placement", "A", *words, "--choice", "day")
    assert "0 differences" in pet("rebuild", "--check")
