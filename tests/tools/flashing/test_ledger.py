"""The run ledger after accidents: what was cut short is left out, and nothing else."""

from tools.flashing.ledger import BEGUN, DONE, Ledger

MAC = "24:0A:C4:00:00:01"


def test_a_line_that_a_loss_of_power_cut_short_takes_no_other_with_it(tmp_path):
    path = tmp_path / "runs.jsonl"
    ledger = Ledger(path)
    ledger.append(BEGUN, mac=MAC, kind="new")
    ledger.append(DONE, mac=MAC)
    path.write_bytes(path.read_bytes()[:-20])
    assert list(ledger.unfinished()) == [MAC]
    ledger.append(DONE, mac=MAC)
    assert not ledger.unfinished()
    assert [line["event"] for line in ledger.lines()] == [BEGUN, DONE]
