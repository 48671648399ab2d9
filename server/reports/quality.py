"""The data-quality statement of a report: what was left out, what may be missing, and how the view is narrowed."""

from typing import Any

from server.web.words import count


def sentences(summary: dict[str, Any], coverage: dict[str, Any]) -> list[str]:
    """Each a whole sentence; numbers are those of the summary and the coverage, as the interface tells them."""
    [row] = summary["data"]
    return [
        *_delivered(summary["meta"]),
        *_left_out(row, summary),
        *_heard(coverage),
        *_view(summary["meta"], row),
        "PET counts responses, not people: somebody may answer more than once.",
    ]


def _delivered(meta: dict[str, Any]) -> list[str]:
    if meta["complete"]:
        return ["The time told of is over, and every device in use has delivered since."]
    found = ["Not every device in use has delivered since it ended: later answers would change these figures."]
    if meta["late_devices"]:
        never = f", {meta['never_heard']} of them never" if meta["never_heard"] else ""
        found.append(f"{count(meta['late_devices'], 'device')} in use not heard for a week or longer{never}.")
    if meta["pending_reported"]:
        found.append(f"{count(meta['pending_reported'], 'response')} on devices had not arrived.")
    return found


def _left_out(row: dict[str, Any], summary: dict[str, Any]) -> list[str]:
    excluded, skipped, timed_out = (row[name] for name in ("excluded", "skipped", "timed_out"))
    found = [
        (
            f'Left out of positivity: {excluded:,} answers "can\'t say" and the like, {skipped:,} skipped, '
            f"{timed_out:,} not given in time."
        )
    ]
    undated, flagged = summary["undated"], summary["flagged"]
    for aside, what in ((undated, "without a usable date"), (flagged, "suspected of misuse")):
        if aside["responses"] is None:
            found.append(f"Responses {what}: not told in this view.")
        else:
            found.append(f"{count(aside['responses'], 'response')} {what}: not counted here.")
    return found


def _heard(coverage: dict[str, Any]) -> list[str]:
    parts = [
        f"{coverage['with_data']} with answers",
        f"{coverage['without_data']} with a device and no answers",
        f"{coverage['without_device']} without a device",
    ]
    return [f"Teams: {', '.join(parts)}."]


def _view(meta: dict[str, Any], row: dict[str, Any]) -> list[str]:
    if meta["view"] == "inside":
        return [
            (
                "For the teams themselves: every count is shown; a percentage only from "
                f"{meta['suppressed_below']} responses on."
            )
        ]
    withheld = "" if not row["withheld"] else f"; {count(row['withheld'], 'answer')} left out for that reason"
    return [
        (
            f"Seen from outside the teams: fewer than {meta['withheld_below']} answers of a device, team and question "
            f"in a month are left out{withheld}. A percentage is shown from {meta['suppressed_below']} responses on."
        )
    ]
