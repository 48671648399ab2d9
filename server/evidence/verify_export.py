"""verify.py: checks an export of evidence with nothing but Python's own library: `python3 verify.py EXPORT.zip`.

Every response is read again from the 32 bytes that its device wrote, at the stated place of the batch as it was
received, and must say the same; then the answers are counted. No file may have been changed since the export: the
seal that is printed must be the one that was told then. Whether a batch was signed by its device is for the server to
say, which has the key: `pet rebuild --check` (README.txt).
"""

import base64
import hashlib
import json
import struct
import sys
import zipfile
import zlib
from collections import Counter

RECORD = "<BHHIHIIBBB6sI"  # docs/protocol.md, section 2
RECORD_BYTES = 32
TEST, PARTIAL = 0x0040, 0x0001
RESPONSE = 1


def lines(export: zipfile.ZipFile, name: str) -> list[dict]:  # type: ignore[type-arg]
    """The objects of one of its files."""
    return [json.loads(line) for line in export.read(name).decode().splitlines()]


def read_record(data: bytes) -> dict[str, object]:
    """The fields of a record that a response shows."""
    kind, flags, reference, sequence, session, seconds, clock, speech, team, duration, answers, crc = struct.unpack(
        RECORD, data
    )
    if zlib.crc32(data[:-4]) != crc:
        raise ValueError("the record's CRC does not match its bytes")
    return {
        "kind": kind,
        "flags": flags,
        "reference": reference,
        "sequence": sequence,
        "session": session,
        "seconds": seconds,
        "clock": clock,
        "language": speech & 31,
        "quality": speech >> 5,
        "team_choice": team & 31,
        "stage": team >> 5,
        "duration": duration,
        "answers": [nibble for byte in answers for nibble in (byte & 15, byte >> 4)],
        "record_crc": crc,
    }


def fault(response: dict, batches: dict[str, bytes]) -> str:  # type: ignore[type-arg]
    """What is wrong with a response; empty where all is in order."""
    data = bytes.fromhex(response["record"])
    payload = batches.get(response["batch"])
    if payload is not None and payload[response["offset"] : response["offset"] + RECORD_BYTES] != data:
        return "its bytes do not stand in its batch where they should"
    try:
        said = read_record(data)
    except (ValueError, struct.error) as error:
        return str(error)
    different = [name for name, value in said.items() if response[name] != value]
    return f"its bytes say otherwise: {', '.join(different)}" if different else ""


def count(responses: list[dict], versions: list[dict]) -> dict[str, Counter]:  # type: ignore[type-arg]
    """By question: how many answers of each sentiment, of responses that count."""
    meaning = {
        (version["reference"], option["position"], option["option"]): (option["question"], option["sentiment"])
        for version in versions
        for option in version["options"]
    }
    counts: dict[str, Counter[str]] = {}
    for response in responses:
        if response["flagged"] or response["flags"] & TEST or response["kind"] != RESPONSE:
            continue
        for position, answer in enumerate(response["answers"], 1):
            found = meaning.get((response["reference"], position, answer))
            if found is not None:
                counts.setdefault(found[0], Counter())[found[1]] += 1
    return counts


def changed(export: zipfile.ZipFile, responses: int) -> list[str]:
    """What is not as it was exported, in a sentence each."""
    names = set(export.namelist())
    if "SHA256SUMS" not in names:
        return ["SHA256SUMS: it is missing"]
    sums = export.read("SHA256SUMS")
    listed = {name: digest for digest, name in (line.split("  ", 1) for line in sums.decode().splitlines())}
    found = [f"{name}: it is not listed in SHA256SUMS" for name in sorted(names - listed.keys() - {"SHA256SUMS"})]
    for name, digest in listed.items():
        if name not in names:
            found.append(f"{name}: it is missing")
        elif hashlib.sha256(export.read(name)).hexdigest() != digest:
            found.append(f"{name}: it was changed, its SHA-256 is another")
    stated = json.loads(export.read("question.json"))["responses"] if "question.json" in names else None
    if stated != responses:
        found.append(f"responses.ndjson: it holds {responses} responses, question.json says {stated}")
    print(f"seal {hashlib.sha256(sums).hexdigest()}: compare it with the one that was told when this was exported")
    return found


def main(path: str) -> int:
    """Print what was checked, every fault, and the counts; 1 where there is a fault."""
    with zipfile.ZipFile(path) as export:
        responses, batches = lines(export, "responses.ndjson"), {}
        faults = 0
        for sentence in changed(export, len(responses)):
            faults += 1
            print(sentence)
        for batch in lines(export, "batches.ndjson"):
            payload = base64.b64decode(batch["payload"])
            if hashlib.sha256(payload).hexdigest() == batch["digest"]:
                batches[batch["digest"]] = payload
            else:
                faults += 1
                print(f"batch {batch['digest']}: its SHA-256 is another")
        counts = count(responses, lines(export, "questionnaires.ndjson"))
    imported = [each for each in responses if each["record"] is None]
    apart = 0
    for response in responses:
        if response["record"] is None:
            continue
        apart += response["batch"] not in batches
        wrong = fault(response, batches)
        if wrong:
            faults += 1
            print(f"response {response['response']}: {wrong}")
    print(f"{len(responses)} responses, {len(batches)} batches, {len(imported)} imported, {apart} without their batch")
    for question in sorted(counts):
        found = counts[question]
        n = found["positive"] + found["neutral"] + found["negative"]
        share = f"{100 * found['positive'] / n:.1f} % positive" if n else "no answers"
        print(f"{question}: {share}, n = {n}, {dict(sorted(found.items()))}")
    print(f"{faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
