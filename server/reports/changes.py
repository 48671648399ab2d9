"""What a revision changed: its figures beside those of the issue that it follows."""

from typing import Any

from server.web.words import count, percent

LISTED_MAX = 30  # devices that differ: more are counted


def changes_since(before: dict[str, Any], after: dict[str, Any], revision: int) -> list[str]:
    """Sentences for the readers of the issue before. `before`, `after`: snapshots; `revision`: that of `before`."""
    [old], [new] = before["summary"]["data"], after["summary"]["data"]
    found = [f"Beside revision {revision}: {_moved(old, new)}."]
    devices = {row["device"]: row for row in before["devices"]}
    lines = []
    for row in after["devices"]:
        was = devices.pop(row["device"], None)
        if was is None:
            lines.append(f"Device {row['name']} was not listed: {_told(row)}.")
        elif _figures(was) != _figures(row):
            lines.append(f"Device {row['name']}: {_moved(was, row)}.")
    lines += [f"Device {row['name']} is not listed any more; it had {_told(row)}." for row in devices.values()]
    if not lines and _figures(old) == _figures(new):
        return [f"Beside revision {revision} no count of it changed."]
    rest = [f"And {count(len(lines) - LISTED_MAX, 'more device')}."] if len(lines) > LISTED_MAX else []
    return [*found, *lines[:LISTED_MAX], *rest]


def _figures(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("responses", "n", "positive", "positivity", "verdict"))


def _moved(old: dict[str, Any], new: dict[str, Any]) -> str:
    if _figures(old) == _figures(new):
        return "its totals are the same"
    return f"{_told(old)} became {_told(new)}"


def _told(row: dict[str, Any]) -> str:
    shown = "too few to show" if row["suppressed"] else percent(row["positivity"])
    verdict = f", {row['verdict']}" if row["verdict"] else ""
    return f"{count(row['responses'], 'response')}, {count(row['n'], 'answer')}, {shown}{verdict}"
