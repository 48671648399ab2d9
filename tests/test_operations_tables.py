"""The commands in the tables and in the text of docs/operations.md: each is run, with what it names filled in.

Those of its blocks are run by test_operations.py; a command that is only mentioned there by its name counts as run when
one of those, or one of these, is that command.
"""

import io
import re
import shlex
from datetime import UTC, datetime, timedelta

import pytest

from server.fleet.files import write_private
from tests.operations_page import PAGE, steps
from tests.parts import ROOT
from tests.server.backup.conftest import KEY
from tests.server.fleet.pet import Pet
from tests.server.imports.files import FIRST, made
from tests.server.ingest.ward import Ward
from tests.server.roll_out import archive, public_line
from tests.test_documented_commands import written

PLACEHOLDER = re.compile(r"\b[A-Z][A-Z-]*\b")
NOT_HERE = {
    "pet ingest": "a process: test_operations.py starts it by its unit",
    "pet web": "a process: test_operations.py starts it by its unit",
    "pet token revoke NUMBER": "a token is made over the interface: tests/server/accounts/test_commands.py",
    "pet ca server FOLDER pet.example.org mosquitto --out SERVER": "test_operations.py makes one for other names",
    "pet ca next": "test_operations.py does so",
    "pet restore BACKUP --check": "test_operations.py does so",
    "pet broker watch": "a process: test_operations.py starts it by its unit",
    "pet broker follow": "needs a broker: tests/server/ingest/test_accounts.py",
}
NOW = datetime.now(UTC)
EARLIER = (NOW - timedelta(days=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
LATER = (NOW + timedelta(days=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
# As the page has it: as it is typed here, in this order. Exit code 0, unless another is named behind it.
TYPED = {
    "pet ca status FOLDER --out SERVER": "pet ca status pet-ca --out pet-server",
    "pet device show SERIAL": "pet device show A",
    "pet organisation list": "pet organisation list",
    "pet service list": "pet service list",
    "pet team list": "pet team list",
    "pet location list": "pet location list",
    "pet questionnaire list": "pet questionnaire list",
    "pet target list": "pet target list",
    "pet settings list": "pet settings list",
    "pet jobs run": "pet jobs run",
    "pet questionnaire publish FILE": "pet questionnaire publish own.toml",
    "pet questionnaire assign CODE": "pet questionnaire assign ward",
    "pet questionnaire assign CODE --version N": "pet questionnaire assign ward --version 1",
    "pet questionnaire assignments": "pet questionnaire assignments",
    "pet questionnaire unassign --number N": "pet questionnaire unassign --number 1",
    "pet settings broker HOST --port 8883": "pet settings broker pet.example.org --port 8883",
    "pet settings wifi FILE": "pet settings wifi wifi.toml",
    "pet settings ca current.pem next.pem": "pet settings ca current.pem next.pem",
    "pet settings believed next.pem": "pet settings believed next.pem",
    "pet settings sync --every-s 3600 --backlog 20": "pet settings sync --every-s 3600 --backlog 20",
    "pet settings sleep 60": "pet settings sleep 60",
    'pet settings stages "First visit" "Review"': 'pet settings stages "First visit" "Review"',
    'pet text add --say en="You said it was loud. We fixed the doors." --scope team:ward-1': (
        'pet text add --say en="You said it was loud. We fixed the doors." --scope team:ward-1'
    ),
    "pet text list": "pet text list",
    "pet text approve NUMBER --by ROLE": "pet text approve 1 --by matron",
    "pet text end NUMBER": "pet text end 1",
    "pet release add ARCHIVE": "pet release add pet-12.pet",
    "pet release list": "pet release list",
    "pet release assign NUMBER --scope device:SERIAL": "pet release assign 12 --scope device:A",
    "pet release withdraw": "pet release withdraw --scope device:A",
    "pet device register --serial SERIAL": "pet device register --serial B",
    "pet device place ... --choice TEAM --choice TEAM": (
        f"pet device place --device B --team ward-1 --location ward-1 --from {EARLIER} --choice day --choice night"
    ),
    "pet device move SERIAL --team TEAM --location PLACE --at INSTANT": (
        f"pet device move A --team night --location ward-1 --at {LATER}"
    ),
    "pet device lend SERIAL --team TEAM --location PLACE --from INSTANT --to INSTANT": (
        f"pet device lend C --team night --location ward-1 --from {EARLIER} --to {LATER}"
    ),
    "pet device lost SERIAL": "pet device lost A",
    "pet device reinstate SERIAL": "pet device reinstate A",
    "pet device rotate-key SERIAL --identity-file FILE": "pet device rotate-key A --identity-file a.pet_id",
    "pet device retire SERIAL": "pet device retire B",
    "pet device revoke SERIAL": "pet device revoke C",
    "pet directorate list": "pet directorate list",
    "pet service move CODE --directorate DIRECTORATE": "pet service move beds --directorate community",
    "pet quarantine list": "pet quarantine list",
    "pet quarantine replay": "pet quarantine replay",
    "pet quarantine replay --received-at INSTANT": f"pet quarantine replay --received-at {EARLIER}",
    "pet import responses FILE --dry-run": "pet import responses old.csv --dry-run",
    "pet device correct-placement SERIAL --team TEAM --location PLACE --from INSTANT --reason WORDS": (
        f"pet device correct-placement C --team night --location ward-1 --from {EARLIER} --reason 'It stood there'"
    ),
    "pet audit-log head": "pet audit-log head --append heads",
    "pet restored": "pet restored",
    "pet audit-log verify --heads FILE": "pet audit-log verify --heads heads",
    "pet rebuild --check": "pet rebuild --check",
    "pet export-evidence FILE --team TEAM --from DAY --to DAY": (
        "pet export-evidence evidence.zip --team day --from 2026-03-01 --to 2026-03-05"
    ),
    "pet retention run --before DAY": "pet retention run --before 2026-03-10",
    "pet fft --month 2026-10": "pet fft --month 2026-10",
    "pet person add E-MAIL --name NAME --role ROLE --on PART": (
        "pet person add ada@example.org --name Ada --role matron --on team:day"
    ),
    "pet person grant E-MAIL ROLE --on PART": "pet person grant ada@example.org manager --on team:night",
    "pet person revoke E-MAIL ROLE --on PART": "pet person revoke ada@example.org manager --on team:night",
    "pet person password E-MAIL": "pet person password ada@example.org",
    "pet person disable E-MAIL": "pet person disable ada@example.org",
    "pet person enable E-MAIL": "pet person enable ada@example.org",
    "pet person list": "pet person list",
    "pet token list": "pet token list",
    "pet backup FOLDER": "pet backup backups",
}
MENTIONED = list(dict.fromkeys(line for line, whole in written(PAGE) if not whole))


@pytest.fixture
def installation(tmp_path, database_url, engine, monkeypatch, capsys):
    """`pet` on an organisation with answers, and the files that the page's commands name."""
    pet = Pet(tmp_path, database_url, monkeypatch, capsys)
    for folder in ("etc", "backups"):
        (tmp_path / folder).mkdir()
    write_private(tmp_path / "etc/key", KEY + b"\n")
    (tmp_path / "release.pub").write_text(public_line() + "\n")
    pet.environment |= {
        "PET_KEY_FILE": str(tmp_path / "etc/key"),
        "PET_RELEASE_KEYS_FILE": str(tmp_path / "release.pub"),
        "PET_BROKER_CA_FILE": str(tmp_path / "pet-ca/ca.pem"),
    }
    ward = Ward(engine)
    for serial in ("A", "C"):
        handheld = ward.handheld(serial)
        for _ in range(6):
            handheld.answer()
        ward.sync(handheld)
    ward.publish_audit()
    engine.dispose()
    pet("team", "add", "ward-1", "Ward 1", "--service", "beds")
    pet("questionnaire", "assign", "hands-audit")
    pet("directorate", "add", "community", "Community care")
    pet("ca", "init", "pet-ca")
    pet("ca", "server", "pet-ca", "pet.example.org", "--out", "pet-server")
    pet("ca", "next", "pet-ca")
    for name, copied in (("current", "ca"), ("next", "next")):
        (tmp_path / f"{name}.pem").write_bytes((tmp_path / f"pet-ca/{copied}.pem").read_bytes())
    (tmp_path / "wifi.toml").write_text('[[network]]\nssid = "Ward devices"\npassword = "a password of your own"\n')
    (tmp_path / "pet-12.pet").write_bytes(archive(12, board="esp32"))
    (tmp_path / "old.csv").write_bytes(made(FIRST))
    beds = (ROOT / "deploy/demo/questionnaires/beds.toml").read_text()
    (tmp_path / "own.toml").write_text(beds.replace('question_id = "', 'question_id = "own-'))
    return pet


def test_each_command_of_the_tables_runs(installation, monkeypatch):
    refused = []
    for line, typed in TYPED.items():
        monkeypatch.setattr("sys.stdin", io.StringIO("a password of eighteen\n"))
        code, out, err = installation.run(*shlex.split(typed)[1:])
        if code != 0:
            refused.append((line, out, err))
    assert refused == []


def test_what_is_typed_is_what_the_page_has_with_its_names_filled_in():
    for line, typed in TYPED.items():
        if "..." in line:
            beginning, _, end = line.partition(" ... ")
            assert typed.startswith(beginning)
            line = end  # noqa: PLW2901 - what is left out stands between
            typed = typed[typed.index("--choice") :]  # noqa: PLW2901 - as above
        pattern = PLACEHOLDER.sub("VALUE", line)
        pattern = re.escape(pattern).replace("VALUE", r"('[^']*'|\S+)")
        assert re.match(pattern, typed), (line, typed)


@pytest.mark.parametrize("line", MENTIONED)
def test_each_command_in_the_text_is_run_somewhere(line):
    runs = [*TYPED.values(), *(step.command for step in steps(PAGE.read_text(encoding="utf-8")))]
    words = line.split()
    ours = [each for each in runs if each.split()[: len(words)] == words]
    assert line in TYPED or line in NOT_HERE or ours


def test_no_row_is_left_over():
    assert set(TYPED) <= set(MENTIONED)
    assert set(NOT_HERE) <= set(MENTIONED)
