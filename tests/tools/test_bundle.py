"""Modules that are put together do what they did apart."""

import sys
import types

from tools.bundle import bundle

SOURCES = {
    "low": """
'''The lowest.'''
MAGIC = b"low"

def _check(value):
    return value + MAGIC

def low(value):
    MAGIC = value  # a local of the same name
    return _check(MAGIC)
""",
    "high": """
from low import MAGIC as LOWER, low

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAGIC = b"high"

def _check(value):
    return value + MAGIC + LOWER

class High:
    def check(self, value):
        from later import late
        return _check(low(value)) + late()
""",
    "later": """
from high import MAGIC

def late():
    return MAGIC
""",
}


def test_names_that_two_modules_use_are_told_apart(monkeypatch):
    out = bundle(SOURCES, {"together": ["high", "low"], "apart": ["later"]})
    for name, source in out.items():
        module = types.ModuleType(name)
        monkeypatch.setitem(sys.modules, name, module)
        exec(source, module.__dict__)  # noqa: S102 - the test's own source
    assert sys.modules["together"].High().check(b"-") == b"-lowhighlowhigh"
    assert "typing" not in out["together"]
    assert "The lowest" not in out["together"]


def test_the_order_is_that_of_the_imports():
    together = bundle(SOURCES, {"together": ["high", "later", "low"]})["together"]
    assert together.index("def low") < together.index("class High") < together.index("def late")
    assert "import" not in together.replace("from together import late", "")
