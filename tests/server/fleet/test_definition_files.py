"""Definitions as files: the documentation's example can be published, and what cannot be read is named."""

import pytest

from server.fleet.definition import DefinitionError
from server.fleet.packages import build_package, read_definition
from tests.parts import ROOT


def test_the_example_in_the_documentation_can_be_published(tmp_path):
    text = (ROOT / "docs/questionnaires.md").read_text(encoding="utf-8")
    example = tmp_path / "example.toml"
    example.write_text(text.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    build_package(read_definition(example), 1)


def test_a_definition_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(DefinitionError, match=r"missing\.toml: there is no such file"):
        read_definition(tmp_path / "missing.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("code = ")
    with pytest.raises(DefinitionError, match=r"broken\.toml: not readable as TOML"):
        read_definition(broken)
    broken.write_text('code = "x"')
    with pytest.raises(DefinitionError, match=r"broken\.toml: name: is missing"):
        read_definition(broken)
