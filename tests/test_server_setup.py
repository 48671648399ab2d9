"""What docs/operations.md has somebody copy and type on a server, as far as it can be held against the code."""

import re
import subprocess
from pathlib import Path

from server.demo.broker import find_plugin
from server.settings import Settings
from tests.parts import ROOT, need

TEXT = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
SYSTEMD = ROOT / "deploy/systemd"
VARIABLES = {f"PET_{name.upper()}" for name in Settings.model_fields}


def test_the_table_of_settings_names_each_and_no_other():
    rows = re.findall(r"^\| (`PET_[^|]*) \|", TEXT, re.MULTILINE)
    assert sorted(re.findall("`(PET_[A-Z_]+)`", " ".join(rows))) == sorted(VARIABLES)


def test_the_environment_of_a_server_holds_settings_and_ends_up_where_the_units_look():
    lines = (SYSTEMD / "environment").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    assert given
    assert set(given) <= VARIABLES
    for unit in [*SYSTEMD.glob("*.service"), *SYSTEMD.glob("*.timer")]:
        assert unit.name.rpartition(".")[0] in TEXT


def test_the_broker_s_configuration_is_filled_whole_by_what_is_typed():
    need("mosquitto")
    [typed] = re.findall(r"^\$ (sed -e 's\|\$\{port\}.*?mosquitto\.conf)$", TEXT, re.MULTILINE | re.DOTALL)
    typed = typed.replace("/opt/pet/", f"{ROOT}/").rpartition(" >")[0]
    filled = subprocess.run(["sh", "-c", typed], capture_output=True, text=True, check=True).stdout
    lines = [line for line in filled.splitlines() if line and not line.startswith("#")]
    assert not [line for line in lines if "$" in line]
    assert [line for line in lines if line.startswith("listener")] == ["listener 8883", "listener 8884 127.0.0.1"]
    assert "user mosquitto" in lines
    [accounts] = [line.split()[1] for line in lines if line.startswith("plugin_opt_config_file")]
    assert re.search(f"^\\$ install -o mosquitto -g mosquitto -m 600 accounts.json {accounts}$", TEXT, re.MULTILINE)
    [plugin] = [line.split()[1] for line in lines if line.startswith("plugin ")]
    assert Path(plugin) == find_plugin()
    assert "PET_BROKER_PORT=8884" in (SYSTEMD / "environment").read_text()
