"""docs/protocol.md against the code: whichever of them changes alone, a test goes red."""

import ast
import json
import re
from struct import calcsize

import pytest

from protocol import PROTOCOL_VERSION, bodies, envelope, identity, instants, messages, package, record, status, topics
from tests.parts import ROOT

TEXT = (ROOT / "docs/protocol.md").read_text(encoding="utf-8")
MODULES = (bodies, envelope, identity, instants, messages, package, record, status, topics)
HEADINGS = re.compile(r"^#{2,3} (?:\d+ )?(.+)$", re.MULTILINE)
CODES = re.compile(r"\d*s|[BHI]")
BODIES = {
    "status": (status.STATUS_FORMAT, status.Status._fields[:12]),
    "desired": (messages.DESIRED_FORMAT, messages.Desired._fields),
    "batch": (messages.BATCH_FORMAT, messages.Batch._fields),
    "ack": (messages.ACK_FORMAT, messages.Ack._fields),
    "content_request": (messages.REQUEST_FORMAT, messages.ContentRequest._fields),
    "content_chunk": (messages.CHUNK_FORMAT, messages.ContentChunk._fields[:3]),
}


def section(title):
    """The text below a heading, up to the next."""
    found = [match for match in HEADINGS.finditer(TEXT) if match[1].strip("`") == title]
    assert len(found) == 1, f"docs/protocol.md has {len(found)} sections called {title}"
    following = HEADINGS.search(TEXT, found[0].end())
    return TEXT[found[0].end() : following.start() if following else None]


def tables(text):
    """Each table as a list of rows, each row a dictionary by the column's head."""
    found = []
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        rows = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in block.splitlines()]
        found.append([dict(zip(rows[0], row, strict=True)) for row in rows[2:]])
    return found


def table(title, column):
    """The one table of a section that has this column."""
    found = [rows for rows in tables(section(title)) if column in rows[0]]
    assert len(found) == 1, f"section {title} has {len(found)} tables with a column {column}"
    return found[0]


def name(cell):
    return cell.strip("`")


def number(cell):
    return int(cell.replace(",", ""), 0)


def layout_of(rows):
    """(name, offset, size) of every row."""
    return [(name(row["Field"]), number(row["Offset"]), number(row["Size"])) for row in rows]


def layout_by(code, names):
    """The same out of a struct format."""
    codes = CODES.findall(code)
    offsets = [calcsize("<" + "".join(codes[:place])) for place in range(len(codes))]
    return [(one, offset, calcsize("<" + each)) for one, offset, each in zip(names, offsets, codes, strict=True)]


def named(rows, column):
    """The numbers of a table by their names; rows without a name of the code (1 to 6) are left out."""
    return {name(row["Name"]): number(row[column]) for row in rows if row["Name"].startswith("`")}


def constants(module, prefix):
    """The numbers of a module whose names begin so, the rest of the name in small letters."""
    return {
        key[len(prefix) :].lower(): value
        for key, value in vars(module).items()
        if key.startswith(prefix) and isinstance(value, int) and not key.endswith("_MAX")
    }


def test_the_version_is_the_one_of_the_code():
    assert f"protocol version **{PROTOCOL_VERSION}**" in TEXT
    (row,) = [row for row in table("The envelope", "Offset") if name(row["Field"]) == "version"]
    assert row["Meaning"].endswith(f": {PROTOCOL_VERSION}")
    assert f"/v{PROTOCOL_VERSION}/" in topics.PREFIX + "/"


def test_the_record_has_this_layout():
    expected = [(field, offset, size) for field, offset, size, _ in record.LAYOUT]
    assert layout_of(table("The record", "Offset")) == expected


def test_the_records_kinds_flags_answers_and_qualities_are_these():
    assert named(table("The record", "Kind"), "Kind") == constants(record, "KIND_")
    flags = constants(record, "FLAG_")
    assert named(table("The record", "Flag"), "Flag") == flags
    assert sum(flags.values()) == record.FLAGS_KNOWN
    assert named(table("The record", "Answer"), "Answer") == constants(record, "ANSWER_")
    assert named(table("The record", "Quality"), "Quality") == constants(record, "QUALITY_")


def test_the_answers_between_are_options_and_reserved():
    spans = [row["Answer"] for row in table("The record", "Answer") if not row["Name"].startswith("`")]
    options, skipped = record.OPTIONS_MAX, record.ANSWER_SKIPPED
    assert spans == [f"1 to {options}", f"{options + 1} to {skipped - 1}"]


def test_the_kinds_never_sent_are_those_said_so():
    silent = [number(row["Kind"]) for row in table("The record", "Kind") if "Never sent" in row["Meaning"]]
    assert set(constants(record, "KIND_").values()) - set(silent) == set(record.KINDS_SENT)


def test_the_envelope_has_this_layout():
    names = ("version", "direction", "type", "reserved", "device_id", "key_epoch", "device_nonce", "server_nonce")
    assert layout_of(table("The envelope", "Offset")) == layout_by(envelope.HEADER_FORMAT, names)
    assert set(envelope.Header._fields) <= set(names)
    assert f"a header of {envelope.HEADER_BYTES} bytes" in section("The envelope")
    assert f"an HMAC of {envelope.HMAC_BYTES} bytes" in section("The envelope")


def test_the_messages_go_these_ways():
    ways = {envelope.UP: "up", envelope.DOWN: "down"}
    found = {
        number(row["Type"]): (name(row["Message"]), row["Direction"], name(row["Topic ends in"]))
        for row in table("The envelope", "Type")
    }
    types = {key.lower(): getattr(envelope, key.upper()) for key in BODIES}
    expected = {
        number: (word, ways[way], f"{ways[way]}/{topics.WORDS[number]}")
        for word, number in types.items()
        for way in [envelope.DIRECTIONS[number]]
    }
    assert found == expected
    assert set(found) == set(envelope.DIRECTIONS)
    (row,) = [row for row in table("The envelope", "Offset") if name(row["Field"]) == "direction"]
    assert row["Meaning"].startswith(f"{envelope.UP} up")
    assert f"{envelope.DOWN} down" in row["Meaning"]


@pytest.mark.parametrize("title", BODIES)
def test_the_body_has_this_layout(title):
    rows = next(rows for rows in tables(section(title)) if "Offset" in rows[0])
    assert layout_of(rows) == layout_by(*BODIES[title])


def test_an_item_has_this_layout():
    rows = [rows for rows in tables(section("desired")) if "Offset" in rows[0]][1]
    assert layout_of(rows) == layout_by(messages.ITEM_FORMAT, messages.Item._fields)


def test_a_counter_is_a_byte_and_a_number():
    assert "a byte that names it and a u32 value" in section("status")
    assert status.COUNTER_FORMAT == "<BI"


def test_item_kinds_and_counters_are_these():
    kinds = constants(messages, "ITEM_")
    assert named(table("desired", "Item kind"), "Item kind") == kinds
    assert named(table("status", "Counter"), "Counter") == constants(messages, "COUNTER_")
    assert named(table("status", "Refusal"), "Refusal") == constants(messages, "REFUSED_")


def test_the_topics_are_these():
    found = {row["Topic"].strip("`"): row["Who publishes"] for row in table("MQTT", "Topic")}
    expected = {}
    for kind, way in envelope.DIRECTIONS.items():
        topic = topics.up_topic(1, kind) if way == envelope.UP else topics.down_topic(1, kind)
        expected[topic.replace("00000001", "<name>")] = "the device" if way == envelope.UP else "the server"
    assert found == expected
    assert f"`{topics.ALL_UP}`" in section("MQTT")
    assert f"`{topics.down_filter(1)}`".replace("00000001", "<name>") in section("MQTT")


def test_the_limits_are_these():
    rows = table("Limits and versions", "Limit")
    limits = {name(row["Limit"]): number(row["Value"]) for row in rows}
    values = {key: value for module in MODULES for key, value in vars(module).items() if key.isupper()}
    assert limits == {key: values.get(key) for key in limits}
    missing = {key for key in values if key.endswith("_MAX") and not key.startswith("PAYLOAD_")} - set(limits)
    assert not missing, "every limit of the code is in the document"


@pytest.mark.parametrize(
    ("title", "sentence"),
    [
        ("status", "one byte of length (at most {VERSION_BYTES_MAX})"),
        ("status", "the number of counters (at most {COUNTERS_MAX})"),
        ("batch", "0 to {BATCH_RECORDS_MAX}"),
        ("desired", "at most {ITEMS_MAX}"),
        ("content_request", "the server sends at most {CHUNKS_MAX} for one request"),
        ("content_chunk", "{CHUNK_BYTES:,} in every chunk but the last, 1 to {CHUNK_BYTES:,} in the last"),
        ("The pet_id area", "{AREA_BYTES:,} bytes of flash"),
        ("The pet_id area", "within the first {IDENTITY_BYTES_MAX} bytes"),
        ("The questionnaire package", "(0 to {LANGUAGE_MAX};"),
        ("The questionnaire package", "(1 to {ANSWERS_MAX})"),
        ("The questionnaire package", "(1 to {OPTIONS_MAX};"),
        ("Time", "Unix time less {UNIX_OFFSET_S:,}"),
    ],
)
def test_a_number_in_a_sentence_is_the_one_of_the_code(title, sentence):
    values = {key: value for module in MODULES for key, value in vars(module).items()}
    assert sentence.format(**values) in " ".join(section(title).split())


def test_the_pet_id_area_has_this_layout():
    rows = {name(row["Field"]): row for row in table("The pet_id area", "Offset")}
    assert list(rows) == ["magic", "schema", "reserved", "length", "payload", "crc"]
    assert rows["magic"]["Meaning"] == f"`{identity.MAGIC.decode()}`"
    assert rows["schema"]["Meaning"] == str(identity.SCHEMA)
    assert number(rows["length"]["Offset"]) + number(rows["length"]["Size"]) == identity.HEAD_BYTES
    assert number(rows["payload"]["Offset"]) == identity.HEAD_BYTES
    assert number(rows["crc"]["Size"]) == identity.CRC_BYTES
    members = [name(row["Member"]) for row in table("The pet_id area", "Member")]
    assert tuple(members) == identity.Identity._fields


def test_the_package_has_this_head():
    rows = table("The questionnaire package", "Offset")
    names = ("magic", "format", "reserved", "index_bytes", "picture_bytes")
    assert layout_of(rows) == layout_by("<4sBBHI", names)
    assert calcsize("<4sBBHI") == package.HEAD_BYTES
    meanings = {name(row["Field"]): row["Meaning"] for row in rows}
    assert meanings["magic"] == f"`{package.MAGIC.decode()}`"
    assert meanings["format"] == str(package.FORMAT)


def test_the_index_that_is_shown_is_one():
    (shown,) = re.findall(r"```json\n(.*?)```", section("The questionnaire package"), re.DOTALL)
    assert package.parse_index(shown.encode())["reference"] == json.loads(shown)["reference"]


def test_the_reasons_are_those_of_the_code():
    raised = set()
    for path in sorted((ROOT / "protocol").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "ProtocolError":
                raised.add(node.args[0].value)
    assert {name(row["Reason"]) for row in table("Refusals", "Reason")} == raised


def test_the_worked_example_is_made_of_vectors():
    found = re.findall(r'`(\w+\.json)`,\s+"([^"]+)":\n\n```hex\n(.*?)```', TEXT, re.DOTALL)
    assert len(found) == TEXT.count("```hex")
    for file, title, block in found:
        rows = json.loads((ROOT / "tests/golden" / file).read_text(encoding="ascii"))["vectors"]
        (expected,) = [row["bytes"] for row in rows if row["name"] == title.replace("\n", " ")]
        shown = "".join(line.split("    ")[0].split("   ")[0].replace(" ", "") for line in block.splitlines())
        assert shown == expected, title


def test_every_golden_file_is_named():
    files = {path.name for path in (ROOT / "tests/golden").glob("*.json")}
    assert {name(row["File"]) for row in table("A worked example", "File")} == files


def test_sections_that_are_referred_to_exist():
    numbers = {int(match) for match in re.findall(r"^## (\d+) ", TEXT, re.MULTILINE)}
    assert numbers == set(range(1, len(numbers) + 1))
    assert {int(match) for match in re.findall(r"section (\d+)", TEXT)} <= numbers
    for path in (ROOT / "protocol").glob("*.py"):
        for match in re.findall(r"protocol\.md section (\d+)", path.read_text(encoding="utf-8")):
            assert int(match) in numbers, path
