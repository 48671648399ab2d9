"""The golden files are what their generator writes, and the generator has nothing of the code they judge."""

import ast
import json

import pytest

from protocol.identity import AREA_BYTES, Identity, encode_identity
from tests.golden.make_vectors import DIRECTORY, files, text_of

FILES = files()


@pytest.mark.parametrize("name", FILES)
def test_the_file_is_what_the_generator_writes(name):
    written = (DIRECTORY / name).read_text(encoding="ascii")
    assert written == text_of(FILES[name]), "python -m tests.golden.make_vectors writes it anew"


def test_no_file_is_without_its_generator():
    assert {path.name for path in DIRECTORY.glob("*.json")} == set(FILES)


def test_the_generator_has_nothing_of_the_code_it_judges():
    for path in DIRECTORY.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] in ("protocol", "firmware", "server")], path


def test_every_vector_has_a_name_of_its_own():
    for name, content in FILES.items():
        for title, rows in content.items():
            names = [row["name"] for row in rows if "name" in row] if isinstance(rows, list) else []
            assert len(names) == len(set(names)), (name, title)


def test_an_identity_is_written_as_in_its_vector():
    """On CPython, whose JSON keeps the order of members; MicroPython's does not, and both are read alike."""
    for vector in FILES["identity.json"]["vectors"]:
        fields = {**vector["fields"], "hmac_key": bytes.fromhex(vector["fields"]["hmac_key"])}
        expected = bytes.fromhex(vector["bytes"])
        assert encode_identity(Identity(**fields)) == expected.ljust(AREA_BYTES, b"\xff")


def test_the_files_are_plain_json():
    for name in FILES:
        assert json.loads((DIRECTORY / name).read_text(encoding="ascii")) == FILES[name]
