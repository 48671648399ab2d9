"""`pet import` as an operator types it."""

from tests.server.imports.files import FIRST, SECOND, made


def write(path, *rows):
    path.write_bytes(made(*rows))
    return str(path)


def test_a_file_is_tried_imported_repeated_listed_and_taken_back(pet, tmp_path):
    file = write(tmp_path / "old.csv", FIRST, SECOND)
    said = pet("import", "responses", file, "--dry-run")
    assert said == "would import 2 responses, 2026-02-02 to 2026-02-03: day 1, night 1; nothing is stored\n"
    assert pet("import", "list") == ""
    said = pet("import", "responses", file, "--mode", "paper")
    assert said == "import 1: 2 responses, 2026-02-02 to 2026-02-03: day 1, night 1\n"
    assert pet("import", "responses", file) == "nothing new: 2 rows are known from before\n"
    said = pet("import", "list")
    assert said.startswith("1 old.csv, source history (paper): 2 responses, ")
    assert " by command line" in said
    assert "2 responses count no more" in pet("import", "undo", "1")
    assert "; taken back " in pet("import", "list")


def test_every_fault_is_said_and_nothing_is_stored(pet, tmp_path):
    file = write(tmp_path / "old.csv", FIRST, SECOND.replace("fair", "splendid"))
    code, out, err = pet.run("import", "responses", file)
    assert code == 2
    assert 'line 3, food: "splendid" is no option: write one of good, fair, poor, or leave it empty\n' in out
    assert "nothing of it is stored" in err
    assert pet("import", "list") == ""


def test_a_file_that_is_not_there_is_said(pet):
    assert "nowhere.csv cannot be read: No such file" in pet.refuses("import", "responses", "nowhere.csv")


def test_a_wrong_source_mode_or_zone_is_said(pet, tmp_path):
    file = write(tmp_path / "old.csv", FIRST)
    assert "cannot name a source" in pet.refuses("import", "responses", file, "--source", "A b")
    assert "no mode of collection" in pet.refuses("import", "responses", file, "--mode", "pigeon")
    assert "is not a time zone" in pet.refuses("import", "responses", file, "--timezone", "Mars")
