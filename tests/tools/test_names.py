"""Short names change nothing: the same program, run before and after."""

import ast
import sys
from types import ModuleType

from tools.names import shorten

SHAPES = """
from collections import namedtuple
Size = namedtuple("Size", ("width", "height"))

class Shape:
    colour = 3
    def __init__(self, size):
        self.size = size
        self._count = 0
    def area(self):
        self._count += 1
        return self.size.width * self.size.height
    def _measure(self):
        return 100
    def measured(self):
        return self._measure() + _measure(self)

class Square(Shape):
    def __init__(self, width):
        super().__init__(Size(width, width))
        self.width = -1

def _measure(shape):
    return shape.area() + shape._count + shape.colour
"""
USER = """
from shapes import Shape, Size, Square
def describe(shape):
    from shapes import Square as Four
    area = shape.area()
    if isinstance(shape, Four):
        shape.mark = 7
    return [area, shape.measured(), shape.size.width, str(area).upper()]
def result():
    return describe(Shape(Size(2, 5))) + describe(Square(3)) + [Square(4).width, Square.colour]
"""


def run(sources, monkeypatch):
    """What `result` gives, with the sources run as modules."""
    modules = {}
    for name, source in sources.items():
        modules[name] = ModuleType(name)
        monkeypatch.setitem(sys.modules, name, modules[name])
        exec(source, vars(modules[name]))  # noqa: S102 - the test's own source
    return modules["user"].result()


def shortened():
    trees = {"shapes": ast.parse(SHAPES), "user": ast.parse(USER)}
    shorten(trees, {"result"})
    return {name: ast.unparse(ast.fix_missing_locations(tree)) for name, tree in trees.items()}


def test_the_program_does_what_it_did(monkeypatch):
    assert run(shortened(), monkeypatch) == run({"shapes": SHAPES, "user": USER}, monkeypatch)


def test_few_names_serve_many():
    text = "\n".join(shortened().values())
    names = {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}
    assert {"area", "measured", "_measure", "height", "size", "_count"} & names == set()
    assert "upper" in names  # of str


def test_two_attributes_of_one_class_never_share_a_name():
    trees = {"shapes": ast.parse(SHAPES)}
    shorten(trees, ())
    square = next(node for node in trees["shapes"].body if isinstance(node, ast.ClassDef) and node.bases)
    shape = next(node for node in trees["shapes"].body if isinstance(node, ast.ClassDef) and not node.bases)
    methods = [node.name for node in shape.body if isinstance(node, ast.FunctionDef)]
    stored = {
        node.attr
        for each in (shape, square)
        for node in ast.walk(each)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }
    assert len(set(methods) | stored) == len(methods) + 3  # size, _count, width
