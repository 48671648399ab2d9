"""JSON schemas in words: what kind of value stands where, and a value that could."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

KINDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "null": "null",
}
FORMATS = {"date-time": "instant", "date": "day", "password": "text", "binary": "file"}
FORMAT_SAMPLES = {"date-time": "2026-12-24T09:00:00Z", "date": "2026-12-24"}
DEPTH_MAX = 3  # of fields within fields: deeper ones are named, and described in the document itself


class Line(NamedTuple):
    """A parameter or a field."""

    name: str
    kind: str
    needed: bool
    words: str


class Schemas:
    """Those of one document, by name."""

    def __init__(self, known: Mapping[str, Mapping[str, Any]]) -> None:
        self._known = known

    def kind(self, schema: Mapping[str, Any]) -> str:
        """Text; one of a, b; list of whole number."""
        schema = self._resolved(schema)
        if options := schema.get("anyOf") or schema.get("oneOf"):
            return " or ".join(dict.fromkeys(self.kind(each) for each in options))
        if "const" in schema:
            return f"“{schema['const']}”"
        if "enum" in schema:
            return f"one of {', '.join(map(str, schema['enum']))}"
        if schema.get("type") == "array":
            return f"list of {self.kind(schema.get('items', {}))}"
        return FORMATS.get(schema.get("format", ""), KINDS.get(str(schema.get("type")), "any value"))

    def fields(self, schema: Mapping[str, Any], above: str = "", depth: int = 0) -> Iterator[Line]:
        """Those of an object and of the objects in it: `data[].name`."""
        schema = self._object_in(schema)
        needed = schema.get("required", ())
        for name, inner in schema.get("properties", {}).items():
            words = inner.get("description") or self._resolved(inner).get("description", "")
            yield Line(f"{above}{name}", self.kind(inner), name in needed, words)
            if depth < DEPTH_MAX:
                listed = "[]" if self._resolved(inner).get("type") == "array" else ""
                yield from self.fields(inner, f"{above}{name}{listed}.", depth + 1)

    def sample(self, schema: Mapping[str, Any], name: str, samples: Mapping[str, str], depth: int = 0) -> Any:
        """A value that could stand there; of an object, its needed fields, or the first few where none is."""
        schema = self._resolved(schema)
        if options := schema.get("anyOf") or schema.get("oneOf"):
            return self.sample(options[0], name, samples, depth)
        if "const" in schema or "enum" in schema:
            return schema.get("const", next(iter(schema.get("enum", [None]))))
        kind = schema.get("type")
        if kind == "array":
            return [self.sample(schema.get("items", {}), name, samples, depth + 1)] if depth <= DEPTH_MAX else []
        if kind == "object" or "properties" in schema:
            inner = schema.get("properties", {})
            shown = schema.get("required") or list(inner)[:2]
            return {each: self.sample(inner[each], each, samples, depth + 1) for each in shown if depth <= DEPTH_MAX}
        if kind == "string":
            return FORMAT_SAMPLES.get(schema.get("format", ""), samples.get(name, name or "text"))
        return {"integer": max(1, schema.get("minimum", 1)), "number": 0.5, "boolean": True}.get(str(kind))

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            schema = self._known[schema["$ref"].rpartition("/")[2]]
        return schema

    def _object_in(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The object that it is, that its list holds, or that it is unless it is null."""
        schema = self._resolved(schema)
        if schema.get("type") == "array":
            return self._object_in(schema.get("items", {}))
        options = [self._resolved(each) for each in schema.get("anyOf", ())]
        objects = [each for each in options if "properties" in each or each.get("type") == "array"]
        return self._object_in(objects[0]) if objects else schema
